import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'mysql2/promise';
import pLimit from 'p-limit';
import { MillraceError } from '../../errors.ts';
import { type Engine, hasEnded, type QueryRows, type StatementStatus, type Submission } from '../engine.ts';
import { openStatementStore, type StoredStatement } from '../statement-store.ts';
import { readSteps } from '../step-status.ts';
import { readLogs } from './logs.ts';
import { runPlan } from './run-plan.ts';
import { holdStatement, isHeld } from './statement-lock.ts';

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

/** Runs plans as child processes on this machine. What it knows is in the database; this object only holds what runs now. */
export function openLocalEngine(options: LocalEngineOptions): Engine {
  const { pool, schema, stateFolder } = options;
  const store = openStatementStore(pool, schema, 'local');
  const cores = pLimit(availableParallelism());
  const running = new Map<string, { readonly abort: AbortController; readonly ended: Promise<void> }>();
  const logFolder = (id: string) => join(stateFolder, 'statements', id);

  async function withSteps(statement: StoredStatement): Promise<StatementStatus> {
    const alive = running.has(statement.id) || hasEnded(statement) || (await isHeld(pool, schema, statement.id));
    const state = alive ? statement.state : 'interrupted';
    return { ...statement, state, steps: await readSteps(pool, schema, statement.id) };
  }

  async function start(id: string, onRows: (rows: QueryRows) => void): Promise<void> {
    const release = await holdStatement(pool, schema, id);
    if (release === null) throw busy(id, 'running in another process');
    const abort = new AbortController();
    const statement = await store.read(id);
    await store.move(id, ['queued', 'running', 'cancelling', 'failed', 'cancelled'], 'running');
    const ended = runPlan(statement, {
      ...options,
      store,
      logFolder: logFolder(id),
      cores,
      signal: abort.signal,
      onRows,
    })
      .finally(release)
      .finally(() => running.delete(id));
    running.set(id, { abort, ended });
    void followCancellation(id, abort, ended);
  }

  /** Another process asks for cancellation by the statement's state. */
  async function followCancellation(id: string, abort: AbortController, ended: Promise<void>): Promise<void> {
    for (let over = false; !over; ) {
      const state = await store.read(id).then(
        ({ state }) => state,
        () => 'running',
      );
      if (state === 'cancelling') abort.abort();
      over = await Promise.race([ended.then(() => true), sleep(pollMs, false, { ref: false })]);
    }
  }

  async function* events(id: string, signal?: AbortSignal): AsyncGenerator<StatementStatus> {
    for (let last = ''; !signal?.aborted; ) {
      const status = await withSteps(await store.read(id));
      const seen = JSON.stringify(status);
      if (seen !== last) yield status;
      if (hasEnded(status)) return;
      last = seen;
      await sleep(pollMs);
    }
  }

  return {
    async submit(submission: Submission) {
      if (await store.insert(submission)) await start(submission.id, submission.onRows ?? (() => {}));
    },
    status: async (id) => withSteps(await store.read(id)),
    events,
    logs: (id, filter = {}) => readLogs(logFolder(id), filter),
    async cancel(id) {
      const { state } = await withSteps(await store.read(id));
      if (state === 'interrupted') return void (await store.move(id, active, 'cancelled'));
      if (!(await store.move(id, ['queued', 'running', 'cancelling'], 'cancelling'))) throw busy(id, state);
      running.get(id)?.abort.abort();
    },
    async retry(id) {
      const { state } = await withSteps(await store.read(id));
      if (!['failed', 'cancelled', 'interrupted'].includes(state)) throw busy(id, state);
      await start(id, () => {});
    },
    list: async () => Promise.all((await store.list()).map(withSteps)),
    async close() {
      for (const { abort } of running.values()) abort.abort();
      await Promise.allSettled([...running.values()].map(({ ended }) => ended));
    },
  };
}

function busy(id: string, state: string): MillraceError {
  return new MillraceError('STATEMENT_BUSY', `the statement ${id} is ${state}`, {
    hint: 'retry takes statements that failed, were cancelled or interrupted; cancel takes running ones',
  });
}
