import { areaOf, intersectionOf } from '../../../box.ts';
import type { Candidate } from './families/candidates.ts';
import { suppressRotated } from './rotated-suppression.ts';

/** At most so many candidates are compared, the best first (YOLOv5's `max_nms`). */
const maxCandidates = 30_000;

export interface Suppression {
  /** null: nothing is suppressed. */
  readonly iou: number | null;
  /** Whether boxes of different classes suppress each other. */
  readonly isAgnostic: boolean;
  readonly maxDetections: number;
}

/**
 * Greedy non-maximum suppression within each class: a box goes when its intersection over union with a better box of its
 * class is above `iou`. The best `maxDetections` remain, in falling order of score; equal scores keep their order.
 */
export function suppress(
  candidates: readonly Candidate[],
  { iou, isAgnostic, maxDetections }: Suppression,
): readonly Candidate[] {
  const best = candidates.toSorted((a, b) => b.score - a.score).slice(0, maxCandidates);
  if (iou === null) return best.slice(0, maxDetections);
  const isRival = (better: Candidate, box: Candidate) => isAgnostic || better.classId === box.classId;
  if (best[0]?.turned !== undefined) return suppressRotated(best, isRival, iou).slice(0, maxDetections);
  const kept: Candidate[] = [];
  for (const box of best) {
    if (kept.length === maxDetections) break;
    if (!kept.some((better) => isRival(better, box) && intersectionOverUnion(better, box) > iou)) kept.push(box);
  }
  return kept;
}

function intersectionOverUnion(a: Candidate, b: Candidate): number {
  const intersection = intersectionOf(a, b);
  return intersection === 0 ? 0 : intersection / (areaOf(a) + areaOf(b) - intersection);
}
