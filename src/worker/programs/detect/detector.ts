import type { Box } from '../../../box.ts';
import { type Size, unroundedCorner } from '../../image/letterbox.ts';
import { described, startInference } from '../../model/inference.ts';
import { inBatches, type PlacedPicture, type ReadImage } from '../../model/picture-batches.ts';
import type { Processor } from '../../model/session.ts';
import type { FailedRow, Timings } from '../../row-program.ts';
import { type Candidate, isFiniteBox } from './candidates.ts';
import { type DetectorModel, type DetectorSettings, lookAtDetector, type Selection } from './detector-model.ts';
import { suppress } from './non-maximum-suppression.ts';

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

export interface Detector<Image> {
  readonly model: DetectorModel & { readonly device: Processor };
  /** One result per image, in order; one that cannot be read or decoded does not disturb the others. */
  detect(images: readonly Image[]): Promise<(DetectedImage | FailedRow)[]>;
  close(): Promise<void>;
}

/**
 * @param read reads an image when it is its turn
 * @throws MillraceError whatever `lookAtDetector` and `openSession` throw
 */
export async function loadDetector<Image>(
  settings: DetectorSettings,
  read: ReadImage<Image>,
): Promise<Detector<Image>> {
  const looked = await lookAtDetector(settings);
  const { model, preprocessing, selection } = looked;
  const use = { preprocessing, reduction: looked.reduction(selection.confidence), constants: [] };
  const inference = await startInference({ ...looked, use, settings });
  const detect = inBatches<Image, DetectedImage>({ inference, model, preprocessing }, read, {
    finds: 'a box',
    read: (outputs, picture, lies, timings) => {
      const boxes = boxesOf(looked.read(outputs, picture, selection.confidence), selection);
      return boxes === null ? null : detectedImage(lies, boxes, model, timings);
    },
  });
  return { model: { ...model, ...described(inference) }, detect, close: inference.close };
}

function boxesOf(candidates: readonly Candidate[], { classIds, ...selection }: Selection): readonly Candidate[] | null {
  const wanted = classIds === null ? candidates : candidates.filter(({ classId }) => classIds.has(classId));
  return wanted.every(isFiniteBox) ? suppress(wanted, selection) : null;
}

function detectedImage(
  { width, height, placed }: PlacedPicture,
  candidates: readonly Candidate[],
  model: DetectorModel,
  timings: Timings,
): DetectedImage {
  const { left, top } =
    model.family === 'yolov5' ? unroundedCorner({ width, height }, placed.scaleX, model.imageSize) : placed;
  const detections = candidates.map((candidate) => ({
    classId: candidate.classId,
    className: model.classNames[candidate.classId] ?? `class ${candidate.classId}`,
    score: candidate.score,
    x1: clamp((candidate.x1 - left) / placed.scaleX, width),
    y1: clamp((candidate.y1 - top) / placed.scaleY, height),
    x2: clamp((candidate.x2 - left) / placed.scaleX, width),
    y2: clamp((candidate.y2 - top) / placed.scaleY, height),
  }));
  return { detections, width, height, timings };
}

function clamp(value: number, most: number): number {
  return Math.min(Math.max(value, 0), most);
}
