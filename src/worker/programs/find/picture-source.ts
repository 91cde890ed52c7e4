import { MillraceError } from '../../../errors.ts';
import type { EncodedImage, ImageSource } from '../../image/encoded-image.ts';
import { imageDigest } from '../../image/image-digest.ts';
import { type FailedRow, failedRow } from '../../row-program.ts';
import { seedOf } from '../detect/simulated-errors.ts';

/** A picture that was read and not decoded. */
export interface ReadPicture {
  /** Its place in its page. */
  readonly at: number;
  readonly image: EncodedImage;
  /** SHA-256; empty: nobody asks. */
  readonly digest: string;
  /** What simulated errors depend on; empty: nobody asks. */
  readonly seed: string;
  readonly readMs: number;
}

/** Pictures that are read together. */
export interface PictureGroup {
  readonly pictures: readonly ReadPicture[];
  /** Those that could not be read. */
  readonly failed: readonly { readonly at: number; readonly row: FailedRow }[];
}

/** What is computed of the bytes of pictures. */
export interface ReadingOptions {
  readonly digests: boolean;
  readonly seeds: boolean;
}

/** Limits of a group; the last pictures of it may exceed that of the bytes. */
const most = { pictures: 32, bytes: 64 * 2 ** 20 };

/** Pictures that are read at once. */
const readAtOnce = 4;

/** Reads pictures in groups, each when it is asked for. */
export async function* readInGroups(
  sources: readonly ImageSource[],
  { digests, seeds }: ReadingOptions,
): AsyncGenerator<PictureGroup> {
  const readOne = async (at: number): Promise<ReadPicture | { readonly at: number; readonly row: FailedRow }> => {
    const started = performance.now();
    try {
      const image = await sources[at]!.read();
      const digest = digests ? imageDigest(image) : '';
      return { at, image, digest, seed: seeds ? seedOf(image) : '', readMs: performance.now() - started };
    } catch (error) {
      return { at, row: imageFailure(error) };
    }
  };
  for (let next = 0; next < sources.length; ) {
    const [pictures, failed]: [ReadPicture[], PictureGroup['failed'][number][]] = [[], []];
    for (let bytes = 0, end = next + most.pictures; next < Math.min(end, sources.length) && bytes < most.bytes; ) {
      const ats = Array.from({ length: Math.min(readAtOnce, end - next, sources.length - next) }, () => next++);
      for (const read of await Promise.all(ats.map(readOne))) {
        if ('row' in read) failed.push(read);
        else {
          pictures.push(read);
          bytes += read.image.bytes.length;
        }
      }
    }
    yield { pictures, failed };
  }
}

/** @throws what is no fault of the image, such as a lost connection to the database that it is read from */
export function imageFailure(error: unknown): FailedRow {
  if (error instanceof MillraceError && error.code.startsWith('IMAGE_')) return failedRow(error);
  throw error;
}
