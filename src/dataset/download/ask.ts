import { type Dispatcher, request } from 'undici';
import { MillraceError } from '../../errors.ts';
import { shownInvalidUrl, shownUrl } from '../../shown-url.ts';
import type { Rest } from './partial-file.ts';

/** What the body of an answer is: the whole file, or the rest from a byte on. */
export type Answer =
  | { readonly kind: 'whole'; readonly total: number | null; readonly validator: string | null }
  | { readonly kind: 'rest'; readonly total: number | null; readonly from: number | null };

/** May succeed if it is tried again. */
export class Temporary extends MillraceError {
  readonly pauseMs: number;

  constructor(message: string, { cause, pauseMs = 0 }: { readonly cause?: unknown; readonly pauseMs?: number } = {}) {
    super('DATASET_DOWNLOAD_FAILED', message, { cause });
    this.pauseMs = pauseMs;
  }
}

export function failed(message: string, cause?: unknown): MillraceError {
  return new MillraceError('DATASET_DOWNLOAD_FAILED', message, { cause });
}

/**
 * Without a user and a password: manifests and lists of processes show the URL.
 * @returns null if the text is not a URL of http or https, such as the path of a file. @throws {MillraceError} DATASET_DOWNLOAD_FAILED
 */
export function httpUrl(text: string): URL | null {
  if (!/^https?:\/\//i.test(text)) return null;
  const url = URL.parse(text);
  if (url === null) throw failed(`not a valid URL: ${shownInvalidUrl(text)}`);
  if (url.username === '' && url.password === '') return url;
  throw failed(`a URL with a user or password; give a signed URL instead: ${shownUrl(url)}`);
}

/** Asks for a file, or for the rest of it if the server still has the same one. @throws {MillraceError} DATASET_DOWNLOAD_FAILED, undici's errors */
export async function ask(
  url: URL,
  rest: Rest | null,
  agent: Dispatcher,
): Promise<{ readonly answer: Answer; readonly body: Dispatcher.ResponseData['body'] }> {
  const headers: Record<string, string> =
    rest === null ? {} : { range: `bytes=${rest.from}-`, 'if-range': rest.validator };
  const response = await follow(url, headers, agent);
  const answer = readAnswer(response);
  if (answer !== null) return { answer, body: response.body };
  response.body.on('error', () => {}).destroy();
  throw refusal(response, url);
}

/** @returns null if it is a refusal */
function readAnswer({ statusCode, headers }: Dispatcher.ResponseData): Answer | null {
  if (statusCode === 206 || statusCode === 416) {
    // 416: nothing is left of the file, or it has become shorter. https://www.rfc-editor.org/rfc/rfc9110#status.416
    const [, from, total] = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(String(headers['content-range'])) ?? [];
    const size = total === undefined || total === '*' ? null : Number(total);
    return { kind: 'rest', total: size, from: from === undefined ? size : Number(from) };
  }
  if (statusCode !== 200) return null;
  const { 'content-length': length, etag, 'last-modified': modified } = headers;
  // A weak ETag may not be used for ranges: https://www.rfc-editor.org/rfc/rfc9110#name-if-range
  const validator = typeof etag === 'string' && !etag.startsWith('W/') ? etag : modified;
  return {
    kind: 'whole',
    total: typeof length === 'string' ? Number(length) : null,
    validator: typeof validator === 'string' ? validator : null,
  };
}

const redirections = [301, 302, 303, 307, 308];
const mostRedirects = 5;

async function follow(
  first: URL,
  range: Readonly<Record<string, string>>,
  dispatcher: Dispatcher,
): Promise<Dispatcher.ResponseData> {
  let url = first;
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const response = await request(url, { dispatcher, headers: { accept: '*/*', 'user-agent': 'millrace', ...range } });
    const location = response.headers.location;
    if (!redirections.includes(response.statusCode) || typeof location !== 'string') return response;
    await response.body.dump({ limit: 16_384 });
    url = redirected(url, location, first);
  }
  throw failed(`redirects more than ${mostRedirects} times: ${shownUrl(first)}`);
}

function redirected(url: URL, location: string, first: URL): URL {
  const next = URL.parse(location, url);
  if (next === null || !/^https?:$/.test(next.protocol))
    throw failed(`redirects to an invalid URL: ${shownUrl(first)}`);
  if (url.protocol === 'https:' && next.protocol === 'http:')
    throw failed(`redirects from https to http: ${shownUrl(first)}`);
  return next;
}

function refusal({ statusCode: status, headers }: Dispatcher.ResponseData, url: URL): MillraceError {
  if (status === 408 || status === 429 || status >= 500) {
    const seconds = Number(headers['retry-after']);
    const pauseMs = Number.isFinite(seconds) ? Math.max(seconds, 0) * 1000 : 0;
    return new Temporary(`the server cannot answer now (${status}): ${shownUrl(url)}`, { pauseMs });
  }
  if (status === 404 || status === 410) return failed(`the server has no such file (${status}): ${shownUrl(url)}`);
  const what = status === 401 || status === 403 ? 'denies access' : 'does not send the file';
  return failed(`the server ${what} (${status}): ${shownUrl(url)}`);
}
