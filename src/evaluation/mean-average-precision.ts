import type { DetectedBox, GroundTruthBox } from './boxes.ts';
import { type Match, matchDetections } from './match-detections.ts';

export interface ClassPrecision {
  readonly classId: number;
  /** Number of boxes in the ground truth, without crowds. */
  readonly objects: number;
  readonly map50: number;
  readonly map5095: number;
}

export interface MeanAveragePrecision {
  readonly map50: number;
  readonly map5095: number;
  /** The classes of which the ground truth has objects, sorted by class id. */
  readonly perClass: readonly ClassPrecision[];
}

/** 0.50, 0.55 … 0.95, and the recalls 0, 0.01 … 1. Equal to numpy's linspace to the last bit, because results may lie exactly on a step. */
const thresholds = linspace(0.5, 0.95, 10);
const recalls = linspace(0, 1, 101);

/**
 * COCO's mean average precision in 0..1 (area all, at most 100 detections per image and class), as pycocotools' COCOeval
 * computes it: the mean over classes of the precision at 101 recalls. NaN if there are no objects.
 */
export function meanAveragePrecision(
  groundTruth: readonly GroundTruthBox[],
  detections: readonly DetectedBox[],
): MeanAveragePrecision {
  const objectsByClass = Map.groupBy(groundTruth, (box) => box.classId);
  const detectionsByClass = Map.groupBy(detections, (box) => box.classId);
  const perClass = [...objectsByClass]
    .map(([classId, boxes]) => classPrecision(classId, boxes, detectionsByClass.get(classId) ?? []))
    .filter(({ objects }) => objects > 0)
    .sort((a, b) => a.classId - b.classId);
  return {
    map50: mean(perClass.map(({ map50 }) => map50)),
    map5095: mean(perClass.map(({ map5095 }) => map5095)),
    perClass,
  };
}

function classPrecision(
  classId: number,
  groundTruth: readonly GroundTruthBox[],
  detections: readonly DetectedBox[],
): ClassPrecision {
  const objects = groundTruth.filter(({ crowd }) => !crowd).length;
  const averages = thresholds.map((threshold) =>
    averagePrecision(matchDetections(groundTruth, detections, threshold), objects),
  );
  return { classId, objects, map50: averages[0]!, map5095: mean(averages) };
}

/** The mean of the precisions at the 101 recalls. Each is the best precision at that recall or a higher one, or 0 beyond the last. */
function averagePrecision(matches: readonly Match[], objects: number): number {
  const counted = matches.filter(({ outcome }) => outcome !== 'ignored');
  let right = 0;
  const curve = counted.map(({ outcome }, wrongOrRight) => {
    if (outcome === 'right') right++;
    return { recall: right / objects, precision: right / (wrongOrRight + 1) };
  });
  return mean(precisionsAt(recalls, curve));
}

interface CurvePoint {
  readonly recall: number;
  readonly precision: number;
}

function precisionsAt(wanted: readonly number[], curve: readonly CurvePoint[]): number[] {
  const envelope = curve.map(({ precision }) => precision);
  for (let at = envelope.length - 2; at >= 0; at--) envelope[at] = Math.max(envelope[at]!, envelope[at + 1]!);
  let at = 0;
  return wanted.map((recall) => {
    while (at < curve.length && curve[at]!.recall < recall) at++;
    return envelope[at] ?? 0;
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function linspace(first: number, last: number, count: number): number[] {
  const step = (last - first) / (count - 1);
  return Array.from({ length: count }, (_, at) => (at === count - 1 ? last : first + at * step));
}
