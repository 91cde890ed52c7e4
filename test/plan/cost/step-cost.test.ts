import { expect, it } from 'vitest';
import { predictionOf } from '../../../src/plan/cost/step-cost.ts';

const cost = {
  startSeconds: 2,
  imageSeconds: 0.1,
  contention: 0.5,
  fitting: 4,
  memory: null,
  images: 200,
  isCountable: true,
  measured: { at: '2026-11-27 10:00:00', device: 'cpu', batch: 1, runs: 1, images: 200 },
};

it('predicts the same for more partitions than run at once: workers draw them, and each starts once', () => {
  const { seconds } = predictionOf(cost, 200, 4);
  expect(seconds).toBeCloseTo(2 + 50 * 0.1 * 1.5);
  expect(predictionOf(cost, 200, 200).seconds).toBe(seconds);
  expect(predictionOf(cost, 200, 2).seconds).toBeGreaterThan(seconds);
});
