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
  const width = Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1);
  const height = Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1);
  if (width <= 0 || height <= 0) return 0;
  const intersection = width * height;
  return intersection / (area(a) + area(b) - intersection);
}

function area(box: Candidate): number {
  return (box.x2 - box.x1) * (box.y2 - box.y1);
}
