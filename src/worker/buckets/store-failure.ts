import { networkReason } from '../../network-reasons.ts';

/** `unavailable`: the same request may succeed later. */
type FailureKind = 'missing' | 'refused' | 'unavailable';

/** Why a store did not send an object, in a few words. Whoever wanted the object says what that means. */
export class StoreFailure extends Error {
  readonly kind: FailureKind;
  /** How long the store asks to wait before the next attempt. */
  readonly pauseMs: number;

  constructor(kind: FailureKind, reason: string, more: { readonly cause?: unknown; readonly pauseMs?: number } = {}) {
    super(reason, { cause: more.cause });
    this.kind = kind;
    this.pauseMs = more.pauseMs ?? 0;
  }
}

/** Answers that differ a moment later: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const temporaryStatuses = [408, 429, 500, 502, 503, 504];

/** Reasons by the codes of S3's errors. */
const reasons: Readonly<Record<string, readonly [FailureKind, string]>> = {
  NoSuchBucket: ['missing', 'the bucket does not exist'],
  NoSuchKey: ['missing', 'the bucket has no such object'],
  NoSuchVersion: ['missing', 'the bucket has no such object'],
  AccessDenied: ['refused', 'the store denies access'],
  AllAccessDisabled: ['refused', 'the store denies access'],
  InvalidObjectState: ['refused', 'the object is archived; restore it first'],
  InvalidAccessKeyId: ['refused', 'the store does not know the access key'],
  SignatureDoesNotMatch: ['refused', 'the store rejects the secret key'],
  InvalidToken: ['refused', 'the store rejects the session token'],
  ExpiredToken: ['refused', 'the session token has expired'],
  RequestTimeTooSkewed: ['refused', "the worker's clock differs too much from the store's"],
  PermanentRedirect: ['refused', 'the bucket is in another region or at another endpoint'],
  TemporaryRedirect: ['refused', 'the bucket is in another region or at another endpoint'],
  AuthorizationHeaderMalformed: ['refused', 'the bucket is in another region or at another endpoint'],
  IllegalLocationConstraintException: ['refused', 'the bucket is in another region or at another endpoint'],
  PreconditionFailed: ['refused', 'the object was replaced while it was read'],
};

const reasonsByStatus: Readonly<Record<number, keyof typeof reasons>> = {
  301: 'PermanentRedirect',
  307: 'TemporaryRedirect',
  403: 'AccessDenied',
  404: 'NoSuchKey',
  412: 'PreconditionFailed',
};

const longestPauseMs = 10_000;

/** The failure that an answer other than the object means. @param body its beginning, XML with a code */
export function answerFailure(status: number, body: string, retryAfter: string | null): StoreFailure {
  const code = /<Code>([A-Za-z0-9]{1,64})<\/Code>/.exec(body)?.[1] ?? '';
  if (temporaryStatuses.includes(status)) {
    const seconds = Number(retryAfter);
    const pauseMs = Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0) * 1000, longestPauseMs) : 0;
    const what = code === 'SlowDown' || status === 429 ? 'the store asks to slow down' : 'the store cannot answer now';
    return new StoreFailure('unavailable', `${what} (${status})`, { pauseMs });
  }
  const found = reasons[code === '' ? (reasonsByStatus[status] ?? '') : code];
  if (found === undefined) {
    const answer = code === '' ? String(status) : `${status} ${code}`;
    return new StoreFailure('refused', `the store does not send the object (${answer})`);
  }
  const [kind, reason] = found;
  return new StoreFailure(kind, `${reason} (${status})`);
}

/** The failure that an exception of a request means. */
export function connectionFailure(error: unknown, seconds: number): StoreFailure {
  if (error instanceof StoreFailure) return error;
  const { name } = error as Error;
  if (name === 'TimeoutError' || name === 'AbortError')
    return new StoreFailure('unavailable', `not received within ${seconds} s`, { cause: error });
  const { reason, temporary } = networkReason(error as NodeJS.ErrnoException);
  return new StoreFailure(temporary ? 'unavailable' : 'refused', reason, { cause: error });
}
