import type { Pool } from 'mysql2/promise';
import { countAhead, runningByUser, waitingStatements } from '../ledger/queue.ts';
import type { StoredStatement } from '../ledger/statement-store.ts';

/** The queue of waiting statements. Next is the oldest statement of the user who has the fewest running. */
export interface StatementQueue {
  /** Starts the statements whose turn it is. One that cannot be started waits for the next call. */
  startNext(): Promise<void>;
  /** Whether a queued statement can start without waiting for others of its user. */
  isTurnOf(statement: StoredStatement): Promise<boolean>;
}

export interface QueueOptions {
  readonly pool: Pool;
  readonly schema: string;
  readonly engine: 'local' | 'argo';
  /** Maximum number of running statements per user, on all servers of the database. Servers that start some at the same moment may each exceed it by one. */
  readonly perUser: number;
  /** Whether another statement may run. */
  readonly hasRoom: () => boolean;
  /** Starts a statement. @returns false if another server starts it, or if it is no longer queued */
  readonly begin: (id: string) => Promise<boolean>;
}

export function openQueue({ pool, schema, engine, perUser, hasRoom, begin }: QueueOptions): StatementQueue {
  let starting: Promise<void> | null = null;
  let again = false;

  async function startAll(): Promise<void> {
    if (!hasRoom()) return;
    const queued = await waitingStatements(pool, schema, engine);
    if (queued.length === 0) return;
    const byUser = Map.groupBy(queued, ({ user }) => user);
    const counts = new Map(await runningByUser(pool, schema, engine));
    const countOf = (user: string) => counts.get(user) ?? 0;
    while (hasRoom()) {
      const users = [...byUser.keys()].filter((user) => countOf(user) < perUser);
      const next = users.toSorted((a, b) => countOf(a) - countOf(b))[0];
      if (next === undefined) return;
      const own = byUser.get(next)!;
      const { id } = own.shift()!;
      if (own.length === 0) byUser.delete(next);
      if (await begin(id)) counts.set(next, countOf(next) + 1);
    }
  }

  async function drain(): Promise<void> {
    do {
      again = false;
      await startAll();
    } while (again);
  }

  return {
    startNext() {
      again = true;
      starting ??= drain().finally(() => {
        starting = null;
      });
      return starting;
    },

    isTurnOf: async (statement) =>
      perUser === Number.POSITIVE_INFINITY || (await countAhead(pool, schema, engine, statement)) < perUser,
  };
}
