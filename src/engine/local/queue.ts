import type { Pool, RowDataPacket } from 'mysql2/promise';
import { quoteTable } from '../../datasource/identifiers.ts';
import { runningStates } from '../../ledger/statement-states.ts';
import type { StatementStore } from '../../ledger/statement-store.ts';
import type { RunningStatements } from './running-statements.ts';
import { type StatementLocks, withLock } from './statement-locks.ts';

/** How many statements run at once. */
export interface RunningLimits {
  /** Of one user, on all servers of the database; servers that begin some at the same moment may run one more each. */
  readonly perUser: number;
  /** In this process. */
  readonly total: number;
}

/** Statements of servers that wait for their turn: of a user the oldest, of users whoever has fewest running. */
export interface StatementQueue {
  /** Begins those whose turn it is; one that cannot be begun waits for the next call. */
  startNext(): Promise<void>;
}

export interface QueueOptions {
  readonly pool: Pool;
  readonly schema: string;
  readonly store: StatementStore;
  readonly locks: StatementLocks;
  readonly running: RunningStatements;
  readonly limits: RunningLimits;
}

interface Waiting {
  readonly id: string;
  readonly user: string;
}

export function openQueue({ pool, schema, store, locks, running, limits }: QueueOptions): StatementQueue {
  const system = (table: string) => quoteTable({ database: schema, table });
  const ours = `NOT EXISTS (SELECT 1 FROM ${system('workflows')} AS w WHERE w.statement_id = s.id)`;
  let starting: Promise<void> | null = null;
  let again = false;

  /** Of each user as many as may run of theirs, the oldest first. */
  async function waiting(): Promise<readonly Waiting[]> {
    const [rows] = await pool.query<RowDataPacket[]>(
      `SELECT s.id, s.submitted_by FROM ${system('statements')} AS s JOIN ${system('submissions')} AS b ON b.statement_id = s.id
       WHERE s.state = 'queued' AND ${ours} ORDER BY s.submitted_at, s.id`,
    );
    return rows.map(({ id, submitted_by }) => ({ id, user: submitted_by }));
  }

  async function runningOf(): Promise<Map<string, number>> {
    const [rows] = await pool.query<RowDataPacket[]>(
      `SELECT s.submitted_by, COUNT(*) AS n FROM ${system('statements')} AS s
       WHERE s.state IN (?) AND ${ours} GROUP BY s.submitted_by`,
      [runningStates],
    );
    return new Map(rows.map(({ submitted_by, n }) => [submitted_by, Number(n)]));
  }

  async function startAll(): Promise<void> {
    if (running.size() >= limits.total) return;
    const queued = await waiting();
    if (queued.length === 0) return;
    const byUser = Map.groupBy(queued, ({ user }) => user);
    const counts = await runningOf();
    const countOf = (user: string) => counts.get(user) ?? 0;
    while (running.size() < limits.total) {
      const users = [...byUser.keys()].filter((user) => countOf(user) < limits.perUser);
      const next = users.toSorted((a, b) => countOf(a) - countOf(b))[0];
      if (next === undefined) return;
      const own = byUser.get(next)!;
      const { id } = own.shift()!;
      if (own.length === 0) byUser.delete(next);
      if (await begin(id)) counts.set(next, countOf(next) + 1);
    }
  }

  /** False: another server begins it, or it was cancelled. */
  async function begin(id: string): Promise<boolean> {
    const lock = await locks.take(id);
    if (lock === null) return false;
    let begun = false;
    await withLock(lock, async () => {
      const statement = await store.read(id);
      begun = (await lock.writer.move(id, ['queued'], 'running')) && running.begin(statement, lock, { steps: [] });
      return begun;
    });
    return begun;
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
  };
}
