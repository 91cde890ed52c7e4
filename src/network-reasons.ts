/** Why a request got no answer, by the codes of Node and undici. */
const reasons: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the name of the server is unknown',
  EAI_AGAIN: 'the name of the server cannot be looked up now',
  ECONNREFUSED: 'the server refuses connections',
  ECONNRESET: 'the server closed the connection',
  EPIPE: 'the server closed the connection',
  UND_ERR_SOCKET: 'the server closed the connection',
  UND_ERR_CONNECT_TIMEOUT: 'the server does not answer',
  UND_ERR_HEADERS_TIMEOUT: 'the server does not answer',
  UND_ERR_BODY_TIMEOUT: 'the server stopped sending',
  ETIMEDOUT: 'the server does not answer',
  EHOSTUNREACH: 'the server cannot be reached',
  ENETUNREACH: 'the server cannot be reached',
  HTTPParserError: 'the server does not answer in HTTP',
  UND_ERR_HEADERS_OVERFLOW: 'the server sends too many headers',
};

/** Those that are the same in a second. */
const permanent: readonly string[] = ['ENOTFOUND', 'HTTPParserError', 'UND_ERR_HEADERS_OVERFLOW'];

export interface NetworkReason {
  readonly reason: string;
  /** Whether another attempt may succeed. */
  readonly temporary: boolean;
}

export function networkReason(error: NodeJS.ErrnoException): NetworkReason {
  const code = error.code ?? error.name;
  const reason = reasons[code];
  if (reason !== undefined) return { reason, temporary: !permanent.includes(code) };
  const what = /CERT|TLS|SSL|SIGNATURE/.test(code) ? "the server's certificate is not valid" : 'the download failed';
  return { reason: `${what} (${code})`, temporary: false };
}
