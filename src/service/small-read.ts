import type { Pool } from 'mysql2/promise';
import type { Accounts } from '../datasource/accounts.ts';
import { openReadSessions, type ReadRows } from '../datasource/read-sessions.ts';
import { openReadHistory } from '../ledger/read-history.ts';
import type { StatementStatus, Submission } from '../ledger/statement-status.ts';
import { sqlStep } from '../plan/step-facts.ts';
import { openFairGate } from './fair-gate.ts';
import { isNew } from './recent-ids.ts';

/**
 * Answers small queries without the queue, the lock and the session of a statement. Those that have succeeded are recorded as statements
 * soon after.
 */
export interface SmallReads {
  /**
   * @param seconds how long the client waits
   * @returns null: the engine has to run it, because it is no such query, it failed, or it takes too long or returns too much
   */
  answer(submission: Submission, seconds: number): Promise<AnsweredStatement | null>;
  /** Resolves once the statements answered so far are recorded. @param id only if this statement is among them */
  recorded(id?: string): Promise<void>;
  end(): Promise<void>;
}

export interface AnsweredStatement {
  readonly status: StatementStatus;
  readonly result: ReadRows;
}

/** A query that takes longer is run again by the engine, which does not make it much later. */
const mostSeconds = 0.5;

/** JSON of the rows. */
const mostBytes = 64 * 1024;

/** Queries that run at the same time; the users with further ones take turns. */
const atOnce = 8;

export function openSmallReads(
  accounts: Accounts,
  pool: Pool,
  schema: string,
  onError: (error: unknown) => void,
): SmallReads {
  const users = openReadSessions(accounts.dsn, atOnce);
  const readers = accounts.readerDsn === accounts.dsn ? users : openReadSessions(accounts.readerDsn, atOnce);
  const history = openReadHistory(pool, schema, onError);
  const gate = openFairGate(atOnce);

  /** null: it failed, and the engine finds out why. */
  async function read(submission: Submission, sql: string, seconds: number): Promise<ReadRows | null> {
    const sessions = submission.server?.readOnly ? readers : users;
    const bytes = Math.min(mostBytes, submission.server?.resultBytes ?? mostBytes);
    const signal = AbortSignal.timeout(Math.ceil(seconds * 1000));
    return sessions.read(sql, { signal, mostBytes: bytes }).catch(() => null);
  }

  return {
    async answer(submission, seconds) {
      const [step, ...others] = submission.plan.steps;
      const query = step === undefined ? null : sqlStep(step);
      if (query?.onlyReads !== true || others.length > 0 || history.isFull()) return null;
      const submitted = performance.now();
      const most = Math.min(mostSeconds, seconds, submission.server?.statementSeconds ?? mostSeconds);
      return gate.run(submission.submittedBy, async () => {
        const started = performance.now();
        const result = await read(submission, query.sql, most);
        if (result === null) return null;
        const finished = performance.now();
        const times = await history
          .record({ submission, step: query.name, result, submitted, started, finished })
          .catch(() => null);
        // Other servers do not wait long for what is recorded after the answer.
        if (!isNew(submission.id)) await history.written(submission.id);
        return times === null ? null : { status: { ...times, ...succeeded(submission, query.name) }, result };
      });
    },
    recorded: history.written,
    async end() {
      await history.written();
      await Promise.all([...new Set([users, readers])].map((sessions) => sessions.end()));
    },
  };
}

function succeeded(
  { id, text, plan, submittedBy }: Submission,
  step: string,
): Omit<StatementStatus, 'submittedAt' | 'startedAt' | 'finishedAt'> {
  const unused = { error: null, rows: null, affectedRows: null, startedAt: null, partitions: [], timings: null };
  const steps = [{ name: step, state: 'succeeded' as const, ...unused }];
  return { id, text, plan, submittedBy, state: 'succeeded', error: null, hasWorkflow: false, steps };
}
