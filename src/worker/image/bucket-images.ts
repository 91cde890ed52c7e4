import { normalize } from 'node:path/posix';
import pLimit from 'p-limit';
import { type BucketPlace, readBucketUrl, shownBucketUrl } from '../../bucket-url.ts';
import { type ErrorCode, MillraceError } from '../../errors.ts';
import type { StepBuckets } from '../buckets/step-buckets.ts';
import { StoreFailure } from '../buckets/store-failure.ts';
import { type EncodedImage, maxImageBytes } from './encoded-image.ts';

/** Images that are objects of buckets. */
export interface BucketImages {
  /** @throws {MillraceError} IMAGE_… */
  read(url: string): Promise<EncodedImage>;
  /** Reads an image by its path in the folder. @throws {MillraceError} IMAGE_… */
  readInFolder(path: string): Promise<EncodedImage>;
}

const bounds = { bytes: maxImageBytes, seconds: 120 };
const atOnce = 16;

/**
 * @param folder the URL of `--image_dir`; null: it is not in a bucket
 * @throws {MillraceError} WRONG_OPTION, BUCKET_NOT_ALLOWED
 */
export function openBucketImages(buckets: StepBuckets, folder: string | null): BucketImages {
  const root = folder === null ? null : readBucketUrl(folder);
  if (root !== null && !buckets.allows(root)) throw notAllowed(root, buckets);
  const limit = pLimit(atOnce);
  const read = async (place: BucketPlace) => {
    if (!buckets.allows(place))
      throw new MillraceError('IMAGE_URL_REFUSED', `the statement may not read the bucket: ${shownBucketUrl(place)}`);
    return limit(() => readObject(place, buckets));
  };
  return {
    read: async (url) => read(imageUrl(url)),
    readInFolder: async (path) => read(placeInFolder(root as BucketPlace, path)),
  };
}

function notAllowed(place: BucketPlace, { names }: StepBuckets): MillraceError {
  const message = `--image_dir=${shownBucketUrl(place)} is outside the buckets that the statement may read`;
  return new MillraceError(
    'BUCKET_NOT_ALLOWED',
    message,
    names.length === 0 ? {} : { hint: `use ${names.join(', ')}` },
  );
}

function imageUrl(written: string): BucketPlace {
  try {
    return readBucketUrl(written);
  } catch (cause) {
    throw new MillraceError('IMAGE_MISSING', (cause as MillraceError).message, { cause });
  }
}

/** Parts `.` and `..` of a path are resolved, as in a file system. */
function placeInFolder(folder: BucketPlace, path: string): BucketPlace {
  const inside = path.split('/').some((part) => part === '.' || part === '..') ? normalize(path) : path;
  if (path.startsWith('/') || inside === '..' || inside.startsWith('../'))
    throw new MillraceError('IMAGE_OUTSIDE', `outside ${shownBucketUrl(folder)}: ${path}`);
  const prefix = folder.key === '' || folder.key.endsWith('/') ? folder.key : `${folder.key}/`;
  return imageUrl(`s3://${folder.bucket}/${prefix}${inside}`);
}

async function readObject(place: BucketPlace, buckets: StepBuckets): Promise<EncodedImage> {
  const name = shownBucketUrl(place);
  try {
    const bytes = await collected((await (await buckets.store()).open(place, bounds))!.chunks);
    if (bytes.length === 0) throw new MillraceError('IMAGE_BROKEN', `an empty object: ${name}`);
    return { bytes, name };
  } catch (error) {
    if (!(error instanceof StoreFailure)) throw error;
    throw new MillraceError(codes[error.kind], `${error.message}: ${name}`, { cause: error });
  }
}

async function collected(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

const codes: { readonly [Kind in StoreFailure['kind']]: ErrorCode } = {
  missing: 'IMAGE_MISSING',
  refused: 'IMAGE_UNREADABLE',
  unavailable: 'IMAGE_DOWNLOAD_FAILED',
};
