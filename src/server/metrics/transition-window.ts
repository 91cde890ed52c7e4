import type { Transition } from '../../ledger/metric-queries.ts';

/**
 * Finds transitions that were not seen before. Their numbers are assigned in order but committed in any order. So all above the floor
 * are read again and recognized by number, until no transaction with a lower number can still be open.
 */
export interface TransitionWindow {
  /** All transitions up to here have been seen. */
  readonly floor: number;
  /** @param transitions all above the floor, in order. @returns those that were not seen */
  fresh(transitions: readonly Transition[]): readonly Transition[];
  /** @param transitions all above the floor, in order, which now count as seen */
  advance(transitions: readonly Transition[]): void;
}

/** Transactions that write states take milliseconds; they wait for a lock at most 50 s (innodb_lock_wait_timeout). */
const SETTLED_MS = 60_000;

/**
 * @param latest the most recent transitions, in order, which count as seen
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
