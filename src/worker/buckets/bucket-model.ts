import { readBucketUrl, shownBucketUrl } from '../../bucket-url.ts';
import { MillraceError } from '../../errors.ts';
import { largestFile } from '../../onnx/onnx-file.ts';
import { cachedFile, currentFile, type ModelCache } from '../model-cache.ts';
import type { Volumes } from '../volume-path.ts';
import { stepBuckets } from './step-buckets.ts';
import { StoreFailure } from './store-failure.ts';

const bounds = { bytes: largestFile, seconds: 3600 };

/**
 * A model of a bucket, as a file of this machine's cache.
 * @param digest of the registered file; null: the object as it is now
 * @throws {MillraceError} BUCKET_NOT_ALLOWED, BUCKET_UNAVAILABLE, BUCKETS_INVALID, MODEL_MISSING, MODEL_CHANGED, WRONG_OPTION
 */
export async function bucketModel(
  url: string,
  digest: string | null,
  { volumes, cache }: { readonly volumes: Volumes; readonly cache: ModelCache },
): Promise<string> {
  const buckets = stepBuckets(volumes, process.env);
  const place = readBucketUrl(url);
  const name = shownBucketUrl(place);
  if (!buckets.allows(place)) {
    const message = `the model ${name} is outside the buckets that the statement may read`;
    throw new MillraceError('BUCKET_NOT_ALLOWED', message);
  }
  const open = async (known: string | null) => (await buckets.store()).open(place, bounds, known);
  try {
    if (digest !== null) return await cachedFile(cache, digest, () => chunksOf(open), name);
    // Another endpoint may have a bucket of the same name.
    return await currentFile(cache, `${process.env.MILLRACE_S3_ENDPOINT ?? ''} ${name}`, async (known) => {
      const object = await open(known);
      return object === null ? null : { tag: object.etag, chunks: object.chunks };
    });
  } catch (error) {
    if (!(error instanceof StoreFailure)) throw error;
    const isUnavailable = error.kind === 'unavailable';
    const code = isUnavailable ? 'BUCKET_UNAVAILABLE' : 'MODEL_MISSING';
    const hint = isUnavailable ? {} : { hint: 'check the bucket, the key and the rights of the credentials' };
    throw new MillraceError(code, `${error.message}: ${name}`, { cause: error, ...hint });
  }
}

async function* chunksOf(
  open: (known: null) => Promise<{ readonly chunks: AsyncIterable<Uint8Array> } | null>,
): AsyncGenerator<Uint8Array> {
  yield* (await open(null))!.chunks;
}
