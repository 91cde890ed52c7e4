import type { States } from '../../programs/predicate/states.ts';
import type { Cascade, Problem } from './problem.ts';
import { listReach } from './reach.ts';
import { searchCascades } from './search.ts';

/** The thesis's third strategy (4.4.2): a model sees only the pictures that still depend on its classes. Exact. */
export function* searchOrder(problem: Problem, states: States): Generator<void, readonly Cascade[]> {
  return yield* searchCascades(problem, { reach: listReach(states, problem.presence), anyOrder: false });
}
