import { areaOf, intersectionOf } from '../../../box.ts';
import type { Candidate } from './candidates.ts';

/** At most so many candidates are compared, the best first (YOLOv5's `max_nms`). */
const maxCandidates = 30_000;

/**
 * Greedy non-maximum suppression within each class: a box goes when its intersection over union with a better box of its
 * class is above `iou`. The best `maxDetections` remain, in falling order of score; equal scores keep their order.
 */
export function suppress(candidates: readonly Candidate[], iou: number, maxDetections: number): Candidate[] {
  const best = candidates.toSorted((a, b) => b.score - a.score).slice(0, maxCandidates);
  const kept: Candidate[] = [];
  for (const box of best) {
    if (kept.length === maxDetections) break;
    if (!kept.some((better) => better.classId === box.classId && intersectionOverUnion(better, box) > iou))
      kept.push(box);
  }
  return kept;
}

function intersectionOverUnion(a: Candidate, b: Candidate): number {
  const intersection = intersectionOf(a, b);
  return intersection === 0 ? 0 : intersection / (areaOf(a) + areaOf(b) - intersection);
}
