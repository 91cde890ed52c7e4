import type { Box } from '../../../box.ts';
import { type Size, unroundedCorner } from '../../image/letterbox.ts';
import type { PlacedPicture } from '../../image/placing.ts';
import { described, type Inference } from '../../model/inference.ts';
import { loadModel } from '../../model/load-model.ts';
import type { Look } from '../../model/look-at-model.ts';
import type { Outputs, Processor } from '../../model/model.ts';
import { inBatches, type ReadImage } from '../../model/picture-batches.ts';
import type { SessionPlan } from '../../model/session.ts';
import { withLatency } from '../../model/with-latency.ts';
import type { FailedRow, Timings } from '../../row-program.ts';
import { type DetectorModel, type DetectorSettings, lookAtDetector, type Selection } from './detector-model.ts';
import { type Candidate, cornersOf, isFiniteBox } from './families/candidates.ts';
import type { Extra, ModelLayout } from './families/family.ts';
import { maskOf } from './masks.ts';
import { suppress } from './non-maximum-suppression.ts';

/** Of the upright picture. */
export interface Detection extends Box {
  readonly classId: number;
  readonly className: string;
  readonly score: number;
  /** Those that are asked for, as JSON. */
  readonly extras: Readonly<Partial<Record<Extra, string>>>;
}

export interface DetectedImage extends Size {
  readonly detections: readonly Detection[];
  readonly timings: Timings;
}

export interface Detector<Image> {
  readonly model: DetectorModel & { readonly device: Processor };
  /** Names of the files beside the model's that hold its weights. */
  readonly weights: readonly string[];
  /** One result per image, in order; one that cannot be read or decoded does not disturb the others. */
  detect(images: readonly Image[]): Promise<(DetectedImage | FailedRow)[]>;
  close(): Promise<void>;
}

/**
 * @param start starts the model; absent: wherever it gets threads
 * @throws MillraceError whatever `lookAtDetector` and `loadModel` throw
 */
export function startDetector(settings: DetectorSettings, start?: (plan: SessionPlan) => Promise<Inference>) {
  const look = (way: Look) => lookAtDetector(settings, way);
  return loadModel(
    settings,
    look,
    ({ preprocessing, layout, selection, reduction }) => ({
      preprocessing,
      reduction: reduction(selection.confidence),
      constants: layout.constants ?? [],
      anySize: settings.inRectangles ?? false,
    }),
    start,
  );
}

/**
 * @param read reads an image when it is its turn
 * @throws MillraceError whatever `lookAtDetector` and `loadModel` throw
 */
export async function loadDetector<Image>(
  settings: DetectorSettings,
  read: ReadImage<Image>,
): Promise<Detector<Image>> {
  const { looked, inference: atItsSpeed } = await startDetector(settings);
  const { model, preprocessing, selection } = looked;
  const inference = withLatency(atItsSpeed, settings.latency ?? null);
  const describe = extrasReader(looked.layout, settings.extras ?? []);
  const running = { inference, model, preprocessing, inRectangles: settings.inRectangles ?? false };
  const batches = inBatches<Image, DetectedImage>(running, read, {
    finds: 'a box',
    read: (outputs, picture, lies, timings) => {
      const boxes = boxesOf(looked.read(outputs, picture, selection.confidence), selection);
      if (boxes === null) return null;
      return detectedImage(lies, boxes, model, timings, (box, candidate) =>
        describe(outputs, picture, candidate, box, lies),
      );
    },
  });
  const weights = [...looked.file.externalFiles.keys()];
  return { model: { ...model, ...described(inference) }, weights, detect: batches.run, close: batches.close };
}

/** What a detector sees; null: it gave a box that is infinite or not a number. */
export function boxesOf(
  candidates: readonly Candidate[],
  { classIds, ...selection }: Selection,
): readonly Candidate[] | null {
  const wanted = classIds === null ? candidates : candidates.filter(({ classId }) => classIds.has(classId));
  return wanted.every(isFiniteBox) ? suppress(wanted, selection) : null;
}

function detectedImage(
  { width, height, placed, input }: PlacedPicture,
  candidates: readonly Candidate[],
  model: DetectorModel,
  timings: Timings,
  extrasOf: (box: Box, candidate: Candidate) => Detection['extras'],
): DetectedImage {
  const { left, top } = model.family === 'yolov5' ? unroundedCorner({ width, height }, placed.scaleX, input) : placed;
  const detections = candidates.map((candidate) => {
    const box = {
      x1: clamp((candidate.x1 - left) / placed.scaleX, width),
      y1: clamp((candidate.y1 - top) / placed.scaleY, height),
      x2: clamp((candidate.x2 - left) / placed.scaleX, width),
      y2: clamp((candidate.y2 - top) / placed.scaleY, height),
    };
    const { classId, score } = candidate;
    const className = model.classNames[classId] ?? `class ${classId}`;
    return { classId, className, score, ...box, extras: extrasOf(box, candidate) };
  });
  return { detections, width, height, timings };
}

type ReadExtras = (
  outputs: Outputs,
  picture: number,
  candidate: Candidate,
  box: Box,
  lies: PlacedPicture,
) => Detection['extras'];

/** Reads what is wanted besides the box of a detection. */
function extrasReader(layout: ModelLayout, wanted: readonly Extra[]): ReadExtras {
  const readers: { readonly [Each in Extra]: (...at: Parameters<ReadExtras>) => unknown } = {
    masks: (outputs, picture, candidate, box, lies) => {
      const coefficients = layout.extraValues!(outputs, picture, candidate);
      return maskOf(outputs.get(layout.prototypes!)!, picture, coefficients, box, lies);
    },
    keypoints: (outputs, picture, candidate, _, lies) =>
      pointsOf(layout.extraValues!(outputs, picture, candidate), layout.keypointValues!, lies),
    corners: (_, __, { turned }, ___, { placed }) =>
      cornersOf(turned!).map(([x, y]) => [
        rounded((x - placed.left) / placed.scaleX, 3),
        rounded((y - placed.top) / placed.scaleY, 3),
      ]),
  };
  return (...at) => Object.fromEntries(wanted.map((extra) => [extra, JSON.stringify(readers[extra](...at))]));
}

/** Key points in pixels of the picture, each with its score if it has one. */
function pointsOf(values: Float32Array, each: number, { placed }: PlacedPicture): readonly (readonly number[])[] {
  return Array.from({ length: values.length / each }, (_, point) => {
    const [x, y, score] = values.subarray(point * each, (point + 1) * each) as unknown as number[];
    const place = [rounded((x! - placed.left) / placed.scaleX, 3), rounded((y! - placed.top) / placed.scaleY, 3)];
    return score === undefined ? place : [...place, rounded(score, 6)];
  });
}

function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}

function clamp(value: number, most: number): number {
  return Math.min(Math.max(value, 0), most);
}
