import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'mysql2/promise';
import pLimit from 'p-limit';
import { withReconnect } from '../../datasource/pool.ts';
import { MillraceError } from '../../errors.ts';
import { type Engine, hasEnded, type StatementStatus, type Submission } from '../engine.ts';
import { openStatementStore, type StoredStatement } from '../statement-store.ts';
import { readSteps } from '../step-status.ts';
import { readLogs } from './logs.ts';
import { runPlan } from './run-plan.ts';
import { isLocked, lockStatement, type StatementLock } from './statement-lock.ts';

export interface LocalEngineOptions {
  readonly pool: Pool;
  /** For the workers, which connect for themselves. */
  readonly dsn: string;
  readonly schema: string;
  readonly volumes: Readonly<Record<string, string>>;
  readonly stateFolder: string;
}

/** How soon a change is seen by who watches, and a cancellation by who runs. */
const pollMs = 200;

const active = ['queued', 'running', 'cancelling'] as const;

interface Running {
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

/** Runs plans as child processes on this machine. What it knows is in the database; this object only holds what runs now. */
export function openLocalEngine(options: LocalEngineOptions): Engine {
  const { pool, schema, stateFolder } = options;
  const store = openStatementStore(pool, schema, 'local');
  const cores = pLimit(availableParallelism());
  const running = new Map<string, Running>();
  const logFolder = (id: string) => join(stateFolder, 'statements', id);

  async function status(id: string): Promise<StatementStatus> {
    return withSteps(await store.read(id));
  }

  async function withSteps(statement: StoredStatement): Promise<StatementStatus> {
    return { ...(await checkAlive(statement)), steps: await readSteps(pool, schema, statement.id) };
  }

  /** A statement that nobody runs has ended since it was read, or its engine has died. */
  async function checkAlive(statement: StoredStatement): Promise<StoredStatement> {
    const { id } = statement;
    if (hasEnded(statement) || running.has(id) || (await isLocked(pool, schema, id))) return statement;
    const now = await store.read(id);
    return hasEnded(now) ? now : { ...now, state: 'interrupted' };
  }

  async function start(id: string, lock: StatementLock): Promise<void> {
    const abort = new AbortController();
    const statement = await store.read(id);
    await store.move(id, ['queued', 'running', 'cancelling', 'failed', 'cancelled'], 'running');
    const ended = runPlan(statement, {
      ...options,
      store,
      logFolder: logFolder(id),
      cores,
      signal: abort.signal,
    })
      .finally(lock.release)
      .finally(() => running.delete(id));
    running.set(id, { abort, ended });
    void stopWhenAsked(id, { abort, ended }, lock);
  }

  /** Lets go of the lock again unless `work` has started the statement. */
  async function withLock(id: string, work: (lock: StatementLock | null) => Promise<boolean>): Promise<void> {
    const lock = await lockStatement(options.dsn, schema, id);
    let started = false;
    try {
      started = await work(lock);
    } finally {
      if (!started) await lock?.release();
    }
  }

  async function stopWhenAsked(id: string, { abort, ended }: Running, lock: StatementLock): Promise<void> {
    for (let over = false; !over; ) {
      const reason = await reasonToStop(id, lock).catch(() => null);
      if (reason !== null) abort.abort(reason);
      over = await Promise.race([ended.then(() => true), sleep(pollMs, false, { ref: false })]);
    }
  }

  /** Another process asks for cancellation by the statement's state; another engine may take over while the database is gone. */
  async function reasonToStop(id: string, lock: StatementLock): Promise<MillraceError | null> {
    if (!(await lock.renew())) return busy(id, 'running in another process');
    const { state } = await store.read(id);
    return state === 'cancelling' ? cancelled(id) : null;
  }

  async function* events(id: string, signal?: AbortSignal): AsyncGenerator<StatementStatus> {
    for (let last = ''; !signal?.aborted; ) {
      const now = await withReconnect(() => status(id), { signal });
      const seen = JSON.stringify(now);
      if (seen !== last) yield now;
      if (hasEnded(now)) return;
      last = seen;
      await sleep(pollMs);
    }
  }

  return {
    async submit(submission: Submission) {
      await withLock(submission.id, async (lock) => {
        if (lock === null || !(await store.insert(submission))) return false;
        await start(submission.id, lock);
        return true;
      });
    },
    status,
    events,
    logs: (id, filter = {}) => readLogs(logFolder(id), filter),
    async cancel(id) {
      running.get(id)?.abort.abort(cancelled(id));
      const { state } = await status(id);
      if (state === 'interrupted') return void (await store.move(id, active, 'cancelled'));
      if (state === 'cancelled' || (await store.move(id, active, 'cancelling'))) return;
      const now = await store.read(id);
      if (now.state !== 'cancelled') throw busy(id, now.state);
    },
    async retry(id) {
      const { state } = await status(id);
      if (!['failed', 'cancelled', 'interrupted'].includes(state)) throw busy(id, state);
      await withLock(id, async (lock) => {
        if (lock === null) throw busy(id, 'running in another process');
        await start(id, lock);
        return true;
      });
    },
    list: async () => Promise.all((await store.list()).map(withSteps)),
    async close() {
      for (const [id, { abort }] of running) abort.abort(cancelled(id));
      await Promise.allSettled([...running.values()].map(({ ended }) => ended));
    },
  };
}

function cancelled(id: string): MillraceError {
  return new MillraceError('CANCELLED', `the statement ${id} was cancelled`, { hint: 'what is done is kept: retry' });
}

function busy(id: string, state: string): MillraceError {
  return new MillraceError('STATEMENT_BUSY', `the statement ${id} is ${state}`, {
    hint: 'retry takes statements that failed, were cancelled or interrupted; cancel takes running ones',
  });
}
