import { areaOf, type Box, intersectionOf } from '../box.ts';
import type { DetectedBox, GroundTruthBox } from './boxes.ts';

/** The outcome of one detection. */
export interface Match {
  readonly score: number;
  readonly outcome: 'right' | 'wrong' | 'ignored';
}

const maxDetectionsPerImage = 100;

/**
 * Matches one class's detections with its ground truth at an intersection over union of at least `threshold`, as COCOeval's
 * `evaluateImg` does: detections with higher scores choose first. An object is matched once; a crowd any number of times, but only by
 * detections that match no object. @returns the matches in descending order of score
 */
export function matchDetections(
  groundTruth: readonly GroundTruthBox[],
  detections: readonly DetectedBox[],
  threshold: number,
): Match[] {
  const objectsByImage = Map.groupBy(groundTruth, ({ image }) => image);
  const detectionsByImage = Map.groupBy(detections, ({ image }) => image);
  const images = [...detectionsByImage.keys()].sort(byImage);
  return images
    .flatMap((image) => matchImage(objectsByImage.get(image) ?? [], detectionsByImage.get(image)!, threshold))
    .sort((a, b) => b.score - a.score);
}

function byImage(a: string | number, b: string | number): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function matchImage(
  groundTruth: readonly GroundTruthBox[],
  detections: readonly DetectedBox[],
  threshold: number,
): Match[] {
  const free = new Set(groundTruth.filter(({ crowd }) => !crowd));
  const crowds = groundTruth.filter(({ crowd }) => crowd);
  const best = detections.toSorted((a, b) => b.score - a.score).slice(0, maxDetectionsPerImage);
  return best.map((detection) => {
    const found = closest(detection, free, threshold);
    if (found) free.delete(found);
    const outcome = found ? 'right' : closest(detection, crowds, threshold) ? 'ignored' : 'wrong';
    return { score: detection.score, outcome };
  });
}

/** The box with the largest overlap; of equal ones, the last, as in COCOeval. */
function closest(detection: Box, boxes: Iterable<GroundTruthBox>, threshold: number): GroundTruthBox | undefined {
  let largest = Math.min(threshold, 1 - 1e-10);
  let found: GroundTruthBox | undefined;
  for (const box of boxes) {
    const overlap = overlapOf(detection, box);
    if (overlap < largest) continue;
    largest = overlap;
    found = box;
  }
  return found;
}

/** Intersection over union; for a crowd, intersection over the detection's own area (maskApi's `bbIou`). */
function overlapOf(detection: Box, truth: GroundTruthBox): number {
  const intersection = intersectionOf(detection, truth);
  if (intersection === 0) return 0;
  return intersection / (truth.crowd ? areaOf(detection) : areaOf(detection) + areaOf(truth) - intersection);
}
