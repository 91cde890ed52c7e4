import type { Presence } from '../../../src/plan/optimize/presence.ts';
import { type AskedClass, cellOf, type Predicate } from '../../../src/programs/predicate/predicate.ts';

export const has = (name: string): Predicate => ({ kind: 'count', class: name, least: 1, most: null });
export const counts = (name: string, least: number, most: number | null): Predicate => ({
  kind: 'count',
  class: name,
  least,
  most,
});
export const not = (of: Predicate): Predicate => ({ kind: 'not', of });
export const all = (...of: readonly Predicate[]): Predicate => ({ kind: 'all', of });
export const any = (...of: readonly Predicate[]): Predicate => ({ kind: 'any', of });

/** The presence of each class alone, in pictures whose objects are known. */
export function independentPresence(
  classes: readonly AskedClass[],
  pictures: readonly ReadonlyMap<string, number>[],
): Presence {
  const shares = classes.map((asked) => {
    const own = new Array<number>(asked.starts.length + 1).fill(0);
    for (const shown of pictures) own[cellOf(asked, shown.get(asked.name) ?? 0)]! += 1 / pictures.length;
    return own;
  });
  return { kind: 'independent', shares };
}

/** Runs a search without pausing. */
export function toEnd<Result>(search: Generator<void, Result>): Result {
  for (;;) {
    const { done, value } = search.next();
    if (done) return value;
  }
}
