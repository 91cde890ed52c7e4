import type { States } from '../../programs/predicate/states.ts';
import type { Cascade, Problem } from './problem.ts';
import { answeredStates } from './reach.ts';

/**
 * P(f(Y) = f(X)) for the cells X of a picture and the answers Y of a plan: the answer for a class is wrong with probability 1 − a, and
 * then each of its other cells is equally likely (FIND.md: agreement).
 */
export function agreementOf({ steps }: Cascade, { classes, presence }: Problem, states: States): number {
  const full = (1 << classes.length) - 1;
  let likely = Float64Array.from(states.holds);
  classes.forEach(({ name }, index) => {
    const step = steps.find((candidate) => candidate.classes.includes(name));
    const right = step?.model.accuracies.get(name) ?? 1;
    likely = spread(likely, states, index, right);
  });
  let agreement = 0;
  for (const [state, share] of answeredStates(states, presence, full))
    agreement += share * (states.holds[state] === 1 ? likely[state]! : 1 - likely[state]!);
  return agreement;
}

/** Replaces the value of each state by its mean over the answers for a class. */
function spread(
  values: Float64Array<ArrayBuffer>,
  { cells, strides }: States,
  index: number,
  right: number,
): Float64Array<ArrayBuffer> {
  const [size, stride] = [cells[index]!, strides[index]!];
  const wrong = (1 - right) / (size - 1);
  const spreadOut = new Float64Array(values.length);
  for (let state = 0; state < values.length; state++) {
    const cell = Math.floor(state / stride) % (size + 1);
    if (cell === size) continue;
    for (let other = 0; other < size; other++)
      spreadOut[state]! += (other === cell ? right : wrong) * values[state + (other - cell) * stride]!;
  }
  return spreadOut;
}
