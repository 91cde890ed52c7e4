/**
 * What a picture must show. A leaf asks for the number of objects of a class: at least `least`, at most `most`; `most` is null if there is
 * no upper limit.
 */
export type Predicate =
  | { readonly kind: 'count'; readonly class: string; readonly least: number; readonly most: number | null }
  | { readonly kind: 'not'; readonly of: Predicate }
  | { readonly kind: 'all' | 'any'; readonly of: readonly Predicate[] };

export type CountPredicate = Extract<Predicate, { readonly kind: 'count' }>;

/**
 * A class that a predicate asks for. Its counts fall into cells that the predicate does not tell apart: cell 0 begins at 0 objects, and cell
 * i at `starts[i - 1]`.
 */
export interface AskedClass {
  readonly name: string;
  readonly starts: readonly number[];
}

/** The classes in the order in which the predicate first names them. */
export function askedClasses(predicate: Predicate): readonly AskedClass[] {
  const starts = new Map<string, Set<number>>();
  for (const { class: name, least, most } of leavesOf(predicate)) {
    const own = starts.get(name) ?? new Set();
    starts.set(name, own);
    if (least > 0) own.add(least);
    if (most !== null) own.add(most + 1);
  }
  return [...starts].map(([name, own]) => ({ name, starts: [...own].sort((a, b) => a - b) }));
}

/** Whether the predicate asks for more of the class than whether there is one. */
export function countsObjects({ starts }: AskedClass): boolean {
  return starts.some((start) => start !== 1);
}

/** The cell of a number of objects. */
export function cellOf({ starts }: AskedClass, count: number): number {
  const next = starts.findIndex((start) => count < start);
  return next === -1 ? starts.length : next;
}

/** @param countOf number of objects of a class; null: not known yet. @returns null if the unknown numbers decide, as far as its form tells */
export function truthOf(predicate: Predicate, countOf: (name: string) => number | null): boolean | null {
  switch (predicate.kind) {
    case 'count': {
      const count = countOf(predicate.class);
      if (count === null) return null;
      return count >= predicate.least && (predicate.most === null || count <= predicate.most);
    }
    case 'not': {
      const value = truthOf(predicate.of, countOf);
      return value === null ? null : !value;
    }
    default: {
      const decisive = predicate.kind === 'any';
      const values = predicate.of.map((part) => truthOf(part, countOf));
      if (values.includes(decisive)) return decisive;
      return values.includes(null) ? null : !decisive;
    }
  }
}

/**
 * The classes that a predicate still names once the parts with known values are left out. If it names a class only once, these are the
 * classes that can change its value. @param countOf number of objects of a class; null: not known yet
 */
export function openClasses(predicate: Predicate, countOf: (name: string) => number | null): ReadonlySet<string> {
  return new Set(namesOf(predicate, countOf));
}

function namesOf(predicate: Predicate, countOf: (name: string) => number | null): readonly string[] {
  if (truthOf(predicate, countOf) !== null) return [];
  if (predicate.kind === 'count') return [predicate.class];
  if (predicate.kind === 'not') return namesOf(predicate.of, countOf);
  return predicate.of.flatMap((part) => namesOf(part, countOf));
}

export function* leavesOf(predicate: Predicate): Generator<CountPredicate> {
  if (predicate.kind === 'count') yield predicate;
  else if (predicate.kind === 'not') yield* leavesOf(predicate.of);
  else for (const part of predicate.of) yield* leavesOf(part);
}
