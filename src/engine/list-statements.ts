import type { StatementState } from '../ledger/statement-states.ts';
import { activeStates } from '../ledger/statement-states.ts';
import type { StatementFilter, StatementStatus } from '../ledger/statement-status.ts';
import type { StatementStore, StoredStatement } from '../ledger/statement-store.ts';

const pageSize = 100;

/**
 * A page of statements with their current status. The stored state of an active statement may be outdated: `now` returns the current
 * one, by which the page is filtered again.
 */
export async function listStatements(
  store: StatementStore,
  filter: StatementFilter,
  now: (page: readonly StoredStatement[]) => Promise<readonly StatementStatus[]>,
): Promise<readonly StatementStatus[]> {
  const { states, limit = pageSize } = filter;
  if (states?.length === 0) return [];
  const found: StatementStatus[] = [];
  for (let after = filter.after; ; ) {
    const page = await store.list({ ...filter, states: states && storedStates(states), after, limit });
    found.push(...(await now(page)).filter(({ state }) => states === undefined || states.includes(state)));
    after = page.at(-1);
    if (page.length < limit || found.length >= limit) return found.slice(0, limit);
  }
}

const uncertain: readonly StatementState[] = [...activeStates, 'interrupted'];

/** The stored states that a statement in one of these states may have. */
function storedStates(states: readonly StatementState[]): readonly StatementState[] {
  return states.some((state) => uncertain.includes(state)) ? [...new Set([...states, ...activeStates])] : states;
}

type Submitted = Pick<StatementStatus, 'submittedAt' | 'id'>;

/** The order of every list of statements. */
export function newestFirst(a: Submitted, b: Submitted): number {
  return compare(b.submittedAt, a.submittedAt) || compare(b.id, a.id);
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
