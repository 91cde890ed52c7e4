import { setTimeout } from 'node:timers/promises';
import { AwsV4Signer } from 'aws4fetch';
import pRetry from 'p-retry';
import { Agent, type Dispatcher, request } from 'undici';
import type { BucketPlace } from '../../bucket-url.ts';
import { answerFailure, connectionFailure, StoreFailure } from './store-failure.ts';
import type { StoreSettings } from './store-settings.ts';

/** Reads objects of buckets. */
export interface ObjectStore {
  /**
   * Asks for an object. A connection that breaks while it is read is resumed where it broke, as long as the object is the same.
   * @param known an earlier ETag of the object
   * @returns null if the object still has the ETag `known`
   * @throws {StoreFailure} and so does reading it
   */
  open(place: BucketPlace, bounds: ReadBounds, known?: string | null): Promise<StoredObject | null>;
}

/** Bounds of reading one object. */
export interface ReadBounds {
  readonly bytes: number;
  /** Seconds for all attempts together. */
  readonly seconds: number;
}

export interface StoredObject {
  /** What the store calls this content of the object; null: nothing. It is not always a digest. */
  readonly etag: string | null;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** Attempts after the first. */
const retries = 4;
/** Milliseconds before the first retry, with jitter; each later one waits twice as long. */
const pauseMs = 250;
const silenceMs = 30_000;
const connectTimeoutMs = 10_000;
const connections = 32;

/** Redirects are not followed, and the proxies of the environment are not used: only the endpoint gets signed requests. */
export function openObjectStore(settings: StoreSettings): ObjectStore {
  const agent = new Agent({
    connect: { timeout: connectTimeoutMs },
    connections,
    headersTimeout: silenceMs,
    bodyTimeout: silenceMs,
  });
  const keys = new Map<string, ArrayBuffer>();
  const get = async (place: BucketPlace, headers: Headers, { signal, seconds }: Deadline): Promise<Answer> => {
    const url = objectUrl(place, settings);
    try {
      const signed = await sign(url, headers, settings, keys);
      return await answerOf(await request(url, { dispatcher: agent, signal, headers: signed }));
    } catch (error) {
      throw connectionFailure(error, seconds);
    }
  };
  return {
    open: async (place, bounds, known = null) => {
      const deadline = { seconds: bounds.seconds, signal: AbortSignal.timeout(bounds.seconds * 1000) };
      const asked = (headers: Headers) => retried(() => get(place, headers, deadline), deadline);
      const answer = await asked(known === null ? {} : { 'if-none-match': known });
      if (answer.statusCode === 304) return null;
      return { etag: answer.etag, chunks: chunksOf(answer, asked, bounds) };
    },
  };
}

type Headers = Readonly<Record<string, string>>;

interface Deadline {
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/** `UNSIGNED-PAYLOAD` is the digest of a request without a body that stores accept over http and https. */
async function sign(
  url: string,
  headers: Headers,
  { credentials, region }: StoreSettings,
  cache: Map<string, ArrayBuffer>,
): Promise<Headers> {
  const plain = { ...headers, 'user-agent': 'millrace' };
  if (credentials === null) return plain;
  const signer = new AwsV4Signer({ url, headers: plain, ...credentials, service: 's3', region, cache });
  return Object.fromEntries((await signer.sign()).headers);
}

/** A host with a bucket that has dots fits no certificate of the store. */
function objectUrl({ bucket, key }: BucketPlace, { endpoint, pathStyle }: StoreSettings): string {
  const path = key
    .toWellFormed()
    .split('/')
    .map(encodeURIComponent)
    .join('/')
    .replace(/[!'()*]/g, percent);
  return pathStyle || bucket.includes('.')
    ? `${endpoint.origin}/${bucket}/${path}`
    : `${endpoint.protocol}//${bucket}.${endpoint.host}/${path}`;
}

/** Signatures cover more encoded characters than `encodeURIComponent` encodes. */
const percent = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;

interface Answer {
  readonly statusCode: number;
  readonly etag: string | null;
  /** Bytes of the body; null: not announced. */
  readonly length: number | null;
  readonly body: Dispatcher.ResponseData['body'];
}

const mostErrorBytes = 16_384;

async function answerOf({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<Answer> {
  // What breaks a body is thrown where it is read.
  body.on('error', () => {});
  if (statusCode === 200 || statusCode === 206 || statusCode === 304) {
    const { etag, 'content-length': length } = headers;
    if (statusCode === 304) await body.dump();
    return { statusCode, body, etag: text(etag), length: length === undefined ? null : Number(length) };
  }
  throw answerFailure(statusCode, await beginning(body), text(headers['retry-after']));
}

const text = (header: string | string[] | undefined) => (typeof header === 'string' ? header : null);

async function beginning(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > mostErrorBytes) break;
  }
  return Buffer.concat(chunks).toString('latin1');
}

function retried<T>(attempt: () => Promise<T>, { signal }: Deadline): Promise<T> {
  return pRetry(attempt, {
    retries,
    minTimeout: pauseMs,
    factor: 2,
    randomize: true,
    shouldRetry: ({ error }) => isTemporary(error) && !signal.aborted,
    onFailedAttempt: ({ error }) => (isTemporary(error) ? setTimeout((error as StoreFailure).pauseMs) : undefined),
  });
}

function isTemporary(error: unknown): boolean {
  return error instanceof StoreFailure && error.kind === 'unavailable';
}

async function* chunksOf(
  first: Answer,
  asked: (headers: Headers) => Promise<Answer>,
  { bytes: most, seconds }: ReadBounds,
): AsyncGenerator<Uint8Array> {
  const { etag, length } = first;
  if (length !== null && length > most) throw await tooLarge(first, most);
  let [at, cuts, answer] = [0, 0, first];
  for (;;) {
    const cut = yield* untilCut(answer, seconds, (size) => {
      at += size;
      return at <= most;
    });
    if (cut === null && (length === null || at >= length)) return;
    const failure = cut ?? new StoreFailure('unavailable', 'the store closed the connection');
    if (failure.kind !== 'unavailable' || etag === null || ++cuts > retries) throw failure;
    await setTimeout(pauseMs * 2 ** cuts * Math.random(), undefined, { ref: false });
    answer = await asked({ range: `bytes=${at}-`, 'if-match': etag });
    if (answer.statusCode !== 206) throw failure;
  }
}

/** @returns why the body ended too early; null: it did not */
async function* untilCut(
  { body }: Answer,
  seconds: number,
  fits: (size: number) => boolean,
): AsyncGenerator<Uint8Array, StoreFailure | null> {
  const chunks = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await chunks.next().catch((error: unknown) => connectionFailure(error, seconds));
      if (next instanceof StoreFailure) return next;
      if (next.done === true) return null;
      if (!fits(next.value.length)) return new StoreFailure('refused', 'the object is larger than its bound');
      yield next.value;
    }
  } finally {
    body.destroy();
  }
}

async function tooLarge({ body, length }: Answer, most: number): Promise<StoreFailure> {
  body.destroy();
  return new StoreFailure('refused', `${length} bytes, more than the limit of ${most}`);
}
