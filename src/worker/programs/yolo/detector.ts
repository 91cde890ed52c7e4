import pLimit from 'p-limit';
import type { Box } from '../../../box.ts';
import { type ErrorCode, MillraceError } from '../../../errors.ts';
import { decodeImage } from '../../image/decode.ts';
import { type Letterbox, letterbox, type Size, unroundedCorner } from '../../image/letterbox.ts';
import { packImage } from '../../image/pack.ts';
import type { Pixels } from '../../image/pixels.ts';
import type { Candidate } from '../../model/candidates.ts';
import { type Inference, type InferenceSettings, startInference } from '../../model/inference.ts';
import type { Model } from '../../model/model.ts';

/** Of the upright picture. */
export interface Detection extends Box {
  readonly classId: number;
  readonly className: string;
  readonly score: number;
}

/** Milliseconds of this picture: reading and decoding it, and its share of its batch's inference. */
export interface Timings {
  readonly decodeMs: number;
  readonly inferMs: number;
}

export interface DetectedImage extends Size {
  readonly detections: readonly Detection[];
  readonly timings: Timings;
}

export interface FailedImage {
  readonly error: { readonly code: ErrorCode; readonly message: string };
}

export type ImageResult = DetectedImage | FailedImage;

export interface Detector {
  readonly model: Model;
  /** One result per file, in order; a picture that cannot be decoded does not disturb the others. */
  detect(files: readonly string[]): Promise<ImageResult[]>;
  close(): Promise<void>;
}

/** Larger batches gain nothing on a CPU. */
const cpuBatch = 4;

/** While one batch is inferred, the next is decoded, and one more waits ready. */
const batchesInFlight = 3;

/**
 * @param imageRoot the folder that no link of an image may lead out of; null: the images are the caller's own
 * @throws MillraceError whatever `openSession` throws
 */
export async function loadDetector(settings: InferenceSettings, imageRoot: string | null): Promise<Detector> {
  const inference = await startInference(settings);
  const { model, close } = inference;
  const slots = model.batch ?? cpuBatch;
  const inFlight = pLimit(batchesInFlight);
  const buffers = inputBuffers(slots * slotLength(model));

  const detect = async (files: readonly string[]): Promise<ImageResult[]> => {
    const batches = chunk(files, slots).map((batch) =>
      inFlight(() => detectBatch(inference, buffers, batch, imageRoot)),
    );
    return (await Promise.all(batches)).flat();
  };
  return { model, detect, close };
}

function slotLength({ imageSize }: Model): number {
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

type Decoding = DecodedImage | FailedImage;

async function detectBatch(
  inference: Inference,
  buffers: InputBuffers,
  files: readonly string[],
  imageRoot: string | null,
): Promise<ImageResult[]> {
  const decodings = await Promise.all(files.map((file) => decode(file, imageRoot)));
  const decoded = decodings.filter((decoding) => 'pixels' in decoding);
  if (decoded.length === 0) return decodings as FailedImage[];

  const { model } = inference;
  const input = buffers.take();
  const boxes = decoded.map(({ pixels }, slot) => pack(pixels, model, input, slot));
  const used = model.batch === null ? input.subarray(0, decoded.length * slotLength(model)) : input;
  const inferred = await inference.infer({ input: used, pictures: decoded.length });
  buffers.give(new Float32Array(inferred.input.buffer));

  let slot = 0;
  return decodings.map((decoding, index) => {
    if ('error' in decoding) return decoding;
    const candidates = inferred.boxes[slot]!;
    const box = boxes[slot++]!;
    if (candidates === null) return notFinite(files[index]!);
    const timings = { decodeMs: decoding.decodeMs, inferMs: inferred.inferMs / decoded.length };
    return detectedImage(decoding.pixels, box, candidates, model, timings);
  });
}

function notFinite(file: string): FailedImage {
  const message = `the model gave a box that is infinite or not a number: ${file}`;
  return { error: { code: 'MODEL_OUTPUT_INVALID', message } };
}

async function decode(file: string, root: string | null): Promise<Decoding> {
  const started = performance.now();
  try {
    const pixels = await decodeImage(file, root);
    return { pixels, decodeMs: performance.now() - started };
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    return { error: { code: error.code, message: error.message } };
  }
}

function pack(pixels: Pixels, model: Model, input: Float32Array, slot: number): Letterbox {
  const box = letterbox(pixels, model.imageSize);
  const length = slotLength(model);
  packImage(pixels, box, model.imageSize, input.subarray(slot * length, (slot + 1) * length));
  return box;
}

function detectedImage(
  { width, height }: Size,
  box: Letterbox,
  candidates: readonly Candidate[],
  model: Model,
  timings: Timings,
): DetectedImage {
  const { left, top } =
    model.family === 'yolov5' ? unroundedCorner({ width, height }, box.scale, model.imageSize) : box;
  const detections = candidates.map((candidate) => ({
    classId: candidate.classId,
    className: model.classNames[candidate.classId] ?? `class ${candidate.classId}`,
    score: candidate.score,
    x1: clamp((candidate.x1 - left) / box.scale, width),
    y1: clamp((candidate.y1 - top) / box.scale, height),
    x2: clamp((candidate.x2 - left) / box.scale, width),
    y2: clamp((candidate.y2 - top) / box.scale, height),
  }));
  return { detections, width, height, timings };
}

function clamp(value: number, most: number): number {
  return Math.min(Math.max(value, 0), most);
}
