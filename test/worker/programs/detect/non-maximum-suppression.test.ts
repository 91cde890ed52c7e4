import { describe, expect, it } from 'vitest';
import { suppress } from '../../../../src/worker/programs/detect/non-maximum-suppression.ts';

/** A box 10 px wide and high. */
const box = (x1: number, score: number, classId = 0) => ({ x1, y1: 0, x2: x1 + 10, y2: 10, score, classId, index: 0 });
const within = (iou: number | null, maxDetections: number, isAgnostic = false) => ({ iou, maxDetections, isAgnostic });
const scores = (boxes: readonly { score: number }[]) => boxes.map(({ score }) => score);

describe('non-maximum suppression', () => {
  it('keeps the best of boxes that overlap', () => {
    expect(scores(suppress([box(0, 0.5), box(1, 0.9), box(2, 0.7)], within(0.45, 300)))).toEqual([0.9]);
  });

  it('keeps a box whose overlap is just the threshold', () => {
    // 5 px apart: 50 / 150.
    expect(scores(suppress([box(0, 0.9), box(5, 0.8)], within(1 / 3, 300)))).toEqual([0.9, 0.8]);
    expect(scores(suppress([box(0, 0.9), box(5, 0.8)], within(0.333, 300)))).toEqual([0.9]);
  });

  it('lets classes overlap', () => {
    expect(scores(suppress([box(0, 0.8, 1), box(0, 0.9, 2)], within(0.45, 300)))).toEqual([0.9, 0.8]);
  });

  it('lets boxes of different classes suppress each other if it is agnostic', () => {
    expect(scores(suppress([box(0, 0.8, 1), box(0, 0.9, 2)], within(0.45, 300, true)))).toEqual([0.9]);
  });

  it('suppresses nothing without a threshold', () => {
    expect(scores(suppress([box(0, 0.8), box(0, 0.9), box(0, 0.7)], within(null, 2)))).toEqual([0.9, 0.8]);
  });

  it('does not suppress by a box that is itself suppressed', () => {
    expect(scores(suppress([box(0, 0.9), box(4, 0.8), box(8, 0.7)], within(0.3, 300)))).toEqual([0.9, 0.7]);
  });

  it('keeps the order of equal scores', () => {
    expect(suppress([box(40, 0.5), box(0, 0.5), box(20, 0.5)], within(0.45, 300)).map(({ x1 }) => x1)).toEqual([
      40, 0, 20,
    ]);
  });

  it('stops at the greatest number of detections', () => {
    expect(scores(suppress([box(0, 0.7), box(20, 0.9), box(40, 0.8)], within(0.45, 2)))).toEqual([0.9, 0.8]);
  });
});
