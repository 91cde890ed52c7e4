import { MillraceError } from './errors.ts';
import { shownInvalidUrl } from './shown-url.ts';

/** An object of a bucket by its key, or a folder of objects by their prefix. */
export interface BucketPlace {
  readonly bucket: string;
  readonly key: string;
}

export function isBucketUrl(text: string): boolean {
  return /^s3:\/\//i.test(text);
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const mostKeyBytes = 1024;

/**
 * Reads `s3://bucket/key`. The key is taken literally: nothing in it is decoded.
 * @throws {MillraceError} WRONG_OPTION
 */
export function readBucketUrl(written: string): BucketPlace {
  const rest = written.slice('s3://'.length);
  const slash = `${rest}/`.indexOf('/');
  const [bucket, key] = [rest.slice(0, slash), rest.slice(slash + 1)];
  const problem = isBucketName(bucket) ? keyProblem(key) : 'the name of its bucket is not valid';
  if (problem === null) return { bucket, key };
  throw new MillraceError('WRONG_OPTION', `${problem}: s3://${shownInvalidUrl(rest)}`, {
    hint: 'write s3://bucket/key; credentials and endpoint belong to the settings of the administrator',
  });
}

/** Amazon's and Google's rules, as far as they keep a name from being anything else: a bucket may be a part of a host's name. */
function isBucketName(text: string): boolean {
  return /^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/.test(text) && !text.includes('..');
}

function keyProblem(key: string): string | null {
  if (Buffer.byteLength(key) > mostKeyBytes) return `its key has more than ${mostKeyBytes} bytes`;
  if (/[\0-\x1f\x7f]/.test(key)) return 'its key has a control character';
  // A URL cannot have them: https://url.spec.whatwg.org/#double-dot-path-segment
  return key.split('/').some((part) => part === '.' || part === '..') ? "its key has a part '.' or '..'" : null;
}

export function shownBucketUrl({ bucket, key }: BucketPlace): string {
  return `s3://${bucket}/${key}`;
}

/** @param allowed buckets, or folders of buckets: `bucket`, `bucket/prefix` */
export function isInBuckets({ bucket, key }: BucketPlace, allowed: readonly string[]): boolean {
  return allowed.some((each) => isBelow(`${bucket}/${key}`, each));
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** The buckets and folders that are in both lists. */
export function inBoth(one: readonly string[], other: readonly string[]): readonly string[] {
  const ofOne = one.filter((each) => other.some((folder) => isBelow(each, folder)));
  return [...new Set([...ofOne, ...other.filter((each) => one.some((folder) => isBelow(each, folder)))])];
}

/**
 * Reads a list of buckets, or of folders of buckets: `datasets,models/public`.
 * @throws {MillraceError} BUCKETS_INVALID
 */
export function readBuckets(written: string): readonly string[] {
  const items = written.split(',').map((item) => item.trim());
  return items.filter((item) => item !== '').map(readBucket);
}

function readBucket(written: string): string {
  let end = written.length;
  while (written[end - 1] === '/') end -= 1;
  const text = written.slice(0, end);
  const [bucket = '', ...rest] = text.split('/');
  if (isBucketName(bucket) && keyProblem(rest.join('/')) === null) return text;
  const message = `MILLRACE_BUCKETS contains '${shownInvalidUrl(written)}', which is not a bucket or a folder of one`;
  throw new MillraceError('BUCKETS_INVALID', message);
}
