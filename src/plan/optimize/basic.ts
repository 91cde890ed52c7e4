import type { Cascade, Problem } from './problem.ts';
import { searchCascades } from './search.ts';

/** The thesis's second strategy (4.4.2): every picture goes through all models, so a plan costs the sum of its models. Exact. */
export function* searchBasic(problem: Problem): Generator<void, readonly Cascade[]> {
  return yield* searchCascades(problem, { reach: () => 1, anyOrder: true });
}
