import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { promotions, type RungTrial, rungsOf } from '../../../src/programs/search/asha.ts';
import allLosses from './losses.json' with { type: 'json' };

describe('ASHA', () => {
  it.each([
    [9, 3, [1, 3, 9]],
    [5, 3, [1, 3, 5]],
    [1, 3, [1]],
    [20, 4, [1, 4, 16, 20]],
  ])('compares after some epochs of %d with eta %d', (epochs, eta, rungs) => {
    expect(rungsOf(epochs, eta)).toEqual(rungs);
  });

  const paused = (losses: readonly (number | null)[], due = 1): RungTrial[] =>
    losses.map((loss, trial) => ({ trial, state: 'paused', epochs: due, due, loss }));

  it('lets the best of a rung go on', () => {
    const trials = paused([5, 1, 4, 2, 3, 6]);
    expect(promotions(trials, () => 9, 3)).toEqual([
      { trial: 1, due: 3 },
      { trial: 3, due: 3 },
    ]);
    trials[1] = { trial: 1, state: 'open', epochs: 1, due: 3, loss: 1 };
    expect(promotions(trials, () => 9, 3)).toEqual([{ trial: 3, due: 3 }]);
  });

  it('lets the best one go on to the end where there are few', () => {
    expect(promotions(paused([2, 1]), () => 9, 3)).toEqual([{ trial: 1, due: 3 }]);
    expect(
      promotions([{ trial: 0, state: 'open', epochs: 0, due: 1, loss: null }, ...paused([2])], () => 9, 3),
    ).toEqual([]);
  });

  it('ranks a trial without a loss last', () => {
    expect(promotions(paused([null, 2, 1, null, null, 3]), () => 9, 3)).toEqual([{ trial: 2, due: 3 }]);
    expect(promotions(paused([null, 3]), () => 9, 3)).toEqual([{ trial: 1, due: 3 }]);
  });

  /** One worker that trains whatever it is told to. @param lossOf a trial after some epochs */
  function play(
    count: number,
    epochs: number,
    eta: number,
    lossOf: (trial: number, epochs: number) => number,
  ): readonly RungTrial[] {
    let trials: RungTrial[] = Array.from({ length: count }, (_, trial) => ({
      ...{ trial, state: 'open', epochs: 0, due: rungsOf(epochs, eta)[0]!, loss: null },
    }));
    for (;;) {
      trials = trials.map((trial) => {
        if (trial.state !== 'open') return trial;
        const loss = lossOf(trial.trial, trial.due);
        return { ...trial, state: trial.due === epochs ? 'done' : 'paused', epochs: trial.due, loss };
      });
      const next = promotions(trials, () => epochs, eta);
      if (next.length === 0) return trials;
      for (const { trial, due } of next) trials[trial] = { ...trials[trial]!, state: 'open', due };
    }
  }

  it('always trains the best to the end, and far fewer units than all to the end', () => {
    const losses = Array.from({ length: 32 }, (_, trial) => ((trial * 13) % 32) + 1);
    const units = play(32, 9, 3, (trial, due) => losses[trial]! / due).reduce((sum, { epochs }) => sum + epochs, 0);
    expect(units).toBeLessThanOrEqual((32 * 9) / 2);
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 2, max: 4 }),
        (own, epochs, eta) => {
          const trials = play(own.length, epochs, eta, (trial, due) => own[trial]! / due);
          expect(trials[own.indexOf(Math.min(...own))]!.epochs).toBe(epochs);
        },
      ),
    );
  });

  // Validation losses by epoch of the 32 models of `npm run bench -- search`, with five seeds.
  it('needs at most half the units of the grid for a loss within 2 %, as trials count with their best epoch', () => {
    const ratios = (of: (curve: readonly number[], epochs: number) => number) =>
      allLosses.map((curves: readonly (readonly number[])[]) => {
        const trials = play(32, 9, 3, (trial, epochs) => of(curves[trial]!, epochs));
        expect(trials.reduce((sum, { epochs }) => sum + epochs, 0)).toBeLessThanOrEqual((32 * 9) / 2);
        return Math.min(...trials.map(({ loss }) => loss!)) / Math.min(...curves.map((curve) => of(curve, 9)));
      });
    const best = ratios((curve, epochs) => Math.min(...curve.slice(0, epochs)));
    expect(Math.max(...best)).toBeLessThanOrEqual(1.02);
    // Models that learn fast are overfitted in the end, and those that would not be are stopped.
    expect(Math.max(...ratios((curve, epochs) => curve[epochs - 1]!))).toBeGreaterThan(1.02);
  });
});
