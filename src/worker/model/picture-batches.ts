import pLimit from 'p-limit';
import { MillraceError } from '../../errors.ts';
import { decodeImage } from '../image/decode.ts';
import type { EncodedImage } from '../image/encoded-image.ts';
import type { Size } from '../image/letterbox.ts';
import type { Pixels } from '../image/pixels.ts';
import { type Placed, placePicture } from '../image/place.ts';
import { type FailedRow, failedRow, type Timings } from '../row-program.ts';
import type { Inference } from './inference.ts';
import type { ImageModel, Outputs } from './model.ts';
import type { Preprocessing } from './preprocessing.ts';

/** Batches per thread: while one is inferred, the next is decoded, and one more waits ready. */
const batchesInFlight = 3;

export type ReadImage<Image> = (image: Image) => Promise<EncodedImage>;

/** A model that runs, and how it is fed. */
export interface PictureModel {
  readonly inference: Inference;
  readonly model: ImageModel;
  readonly preprocessing: Preprocessing;
}

/** What a program makes of a picture. */
export interface PictureWork<Result> {
  /** What the model finds, for people: `a box`. */
  readonly finds: string;
  /**
   * @param picture its place in the batch
   * @returns null: what the model says of it is infinite or not a number
   */
  read(outputs: Outputs, picture: number, lies: PlacedPicture, timings: Timings): Result | null;
}

/** A picture's size, and how it lies in the model's input. */
export interface PlacedPicture extends Size {
  readonly placed: Placed;
}

/**
 * Runs a model over images in batches.
 * @param read reads an image when it is its turn
 * @returns a function that gives one result per image, in order; one that cannot be read or decoded does not disturb the others
 */
export function inBatches<Image, Result>(
  running: PictureModel,
  read: ReadImage<Image>,
  work: PictureWork<Result>,
): (images: readonly Image[]) => Promise<(Result | FailedRow)[]> {
  const slots = running.inference.batch;
  const inFlight = pLimit(batchesInFlight * running.inference.threads);
  const buffers = inputBuffers(slots * slotLength(running.model));
  return async (images) => {
    const batches = chunk(images, slots).map((batch) => inFlight(() => runBatch(running, buffers, batch, read, work)));
    return (await Promise.all(batches)).flat();
  };
}

function slotLength({ imageSize }: ImageModel): number {
  return 3 * imageSize.width * imageSize.height;
}

function chunk<T>(items: readonly T[], length: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / length) }, (_, at) =>
    items.slice(at * length, (at + 1) * length),
  );
}

type SharedPixels = Uint8Array<SharedArrayBuffer>;

interface InputBuffers {
  take(): SharedPixels;
  give(buffer: SharedPixels): void;
}

function inputBuffers(length: number): InputBuffers {
  const free: SharedPixels[] = [];
  return {
    take: () => free.pop() ?? new Uint8Array(new SharedArrayBuffer(length)),
    give: (buffer) => void free.push(buffer),
  };
}

interface DecodedImage {
  readonly name: string;
  readonly pixels: Pixels;
  readonly decodeMs: number;
}

async function runBatch<Image, Result>(
  { inference, model, preprocessing }: PictureModel,
  buffers: InputBuffers,
  images: readonly Image[],
  read: ReadImage<Image>,
  work: PictureWork<Result>,
): Promise<(Result | FailedRow)[]> {
  const decodings = await Promise.all(images.map((image) => decode(image, read)));
  const decoded = decodings.filter((decoding) => 'pixels' in decoding);
  if (decoded.length === 0) return decodings as FailedRow[];

  const length = slotLength(model);
  const input = buffers.take();
  const { placement, padding } = preprocessing;
  const lying = decoded.map(({ pixels }, slot): PlacedPicture => {
    const place = input.subarray(slot * length, (slot + 1) * length);
    const { width, height } = pixels;
    return { width, height, placed: placePicture(pixels, placement, padding, model.imageSize, place) };
  });
  // A GPU pays more for a batch of another size than for a place that is not used.
  const pictures = model.batch !== null || inference.device === 'cuda' ? input.length / length : decoded.length;
  const { outputs, inferMs } = await inference.infer({ pixels: input, pictures });
  buffers.give(input);

  let slot = 0;
  return decodings.map((decoding) => {
    if ('error' in decoding) return decoding;
    const timings = { decodeMs: decoding.decodeMs, inferMs: inferMs / decoded.length };
    return work.read(outputs, slot, lying[slot++]!, timings) ?? notFinite(work.finds, decoding.name);
  });
}

function notFinite(what: string, image: string): FailedRow {
  const message = `the model gave ${what} that is infinite or not a number: ${image}`;
  return failedRow(new MillraceError('MODEL_OUTPUT_INVALID', message));
}

async function decode<Image>(image: Image, read: ReadImage<Image>): Promise<DecodedImage | FailedRow> {
  const started = performance.now();
  try {
    const encoded = await read(image);
    const pixels = await decodeImage(encoded);
    return { name: encoded.name, pixels, decodeMs: performance.now() - started };
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    return failedRow(error);
  }
}
