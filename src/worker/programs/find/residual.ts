import type { CascadeSetting } from '../../../programs/cascade.ts';
import { askedClasses, cellOf, openClasses, type Predicate, truthOf } from '../../../programs/predicate/predicate.ts';
import { listStates } from '../../../programs/predicate/states.ts';
import type { OutputRow } from '../../row-program.ts';

/** Number of objects of each class that has been answered. */
export type Counts = ReadonlyMap<string, number>;

/** What remains to be asked about a picture, by what has been answered. */
export interface Residual {
  /** The place in the cascade of the model to ask next; null: the picture is decided. */
  next(counts: Counts): number | null;
  /** The picture's row, once it is decided; null: it does not show what is asked for. */
  row(counts: Counts): OutputRow | null;
}

/** A model is asked while the predicate, given the answers so far, still depends on a class whose answer it gives. */
export function residualOf({ predicate, models }: CascadeSetting): Residual {
  const names = askedClasses(predicate).map(({ name }) => name);
  const dependence = dependenceOf(predicate);
  return {
    next: (counts) => {
      const open = dependence(counts);
      const next = models.findIndex(({ classes }) => classes.some((name) => open.has(name)));
      return next === -1 ? null : next;
    },
    // The value is the same whatever the open classes are.
    row: (counts) =>
      truthOf(predicate, (name) => counts.get(name) ?? 0) ? names.map((name) => counts.get(name) ?? null) : null,
  };
}

/** The open classes on which the predicate depends: exactly, unless its classes have too many states to list. */
function dependenceOf(predicate: Predicate): (counts: Counts) => ReadonlySet<string> {
  const classes = askedClasses(predicate);
  const states = listStates(predicate, classes);
  if (states === null) return (counts) => openClasses(predicate, (name) => counts.get(name) ?? null);
  const { cells, strides, dependence } = states;
  const sets = new Map<number, ReadonlySet<string>>();
  const namesIn = (bits: number): ReadonlySet<string> => {
    const known = sets.get(bits);
    if (known !== undefined) return known;
    const named = new Set(classes.flatMap(({ name }, index) => (bits & (1 << index) ? [name] : [])));
    sets.set(bits, named);
    return named;
  };
  return (counts) => {
    let state = 0;
    for (const [index, asked] of classes.entries()) {
      const count = counts.get(asked.name);
      state += strides[index]! * (count === undefined ? cells[index]! : cellOf(asked, count));
    }
    return namesIn(dependence[state]!);
  };
}
