import { setTimeout } from 'node:timers/promises';
import pLimit from 'p-limit';
import pRetry from 'p-retry';
import { Agent, type Dispatcher, request } from 'undici';
import { MillraceError } from '../../errors.ts';
import { networkReason } from '../../network-reasons.ts';
import { shownInvalidUrl, shownUrl } from '../../shown-url.ts';
import type { EncodedImage } from './encoded-image.ts';
import { allowedConnector, RefusedAddress } from './url-connector.ts';
import type { UrlRules } from './url-rules.ts';

export interface Downloads {
  /** @throws {MillraceError} IMAGE_MISSING, IMAGE_UNREADABLE, IMAGE_URL_REFUSED, IMAGE_DOWNLOAD_FAILED */
  read(url: string): Promise<EncodedImage>;
}

/** Bounds of a download. */
interface Bounds {
  readonly bytes: number;
  /** Milliseconds of an attempt, redirects included. */
  readonly attemptMs: number;
  readonly redirects: number;
  /** Attempts after the first, if a server says that it cannot answer now, or does not answer. */
  readonly retries: number;
  /** Milliseconds before the first of them. Each later one waits three times as long. */
  readonly pauseMs: number;
}

const usualBounds: Bounds = { bytes: 64 * 2 ** 20, attemptMs: 30_000, redirects: 5, retries: 3, pauseMs: 500 };

/** Longest wait that a server can ask for. */
const longestPauseMs = 10_000;
const atOnce = 16;
const perServer = 8;

/** Downloads images, with the rules checked for every connection. The proxies of the environment are not used: they would connect for us. */
export function openDownloads(rules: UrlRules, changes: Partial<Bounds> = {}): Downloads {
  const bounds = { ...usualBounds, ...changes };
  const agent = new Agent({ connect: allowedConnector(rules), connections: perServer });
  const limit = pLimit(atOnce);
  return {
    read: async (written) => {
      const url = readUrl(written, rules);
      return limit(() => retried(() => downloadOnce(url, agent, bounds), bounds));
    },
  };
}

function readUrl(written: string, rules: UrlRules): URL {
  const url = URL.parse(written);
  if (url === null) throw new MillraceError('IMAGE_MISSING', `not a valid URL: ${shownInvalidUrl(written)}`);
  if (!rules.any) {
    const message = `URLs are switched off here (MILLRACE_IMAGE_URLS): ${shownUrl(url)}`;
    throw new MillraceError('IMAGE_URL_REFUSED', message);
  }
  return checked(url);
}

function checked(url: URL): URL {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    const message = `a URL of ${url.protocol.slice(0, -1)}; images are downloaded by http and https: ${shownUrl(url)}`;
    throw new MillraceError('IMAGE_URL_REFUSED', message);
  }
  if (url.username === '' && url.password === '') return url;
  const message = `a URL with a user or password; give a signed URL instead: ${shownUrl(url)}`;
  throw new MillraceError('IMAGE_URL_REFUSED', message);
}

/** May succeed if it is tried again. */
class Temporary extends MillraceError {
  readonly pauseMs: number;

  constructor(message: string, { cause, pauseMs = 0 }: { readonly cause?: unknown; readonly pauseMs?: number } = {}) {
    super('IMAGE_DOWNLOAD_FAILED', message, { cause });
    this.pauseMs = pauseMs;
  }
}

function retried<T>(attempt: () => Promise<T>, { retries, pauseMs }: Bounds): Promise<T> {
  return pRetry(attempt, {
    retries,
    minTimeout: pauseMs,
    factor: 3,
    randomize: true,
    shouldRetry: ({ error }) => error instanceof Temporary,
    onFailedAttempt: ({ error }) => (error instanceof Temporary ? setTimeout(error.pauseMs) : undefined),
  });
}

async function downloadOnce(first: URL, agent: Agent, bounds: Bounds): Promise<EncodedImage> {
  const signal = AbortSignal.timeout(bounds.attemptMs);
  try {
    const response = await follow(first, agent, bounds, signal);
    return { bytes: await readBody(response, first, bounds), name: shownUrl(first) };
  } catch (error) {
    throw error instanceof MillraceError ? error : failure(error as NodeJS.ErrnoException, first, bounds);
  }
}

const redirections = [301, 302, 303, 307, 308];

/** Each redirect is connected to, and checked, like the first URL. */
async function follow(first: URL, agent: Agent, bounds: Bounds, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
  let url = first;
  for (let redirects = 0; redirects <= bounds.redirects; redirects++) {
    const headers = { accept: 'image/*,*/*;q=0.5', 'user-agent': 'millrace' };
    const response = await request(url, { dispatcher: agent, signal, headers });
    const location = response.headers.location;
    if (!redirections.includes(response.statusCode) || typeof location !== 'string') return response;
    await response.body.dump({ limit: 16_384 });
    const next = URL.parse(location, url);
    if (next === null) throw new MillraceError('IMAGE_UNREADABLE', `redirects to an invalid URL: ${shownUrl(first)}`);
    url = checked(next);
  }
  throw new MillraceError('IMAGE_UNREADABLE', `redirects more than ${bounds.redirects} times: ${shownUrl(first)}`);
}

async function readBody(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  url: URL,
  bounds: Bounds,
): Promise<Uint8Array> {
  try {
    if (statusCode !== 200) throw refusal(statusCode, headers['retry-after'], url);
    if (Number(headers['content-length'] ?? 0) > bounds.bytes) throw tooLarge(url, bounds);
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length > bounds.bytes) throw tooLarge(url, bounds);
      chunks.push(chunk);
    }
    if (length === 0) throw new MillraceError('IMAGE_BROKEN', `an empty answer: ${shownUrl(url)}`);
    return Buffer.concat(chunks, length);
  } finally {
    body.on('error', () => {}).destroy();
  }
}

function refusal(status: number, retryAfter: string | string[] | undefined, url: URL): MillraceError {
  if (status === 408 || status === 429 || status >= 500) {
    const seconds = Number(retryAfter);
    const pauseMs = Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0) * 1000, longestPauseMs) : 0;
    return new Temporary(`the server cannot answer now (${status}): ${shownUrl(url)}`, { pauseMs });
  }
  if (status === 404 || status === 410)
    return new MillraceError('IMAGE_MISSING', `the server has no such image (${status}): ${shownUrl(url)}`);
  const what = status === 401 || status === 403 ? 'denies access' : 'does not send the image';
  return new MillraceError('IMAGE_UNREADABLE', `the server ${what} (${status}): ${shownUrl(url)}`);
}

function tooLarge(url: URL, { bytes }: Bounds): MillraceError {
  return new MillraceError('IMAGE_UNREADABLE', `more than the limit of ${bytes} bytes: ${shownUrl(url)}`);
}

function failure(error: NodeJS.ErrnoException, url: URL, { attemptMs }: Bounds): MillraceError {
  if (isRefused(error)) {
    const message = `MILLRACE_IMAGE_URLS does not allow the address of the server: ${shownUrl(url)}`;
    return new MillraceError('IMAGE_URL_REFUSED', message, { cause: error });
  }
  if (error.name === 'TimeoutError')
    return new Temporary(`not received within ${attemptMs / 1000} s: ${shownUrl(url)}`, { cause: error });
  const { reason, temporary } = networkReason(error);
  const message = `${reason}: ${shownUrl(url)}`;
  return temporary
    ? new Temporary(message, { cause: error })
    : new MillraceError('IMAGE_DOWNLOAD_FAILED', message, { cause: error });
}

/** Node tries several addresses at once and reports their failures together. */
function isRefused(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isRefused);
  return error instanceof RefusedAddress;
}
