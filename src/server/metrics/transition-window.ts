import type { Transition } from '../../ledger/metric-queries.ts';

/**
 * Tells transitions that were not seen before. Their numbers are given out in order but committed in any: of those above the floor
 * all are asked for again and known by their number, until no transaction with a lower one can be open any more.
 */
export interface TransitionWindow {
  /** All transitions up to here have been seen. */
  readonly floor: number;
  /** @param transitions all above the floor, in their order. @returns those that were not seen */
  fresh(transitions: readonly Transition[]): readonly Transition[];
  /** All above the floor, in their order, have now been seen. */
  advance(transitions: readonly Transition[]): void;
}

/** Transactions that write states take milliseconds; a lock is waited for 50 s at most (innodb_lock_wait_timeout). */
const SETTLED_MS = 60_000;

/**
 * @param latest the last transitions of all, in their order: they count as seen
 * @param now ms
 */
export function openTransitionWindow(latest: readonly Transition[], now = Date.now): TransitionWindow {
  let floor = (latest[0]?.number ?? 1) - 1;
  let seen: ReadonlyMap<number, number> = new Map();
  const advance = (transitions: readonly Transition[]) => {
    const at = now();
    const times = transitions.map(({ number }) => [number, seen.get(number) ?? at] as const);
    const open = times.findIndex(([, time]) => at - time < SETTLED_MS);
    const settled = open === -1 ? times : times.slice(0, open);
    floor = settled.at(-1)?.[0] ?? floor;
    seen = new Map(times.slice(settled.length));
  };
  advance(latest);
  return {
    get floor() {
      return floor;
    },
    fresh: (transitions) => transitions.filter(({ number }) => !seen.has(number)),
    advance,
  };
}
