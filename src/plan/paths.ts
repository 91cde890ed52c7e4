import { isBucketUrl, isInBuckets, readBucketUrl, shownBucketUrl } from '../bucket-url.ts';
import { MillraceError, type Span } from '../errors.ts';

interface WrittenPath {
  readonly value: string;
  readonly span: Span;
  /** The option as written, if an option names the path. */
  readonly written?: string;
}

/** Mount paths of a step's volumes, and the buckets that it may read. */
export interface Readable {
  readonly mounts: readonly string[];
  readonly buckets: readonly string[];
}

export function isPlace(text: string): boolean {
  return text.startsWith('/') || isBucketUrl(text);
}

/** A file or folder of a volume or a bucket, normalized; reports one outside them. */
export function readablePath(
  path: WrittenPath,
  { mounts, buckets }: Readable,
  report: (error: MillraceError) => void,
): string {
  return isBucketUrl(path.value) ? pathInBuckets(path, buckets, report) : pathInVolumes(path, mounts, report);
}

function pathInBuckets(
  { value, span, written = 'FROM' }: WrittenPath,
  buckets: readonly string[],
  report: (error: MillraceError) => void,
): string {
  try {
    const place = readBucketUrl(withoutSlashes(value));
    if (!isInBuckets(place, buckets)) throw notAllowed(shownBucketUrl(place), written, buckets);
    return shownBucketUrl(place);
  } catch (error) {
    const { code, message, hint } = error as MillraceError;
    report(new MillraceError(code, message, { span, hint }));
    return value;
  }
}

function notAllowed(shown: string, written: string, buckets: readonly string[]): MillraceError {
  const message = `${written} names ${shown}, which you may not read`;
  const allowed = buckets.map((bucket) => `s3://${bucket}`).join(', ');
  const hint = buckets.length === 0 ? 'use a volume, or ask an administrator for a bucket' : `you may read ${allowed}`;
  return new MillraceError('BUCKET_NOT_ALLOWED', message, { hint });
}

function withoutSlashes(url: string): string {
  let end = url.length;
  while (end > 's3://'.length && url[end - 1] === '/') end -= 1;
  return url.slice(0, end);
}

/** A file or folder that the worker opens, normalized; reports one outside the volumes. @param mounts mount paths of the volumes */
export function pathInVolumes(
  { value, span, written }: WrittenPath,
  mounts: readonly string[],
  report: (error: MillraceError) => void,
): string {
  const path = normalPath(value);
  if (mounts.some((mount) => path === mount || path.startsWith(`${mount}/`)) && !path.includes('\0')) return path;
  const message = `${written ?? 'FROM'} names ${path}, which is outside the step's volumes`;
  const inside = mounts.length === 0 ? 'the step has none' : mounts.join(', ');
  report(new MillraceError('OUTSIDE_VOLUMES', message, { span, hint: `give a path inside a volume: ${inside}` }));
  return path;
}

function normalPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
