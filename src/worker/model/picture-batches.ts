import pLimit from 'p-limit';
import { MillraceError } from '../../errors.ts';
import { decodeImage } from '../image/decode.ts';
import type { EncodedImage } from '../image/encoded-image.ts';
import { type Rectangle, rectangle, type Size } from '../image/letterbox.ts';
import type { Pixels } from '../image/pixels.ts';
import { type Placed, placeInRectangle, placePicture } from '../image/place.ts';
import { type FailedRow, failedRow, type Timings } from '../row-program.ts';
import type { Inference } from './inference.ts';
import type { ImageModel, Outputs } from './model.ts';
import type { Preprocessing } from './preprocessing.ts';

/** Batches per thread: while one is inferred, the next is decoded, and one more waits ready. */
const batchesInFlight = 3;

/** Batches whose images are sorted by the size of their input; as many more are decoded before the first is inferred. */
const batchesSorted = 4;

export type ReadImage<Image> = (image: Image) => Promise<EncodedImage>;

/** A model that runs, and how it is fed. */
export interface PictureModel {
  readonly inference: Inference;
  readonly model: ImageModel;
  readonly preprocessing: Preprocessing;
  /** Whether the input is only as large as a picture needs. */
  readonly inRectangles?: boolean;
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
  /** Size of the input. */
  readonly input: Size;
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
  const together = running.inRectangles && slots > 1 ? batchesSorted : 1;
  const inFlight = pLimit(Math.ceil((batchesInFlight * running.inference.threads) / together));
  const buffers = inputBuffers(slots * slotLength(running.model.imageSize));
  return async (images) => {
    const lots = chunk(images, slots * together).map((lot) =>
      inFlight(() => runLot(running, buffers, lot, read, work)),
    );
    return (await Promise.all(lots)).flat();
  };
}

function slotLength({ width, height }: Size): number {
  return 3 * width * height;
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

/** Decodes images that are in flight together, and runs the model over those of each input size. */
async function runLot<Image, Result>(
  running: PictureModel,
  buffers: InputBuffers,
  images: readonly Image[],
  read: ReadImage<Image>,
  work: PictureWork<Result>,
): Promise<(Result | FailedRow)[]> {
  const decodings = await Promise.all(images.map((image) => decode(image, read)));
  const decoded = decodings.filter((decoding) => 'pixels' in decoding);
  const results = new Map<DecodedImage, Result | FailedRow>();
  const batches = bySize(running, decoded).flatMap((group) => chunk(group, running.inference.batch));
  await Promise.all(
    batches.map(async (batch) => {
      const found = await runBatch(running, buffers, batch, work);
      for (const [at, image] of batch.entries()) results.set(image, found[at]!);
    }),
  );
  return decodings.map((decoding) => ('error' in decoding ? decoding : results.get(decoding)!));
}

/** Images whose inputs have the same size. */
function bySize({ inRectangles, model }: PictureModel, decoded: readonly DecodedImage[]): readonly DecodedImage[][] {
  const sizeOf = ({ pixels }: DecodedImage) => {
    const { width, height } = rectangle(pixels, model.imageSize, model.stride).size;
    return `${width}x${height}`;
  };
  return [...Map.groupBy(decoded, (image) => (inRectangles ? sizeOf(image) : '')).values()];
}

async function runBatch<Result>(
  running: PictureModel,
  buffers: InputBuffers,
  decoded: readonly DecodedImage[],
  work: PictureWork<Result>,
): Promise<(Result | FailedRow)[]> {
  const { inference, model } = running;
  const input = buffers.take();
  const lying = placeAll(running, decoded, input);
  const size = lying[0]!.input;
  // A GPU pays more for a batch of another size than for a place that is not used.
  const isFull = model.batch !== null || inference.device === 'cuda';
  const pictures = isFull ? input.length / slotLength(model.imageSize) : decoded.length;
  const { outputs, inferMs } = await inference.infer({ pixels: input, pictures, size });
  buffers.give(input);
  return decoded.map(({ name, decodeMs }, slot) => {
    const timings = { decodeMs, inferMs: inferMs / decoded.length };
    return work.read(outputs, slot, lying[slot]!, timings) ?? notFinite(work.finds, name);
  });
}

function placeAll(
  { model, preprocessing: { placement, padding }, inRectangles }: PictureModel,
  decoded: readonly DecodedImage[],
  input: SharedPixels,
): readonly PlacedPicture[] {
  return decoded.map(({ pixels }, slot) => {
    const { width, height } = pixels;
    const fitting: Rectangle | null = inRectangles ? rectangle(pixels, model.imageSize, model.stride) : null;
    const size = fitting?.size ?? model.imageSize;
    const length = slotLength(size);
    const place = input.subarray(slot * length, (slot + 1) * length);
    const placed =
      fitting === null
        ? placePicture(pixels, placement, padding, size, place)
        : placeInRectangle(pixels, fitting, padding, place);
    return { width, height, placed, input: size };
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
