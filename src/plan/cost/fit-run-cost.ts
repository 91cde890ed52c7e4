import { leastSquares } from './least-squares.ts';
import { type RunCost, type RunShape, wavesOf } from './run-time.ts';

export interface MeasuredRun extends RunShape {
  /** T */
  readonly seconds: number;
  /** s, if it was measured by itself; null: only T was. */
  readonly startSeconds: number | null;
}

/**
 * Fits s, a and g of `T = W·s + W·n·a + W·n·(C/P)·a·g`, which is linear in s, a and a·g, by least squares of the relative errors: a run of
 * an hour counts as much as one of a minute. A run whose s was measured gives an equation for s and one for the rest. None of the three
 * can be negative. What the runs do not tell apart is 0: g if all have the same C/P, s if all have the same n.
 * @returns null without runs
 */
export function fitRunCost(runs: readonly MeasuredRun[]): RunCost | null {
  const equations = runs.filter(({ images, seconds }) => images > 0 && seconds > 0).flatMap(equationsOf);
  const solution = leastSquares(equations, unknowns);
  if (solution === null) return null;
  const [startSeconds = 0, imageSeconds = 0, shared = 0] = solution;
  if (imageSeconds === 0) return shared === 0 ? null : { startSeconds, imageSeconds: shared, contention: 0 };
  return { startSeconds, imageSeconds, contention: shared / imageSeconds };
}

/** Which of s, a and a·g are unknown: all of them, or as many as the runs tell. Each has at least a. */
const unknowns = [[0, 1, 2], [0, 1], [1, 2], [1]];

function equationsOf(run: MeasuredRun): readonly { readonly factors: readonly number[]; readonly value: number }[] {
  const { atOnce, waves, images } = wavesOf(run);
  const { seconds, startSeconds } = run;
  const ofImages = [(waves * images) / seconds, (waves * images * (atOnce / run.partitions)) / seconds];
  const ofStart = waves / seconds;
  if (startSeconds === null) return [{ factors: [ofStart, ...ofImages], value: 1 }];
  const share = ofStart * startSeconds;
  return [
    { factors: [ofStart, 0, 0], value: share },
    { factors: [0, ...ofImages], value: 1 - share },
  ];
}
