import pRetry from 'p-retry';
import { MillraceError, mayPass } from '../../errors.ts';
import { errorOfProblem, type Problem } from './problem-error.ts';

/** Requests to one server, with the user's token. */
export interface ServerApi {
  /** Returns the answer's object. While the server is unreachable, repeatable requests are retried for a few seconds. */
  json<T>(request: ServerRequest): Promise<T>;
  /** Sends the request's bytes, without retries and for as long as that takes. Returns the answer's object. */
  upload<T>(request: ServerRequest & { readonly bytes: AsyncIterable<Uint8Array> }): Promise<T>;
  /** Returns the answer as it arrives, without retries. */
  stream(request: ServerRequest): Promise<AsyncIterable<Uint8Array>>;
}

export interface ServerRequest {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  /** Names and values; undefined values are omitted. */
  readonly query?: readonly (readonly [string, string | number | boolean | undefined])[];
  readonly body?: unknown;
  /** Instead of `body`. */
  readonly bytes?: AsyncIterable<Uint8Array>;
  readonly headers?: Readonly<Record<string, string>>;
  /** The program in the request, in which the server's errors show their place. */
  readonly sql?: string;
  /** Whether the request must not be repeated, because it would take effect twice. */
  readonly once?: boolean;
  readonly signal?: AbortSignal;
}

const answerMs = 90_000;

/**
 * @param url MILLRACE_URL
 * @param token MILLRACE_TOKEN; null: the server needs none
 * @throws {MillraceError} SERVER_INVALID if the URL is invalid
 */
export function openServerApi(url: string, token: string | null): ServerApi {
  const base = readUrl(url);

  async function send({ method = 'GET', path, query = [], body, bytes, headers, sql, signal }: ServerRequest) {
    const target = new URL(`${base.href.replace(/(?<!\/)\/+$/, '')}${path}`);
    for (const [name, value] of query) if (value !== undefined) target.searchParams.append(name, String(value));
    const response = await fetch(target, {
      method,
      headers: {
        ...headers,
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(bytes !== undefined && { 'content-type': 'application/octet-stream' }),
      },
      // Node's fetch sends any async iterable: https://github.com/nodejs/undici#requestbody; TypeScript's types lack it.
      ...(bytes === undefined
        ? { body: body === undefined ? null : JSON.stringify(body) }
        : { body: bytes as unknown as BodyInit, duplex: 'half' as const }),
      // Following a redirect would turn a POST into a GET.
      redirect: 'manual',
      signal: signal ?? null,
    }).catch((cause) => {
      if (cause.cause instanceof MillraceError) throw cause.cause;
      throw signal?.aborted ? cause : unreachable(base, cause);
    });
    if (!response.ok) throw await refusal(response, base, sql ?? null);
    return response;
  }

  const once = (request: ServerRequest) => {
    const signals = [AbortSignal.timeout(answerMs), ...(request.signal ? [request.signal] : [])];
    return objectOf(request, AbortSignal.any(signals));
  };

  const objectOf = async (request: ServerRequest, signal: AbortSignal | undefined) => {
    try {
      const response = await send({ ...request, ...(signal && { signal }) });
      return await response.json();
    } catch (error) {
      request.signal?.throwIfAborted();
      throw error instanceof MillraceError
        ? error
        : error instanceof SyntaxError
          ? noServer(base)
          : unreachable(base, error);
    }
  };

  return {
    json: (request) =>
      request.once
        ? once(request)
        : pRetry(() => once(request), {
            retries: 4,
            minTimeout: 100,
            maxTimeout: 2000,
            randomize: true,
            signal: request.signal,
            shouldRetry: ({ error }) => mayPass(error),
          }),
    upload: (request) => objectOf(request, request.signal),
    async stream(request) {
      const { body } = await send(request);
      if (body === null) throw noServer(base);
      return broken(body, base, request.signal);
    },
  };
}

async function* broken(
  body: AsyncIterable<Uint8Array>,
  base: URL,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (cause) {
    throw signal?.aborted ? cause : unreachable(base, cause);
  }
}

function readUrl(written: string): URL {
  const url = URL.parse(written);
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') return url;
  throw new MillraceError('SERVER_INVALID', 'MILLRACE_URL is not a valid server URL', {
    hint: 'write http://host:port or https://host; a token belongs in MILLRACE_TOKEN',
  });
}

/** The error of an unsuccessful answer, which comes from the server or from something in front of it. */
async function refusal(response: Response, base: URL, sql: string | null): Promise<MillraceError> {
  const problem = await readProblem(response);
  if (response.status === 401) return refused(problem);
  if (problem !== null) return errorOfProblem(problem, sql);
  if (response.status === 429 || response.status >= 500) return failing(base, response.status);
  const location = response.headers.get('location');
  if (response.status < 400 && location !== null) return elsewhere(base, location);
  return noServer(base);
}

async function readProblem(response: Response): Promise<Problem | null> {
  const text = await response.text().catch(() => '');
  if (!/^application\/(problem\+)?json\b/.test(response.headers.get('content-type') ?? '')) return null;
  try {
    const problem = JSON.parse(text);
    return typeof problem?.code === 'string' ? problem : null;
  } catch {
    return null;
  }
}

function refused(problem: Problem | null): MillraceError {
  const message = typeof problem?.detail === 'string' ? problem.detail : 'the server rejected the token';
  return new MillraceError('SERVER_REFUSED', message);
}

/** Node's fetch puts the reason in the error's cause; for a name with several addresses, only in its code. */
function unreachable(base: URL, error: unknown): MillraceError {
  const { name, cause, message } = Object(error) as { name?: string; cause?: NodeJS.ErrnoException; message?: string };
  const how = name === 'TimeoutError' ? 'no answer before the timeout' : cause?.message || cause?.code || message;
  return new MillraceError('SERVER_UNREACHABLE', `the server at ${base.origin} does not answer: ${how}`, {
    cause: error,
  });
}

function failing(base: URL, status: number): MillraceError {
  return new MillraceError('SERVER_UNREACHABLE', `the server at ${base.origin} returned HTTP ${status}`, {
    hint: 'try again; if it fails again, check its log or that of the proxy in front of it',
  });
}

function elsewhere(base: URL, location: string): MillraceError {
  const target = URL.parse(location, base.href);
  return new MillraceError(
    'SERVER_INVALID',
    `the server at ${base.origin} redirects to ${target?.origin ?? 'another address'}`,
    {
      hint: 'set MILLRACE_URL to the address of the server itself',
    },
  );
}

function noServer(base: URL): MillraceError {
  return new MillraceError('SERVER_INVALID', `${base.origin} is not a Millrace server`, {
    hint: 'correct MILLRACE_URL; the /healthz of a server returns {"status":"ok"}',
  });
}
