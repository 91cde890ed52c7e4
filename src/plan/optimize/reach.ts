import type { States } from '../../programs/predicate/states.ts';
import type { Presence } from './presence.ts';

/** The share of pictures that still need an answer: `reach(E, S)`, for the classes E answered so far and S asked next, as bits. */
export type Reach = (answered: number, asked: number) => number;

/**
 * The probability that the predicate, given the answers for E, still depends on a class in S (FIND.md: r of a step). For each E, shares are
 * summed over the subsets of the open classes once, which makes a look-up cheap.
 */
export function listReach(states: States, presence: Presence): Reach {
  const classes = states.cells.length;
  const all = (1 << classes) - 1;
  const sums = new Array<Float64Array | undefined>(1 << classes);
  return (answered, asked) => {
    sums[answered] ??= subsetSums(dependenceShares(states, presence, answered), classes);
    return Math.max(0, 1 - sums[answered][all & ~asked]!);
  };
}

/** Share of pictures for each set of classes that still matter once E is answered. */
function dependenceShares(states: States, presence: Presence, answered: number): Float64Array {
  const shares = new Float64Array(1 << states.cells.length);
  for (const [state, share] of answeredStates(states, presence, answered)) shares[states.dependence[state]!]! += share;
  return shares;
}

/** The states in which exactly the classes E are answered, with their shares. */
export function answeredStates(
  states: States,
  presence: Presence,
  answered: number,
): Iterable<readonly [number, number]> {
  return presence.kind === 'joint'
    ? presence.pictures.map(({ cells, share }) => [stateOf(states, cells, answered), share] as const)
    : independentStates(states, presence.shares, answered);
}

function stateOf({ cells: sizes, strides }: States, cells: readonly number[], answered: number): number {
  return sizes.reduce((state, size, index) => {
    const digit = (answered & (1 << index)) === 0 ? size : cells[index]!;
    return state + digit * strides[index]!;
  }, 0);
}

function independentStates(
  { cells, strides }: States,
  shares: readonly (readonly number[])[],
  answered: number,
): readonly (readonly [number, number])[] {
  let found: (readonly [number, number])[] = [[0, 1]];
  cells.forEach((size, index) => {
    const stride = strides[index]!;
    if ((answered & (1 << index)) === 0) found = found.map(([state, share]) => [state + size * stride, share]);
    else
      found = found.flatMap(([state, share]) =>
        shares[index]!.map((own, cell) => [state + cell * stride, share * own] as const),
      );
  });
  return found;
}

/** Replaces each value by the sum over all subsets of its index. */
function subsetSums(values: Float64Array, bits: number): Float64Array {
  for (let bit = 1; bit < 1 << bits; bit <<= 1)
    for (let set = 0; set < values.length; set++) if (set & bit) values[set]! += values[set ^ bit]!;
  return values;
}
