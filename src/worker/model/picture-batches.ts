import pLimit from 'p-limit';
import { MillraceError } from '../../errors.ts';
import type { EncodedImage } from '../image/encoded-image.ts';
import type { Size } from '../image/letterbox.ts';
import { type PlacedPicture, type Placing, placeHere, placeInThreads, type Slot } from '../image/placing.ts';
import { type FailedRow, failedRow, type Timings } from '../row-program.ts';
import type { Inference } from './inference.ts';
import type { ImageModel, Outputs } from './model.ts';
import { placingThreads } from './placing-threads.ts';
import type { Preprocessing } from './preprocessing.ts';

/** Batches per thread: while one is inferred, the next is decoded, and one more waits ready. */
const batchesInFlight = 3;

/** Batches whose images are sorted by the size of their input; as many more are placed before the first is inferred. */
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

/** A model that runs over images. */
export interface PictureBatches<Image, Result> {
  /** One result per image, in order; one that cannot be read or decoded does not disturb the others. */
  run(images: readonly Image[]): Promise<(Result | FailedRow)[]>;
  close(): Promise<void>;
}

/**
 * Runs a model over images in batches.
 * @param read reads an image when it is its turn
 */
export function inBatches<Image, Result>(
  fed: PictureModel,
  read: ReadImage<Image>,
  work: PictureWork<Result>,
): PictureBatches<Image, Result> {
  const { inference, model, inRectangles = false } = fed;
  const together = inRectangles && inference.batch > 1 ? batchesSorted : 1;
  const inFlight = pLimit(Math.ceil((batchesInFlight * inference.threads) / together));
  const length = slotLength(model.imageSize);
  const running = {
    ...fed,
    placing: openPlacing(fed),
    batchBuffers: inputBuffers(inference.batch * length),
    pictureBuffers: inputBuffers(length),
  };
  const runLot = inRectangles ? runRectangles : runBatch;
  return {
    run: async (images) => {
      const lots = chunk(images, inference.batch * together).map((lot) =>
        inFlight(() => runLot(running, lot, read, work)),
      );
      return (await Promise.all(lots)).flat();
    },
    close: async () => {
      await Promise.all([running.placing.close(), inference.close()]);
    },
  };
}

function openPlacing({ inference, model, preprocessing, inRectangles = false }: PictureModel): Placing {
  const { placement, padding } = preprocessing;
  const rules = { placement, padding, size: model.imageSize, stride: inRectangles ? model.stride : null };
  const threads = placingThreads(inference.device, process.env);
  return threads === 0 ? placeHere(rules) : placeInThreads(rules, threads);
}

function slotLength({ width, height }: Size): number {
  return 3 * width * height;
}

function chunk<T>(items: readonly T[], length: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / length) }, (_, at) =>
    items.slice(at * length, (at + 1) * length),
  );
}

interface InputBuffers {
  take(): Slot;
  give(buffer: Slot): void;
}

function inputBuffers(length: number): InputBuffers {
  const free: Slot[] = [];
  return {
    take: () => free.pop() ?? new Uint8Array(new SharedArrayBuffer(length)),
    give: (buffer) => void free.push(buffer),
  };
}

/** A model that runs, and what its batches need. */
interface Running extends PictureModel {
  readonly placing: Placing;
  readonly batchBuffers: InputBuffers;
  /** Of one picture each, if the sizes of inputs differ. */
  readonly pictureBuffers: InputBuffers;
}

/** An image that lies in the model's input. */
interface PlacedImage {
  readonly name: string;
  readonly picture: PlacedPicture;
  readonly decodeMs: number;
}

async function runBatch<Image, Result>(
  running: Running,
  images: readonly Image[],
  read: ReadImage<Image>,
  work: PictureWork<Result>,
): Promise<(Result | FailedRow)[]> {
  const { model, placing, batchBuffers } = running;
  const length = slotLength(model.imageSize);
  const pixels = batchBuffers.take();
  const slots = images.map((_, at) => pixels.subarray(at * length, (at + 1) * length));
  const placings = await Promise.all(images.map((image, at) => place(image, read, placing, slots[at]!)));
  const allFailed = placings.every((each) => 'error' in each);
  const results = allFailed ? placings : await infer(running, placings, pixels, model.imageSize, work);
  batchBuffers.give(pixels);
  return results;
}

/** Images whose inputs have the same size share batches. */
async function runRectangles<Image, Result>(
  running: Running,
  images: readonly Image[],
  read: ReadImage<Image>,
  work: PictureWork<Result>,
): Promise<(Result | FailedRow)[]> {
  const { inference, placing, batchBuffers, pictureBuffers } = running;
  const slots = images.map(() => pictureBuffers.take());
  const placings = await Promise.all(images.map((image, at) => place(image, read, placing, slots[at]!)));
  const results = placings.map((each) => ('error' in each ? each : null)) as (Result | FailedRow)[];
  const placed = placings.flatMap((each, at) => ('error' in each ? [] : [{ ...each, at }]));
  const groups = Map.groupBy(placed, ({ picture: { input } }) => `${input.width}x${input.height}`);
  const batches = [...groups.values()].flatMap((group) => chunk(group, inference.batch));
  await Promise.all(
    batches.map(async (batch) => {
      const size = batch[0]!.picture.input;
      const length = slotLength(size);
      const pixels = batchBuffers.take();
      for (const [slot, { at }] of batch.entries()) pixels.set(slots[at]!.subarray(0, length), slot * length);
      const found = await infer(running, batch, pixels, size, work);
      batchBuffers.give(pixels);
      for (const [slot, { at }] of batch.entries()) results[at] = found[slot]!;
    }),
  );
  for (const slot of slots) pictureBuffers.give(slot);
  return results;
}

/** A place whose image failed holds an earlier one, which nobody looks at. */
async function infer<Result>(
  { inference, model }: Running,
  placings: readonly (PlacedImage | FailedRow)[],
  pixels: Slot,
  size: Size,
  work: PictureWork<Result>,
): Promise<(Result | FailedRow)[]> {
  // A GPU pays more for a batch of another size than for a place that is not used.
  const isFull = model.batch !== null || inference.device === 'cuda';
  const pictures = isFull ? pixels.length / slotLength(model.imageSize) : placings.length;
  const { outputs, inferMs } = await inference.infer({ pixels: [pixels], pictures, size });
  const placed = placings.filter((each) => 'picture' in each).length;
  return placings.map((each, slot) => {
    if ('error' in each) return each;
    const timings = { decodeMs: each.decodeMs, inferMs: inferMs / placed };
    return work.read(outputs, slot, each.picture, timings) ?? notFinite(work.finds, each.name);
  });
}

function notFinite(what: string, image: string): FailedRow {
  const message = `the model gave ${what} that is infinite or not a number: ${image}`;
  return failedRow(new MillraceError('MODEL_OUTPUT_INVALID', message));
}

async function place<Image>(
  image: Image,
  read: ReadImage<Image>,
  placing: Placing,
  slot: Slot,
): Promise<PlacedImage | FailedRow> {
  const started = performance.now();
  try {
    const encoded = await read(image);
    const picture = await placing.place(encoded, slot);
    return { name: encoded.name, picture, decodeMs: performance.now() - started };
  } catch (error) {
    // What fails but the image itself, such as the database it is read from, is no fault of the row.
    if (!(error instanceof MillraceError) || !error.code.startsWith('IMAGE_')) throw error;
    return failedRow(error);
  }
}
