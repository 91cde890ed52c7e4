import pLimit from 'p-limit';
import { MillraceError } from '../../errors.ts';
import { decodeImage } from '../image/decode.ts';
import { failedRow } from '../image/image-rows.ts';
import type { Pixels } from '../image/pixels.ts';
import type { FailedRow, Timings } from '../row-program.ts';
import type { Inference } from './inference.ts';
import type { ImageModel } from './model.ts';

/** Larger batches gain nothing on a CPU. */
const cpuBatch = 4;

/** While one batch is inferred, the next is decoded, and one more waits ready. */
const batchesInFlight = 3;

/** What a program does with a picture before and after inference. `Placed`: how it lies in the model's input. */
export interface PictureWork<Found, Placed, Result> {
  /** What the model finds, for people: `a box`. */
  readonly finds: string;
  /** Writes the picture into one slot of the model's input. */
  pack(pixels: Pixels, slot: Float32Array): Placed;
  result(found: Found, placed: Placed, pixels: Pixels, timings: Timings): Result;
}

/**
 * Runs a model over image files in batches.
 * @param imageRoot the folder that no link of an image may lead out of; null: the images are the caller's own
 * @returns a function that gives one result per file, in order; a picture that cannot be decoded does not disturb the others
 */
export function inBatches<Found, Placed, Result>(
  inference: Inference<ImageModel, Found>,
  imageRoot: string | null,
  work: PictureWork<Found, Placed, Result>,
): (files: readonly string[]) => Promise<(Result | FailedRow)[]> {
  const slots = inference.model.batch ?? cpuBatch;
  const inFlight = pLimit(batchesInFlight);
  const buffers = inputBuffers(slots * slotLength(inference.model));
  return async (files) => {
    const batches = chunk(files, slots).map((batch) =>
      inFlight(() => runBatch(inference, buffers, batch, imageRoot, work)),
    );
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

interface InputBuffers {
  take(): Float32Array;
  give(buffer: Float32Array): void;
}

function inputBuffers(length: number): InputBuffers {
  const free: Float32Array[] = [];
  return { take: () => free.pop() ?? new Float32Array(length), give: (buffer) => void free.push(buffer) };
}

interface DecodedImage {
  readonly pixels: Pixels;
  readonly decodeMs: number;
}

async function runBatch<Found, Placed, Result>(
  inference: Inference<ImageModel, Found>,
  buffers: InputBuffers,
  files: readonly string[],
  imageRoot: string | null,
  work: PictureWork<Found, Placed, Result>,
): Promise<(Result | FailedRow)[]> {
  const decodings = await Promise.all(files.map((file) => decode(file, imageRoot)));
  const decoded = decodings.filter((decoding) => 'pixels' in decoding);
  if (decoded.length === 0) return decodings as FailedRow[];

  const { model } = inference;
  const length = slotLength(model);
  const input = buffers.take();
  const placed = decoded.map(({ pixels }, slot) =>
    work.pack(pixels, input.subarray(slot * length, (slot + 1) * length)),
  );
  const used = model.batch === null ? input.subarray(0, decoded.length * length) : input;
  const inferred = await inference.infer({ input: used, pictures: decoded.length });
  buffers.give(new Float32Array(inferred.input.buffer));

  let slot = 0;
  return decodings.map((decoding, index) => {
    if ('error' in decoding) return decoding;
    const found = inferred.found[slot]!;
    const place = placed[slot++]!;
    if (found === null) return notFinite(work.finds, files[index]!);
    const timings = { decodeMs: decoding.decodeMs, inferMs: inferred.inferMs / decoded.length };
    return work.result(found, place, decoding.pixels, timings);
  });
}

function notFinite(what: string, file: string): FailedRow {
  const message = `the model gave ${what} that is infinite or not a number: ${file}`;
  return failedRow(new MillraceError('MODEL_OUTPUT_INVALID', message));
}

async function decode(file: string, root: string | null): Promise<DecodedImage | FailedRow> {
  const started = performance.now();
  try {
    const pixels = await decodeImage(file, root);
    return { pixels, decodeMs: performance.now() - started };
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    return failedRow(error);
  }
}
