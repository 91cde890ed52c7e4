import { describe, expect, it } from 'vitest';
import { fitRunCost } from '../../../src/plan/cost/fit-run-cost.ts';
import { type RunCost, runSeconds } from '../../../src/plan/cost/run-time.ts';

const thesis: RunCost = { startSeconds: 39.7, imageSeconds: 0.00732, contention: 2.98 };

function runs(cost: RunCost, shapes: readonly (readonly [images: number, partitions: number, fitting: number])[]) {
  return shapes.map(([images, partitions, fitting]) => {
    const shape = { images, partitions, fitting };
    return { ...shape, seconds: runSeconds(cost, shape), startSeconds: null };
  });
}

function expectCost(found: RunCost | null, { startSeconds, imageSeconds, contention }: RunCost): void {
  expect(found?.startSeconds).toBeCloseTo(startSeconds, 6);
  expect(found?.imageSeconds).toBeCloseTo(imageSeconds, 9);
  expect(found?.contention).toBeCloseTo(contention, 6);
}

describe('s, a and g', () => {
  it('are found again from the times that they predict', () => {
    const measured = runs(
      thesis,
      [1, 2, 4, 8, 16].flatMap((count) => [5, 4, 2, 1].map((fitting) => [40_670, count, fitting] as const)),
    );
    expectCost(fitRunCost(measured), thesis);
  });

  it('are near those of noisy times', () => {
    const measured = runs(thesis, [
      [40_670, 1, 5],
      [40_670, 4, 4],
      [40_670, 8, 4],
      [40_670, 16, 4],
      [5000, 8, 2],
      [5000, 2, 2],
    ]).map((run, at) => ({ ...run, seconds: run.seconds * (at % 2 === 0 ? 1.02 : 0.98) }));
    const found = fitRunCost(measured);
    for (const run of measured) expect(runSeconds(found!, run) / run.seconds).toBeCloseTo(1, 0);
  });

  it('take a start-up that was measured by itself', () => {
    expectCost(fitRunCost([{ images: 500, partitions: 1, fitting: 2, seconds: 12, startSeconds: 2 }]), {
      startSeconds: 2,
      imageSeconds: 0.02,
      contention: 0,
    });
  });

  it('have no contention if all runs have the same share at once', () => {
    const flat = { startSeconds: 3, imageSeconds: 0.05, contention: 0 };
    const measured = runs(flat, [
      [100, 1, 2],
      [1000, 2, 2],
      [5000, 2, 2],
    ]);
    expectCost(fitRunCost(measured), flat);
  });

  it('are never negative', () => {
    // The longer run is faster than the shorter one would let expect.
    const found = fitRunCost([
      { images: 100, partitions: 1, fitting: 1, seconds: 10, startSeconds: null },
      { images: 1000, partitions: 1, fitting: 1, seconds: 150, startSeconds: null },
    ]);
    expect(found?.startSeconds).toBe(0);
    expect(found?.imageSeconds).toBeGreaterThan(0.1);
  });

  it('are not known without a run', () => {
    expect(fitRunCost([])).toBeNull();
    expect(fitRunCost([{ images: 0, partitions: 1, fitting: 1, seconds: 1, startSeconds: 1 }])).toBeNull();
  });
});
