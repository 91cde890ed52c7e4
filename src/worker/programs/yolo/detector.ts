import { Worker } from 'node:worker_threads';
import type { Box } from '../../../box.ts';
import { type Letterbox, letterbox, type Size, unroundedCorner } from '../../image/letterbox.ts';
import { packImage } from '../../image/pack.ts';
import type { Pixels } from '../../image/pixels.ts';
import { type Inference, startInference } from '../../model/inference.ts';
import { inBatches } from '../../model/picture-batches.ts';
import type { FailedRow, Timings } from '../../row-program.ts';
import type { Candidate } from './candidates.ts';
import type { DetectorModel, DetectorSettings } from './detector-session.ts';

/** Of the upright picture. */
export interface Detection extends Box {
  readonly classId: number;
  readonly className: string;
  readonly score: number;
}

export interface DetectedImage extends Size {
  readonly detections: readonly Detection[];
  readonly timings: Timings;
}

export interface Detector {
  readonly model: DetectorModel;
  /** One result per file, in order; a picture that cannot be decoded does not disturb the others. */
  detect(files: readonly string[]): Promise<(DetectedImage | FailedRow)[]>;
  close(): Promise<void>;
}

/**
 * @param imageRoot the folder that no link of an image may lead out of; null: the images are the caller's own
 * @throws MillraceError whatever `openDetectorSession` throws
 */
export async function loadDetector(settings: DetectorSettings, imageRoot: string | null): Promise<Detector> {
  const thread = new Worker(new URL('./inference-thread.ts', import.meta.url), { workerData: settings });
  const inference: Inference<DetectorModel, readonly Candidate[]> = await startInference(thread);
  const { model, close } = inference;
  const detect = inBatches(inference, imageRoot, {
    finds: 'a box',
    pack: (pixels, slot) => pack(pixels, model, slot),
    result: (candidates, box: Letterbox, pixels, timings) => detectedImage(pixels, box, candidates, model, timings),
  });
  return { model, detect, close };
}

function pack(pixels: Pixels, { imageSize }: DetectorModel, slot: Float32Array): Letterbox {
  const box = letterbox(pixels, imageSize);
  packImage(pixels, box, imageSize, slot);
  return box;
}

function detectedImage(
  { width, height }: Size,
  box: Letterbox,
  candidates: readonly Candidate[],
  model: DetectorModel,
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
