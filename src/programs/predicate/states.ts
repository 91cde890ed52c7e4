import { type AskedClass, type Predicate, truthOf } from './predicate.ts';

/**
 * Everything that can be known about a picture: for each class one of its cells, or that it has not been asked yet. A state is a number in
 * mixed radix: the digit of class i is its cell, or `cells[i]` if it is open, and has the weight `strides[i]`.
 */
export interface States {
  /** Number of cells of each class. */
  readonly cells: readonly number[];
  readonly strides: readonly number[];
  readonly count: number;
  /** For each state, the classes that can still change the predicate's value, as bits. */
  readonly dependence: Uint32Array;
  /** For each state without open classes, whether the predicate holds; 0 elsewhere. */
  readonly holds: Uint8Array;
}

/** Maximum number of states for which every plan is examined: ten classes of two cells have 59,049. */
const mostStates = 60_000;

/** @returns null if there are too many states to list them */
export function listStates(predicate: Predicate, classes: readonly AskedClass[]): States | null {
  const cells = classes.map(({ starts }) => starts.length + 1);
  const strides: number[] = [];
  let count = 1;
  for (const size of cells) {
    strides.push(count);
    count *= size + 1;
    if (count > mostStates) return null;
  }
  const states = { cells, strides, count, dependence: new Uint32Array(count), holds: new Uint8Array(count) };
  fillHolds(states, predicate, classes);
  fillDependence(states);
  return states;
}

function fillHolds(
  { cells, strides, count, holds }: States,
  predicate: Predicate,
  classes: readonly AskedClass[],
): void {
  const indexes = new Map(classes.map(({ name }, index) => [name, index]));
  for (let state = 0; state < count; state++) {
    if (cells.some((size, index) => digitOf(state, strides[index]!, size) === size)) continue;
    const countOf = (name: string) => {
      const index = indexes.get(name)!;
      const cell = digitOf(state, strides[index]!, cells[index]!);
      return cell === 0 ? 0 : classes[index]!.starts[cell - 1]!;
    };
    holds[state] = truthOf(predicate, countOf) ? 1 : 0;
  }
}

/**
 * A class can change the value if it can for some answer of another open class; with no other open class, if its own cells differ. States
 * are visited in ascending order, so that those with one answer more come first.
 */
function fillDependence(states: States): void {
  const { cells, strides, count, dependence, holds } = states;
  for (let state = 0; state < count; state++) {
    const open = cells.flatMap((size, index) => (digitOf(state, strides[index]!, size) === size ? [index] : []));
    const [first, second] = open;
    if (first === undefined) continue;
    if (second === undefined) {
      const values = answersOf(states, state, first).map((answered) => holds[answered]!);
      dependence[state] = values.some((value) => value !== values[0]) ? 1 << first : 0;
    } else {
      const others = afterAnswers(states, state, first) & ~(1 << first);
      dependence[state] = others | (afterAnswers(states, state, second) & (1 << first));
    }
  }
}

function afterAnswers(states: States, state: number, index: number): number {
  return answersOf(states, state, index).reduce((mask, answered) => mask | states.dependence[answered]!, 0);
}

/** The states after each answer for an open class. */
function answersOf({ cells, strides }: States, state: number, index: number): readonly number[] {
  const size = cells[index]!;
  return Array.from({ length: size }, (_, cell) => state - (size - cell) * strides[index]!);
}

function digitOf(state: number, stride: number, size: number): number {
  return Math.floor(state / stride) % (size + 1);
}
