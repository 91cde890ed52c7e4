import type { States } from '../../programs/predicate/states.ts';
import type { CascadeStep, Problem } from './problem.ts';
import { answeredStates } from './reach.ts';

/** The shares of pictures for which the predicate is known to hold, and not to hold, once these steps have answered. */
export function decidedAfter(
  steps: readonly CascadeStep[],
  { classes, presence }: Problem,
  states: States,
): { readonly found: number; readonly rejected: number } {
  const asked = new Set(steps.flatMap((step) => step.classes));
  const answered = classes.reduce((set, { name }, index) => (asked.has(name) ? set | (1 << index) : set), 0);
  let [found, rejected] = [0, 0];
  for (const [state, share] of answeredStates(states, presence, answered)) {
    if (states.dependence[state] !== 0) continue;
    // No open class matters, so any of its cells tells the value.
    const whole = states.cells.reduce(
      (rest, size, index) => ((answered & (1 << index)) === 0 ? rest - size * states.strides[index]! : rest),
      state,
    );
    if (states.holds[whole] === 1) found += share;
    else rejected += share;
  }
  return { found, rejected };
}
