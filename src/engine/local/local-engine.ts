import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { withReconnect } from '../../datasource/pool.ts';
import { openAdoptions } from '../../ledger/adoptions.ts';
import { activeStates, hasEnded } from '../../ledger/statement-states.ts';
import type { StatementStatus, StepStatus } from '../../ledger/statement-status.ts';
import { openStatementStore, type StoredStatement } from '../../ledger/statement-store.ts';
import { readSteps, readStepsOf } from '../../ledger/step-status.ts';
import type { Engine } from '../engine.ts';
import { listStatements } from '../list-statements.ts';
import { openQueue } from '../statement-queue.ts';
import { statementBusy, statementCancelled } from '../statement-state-errors.ts';
import { readLogs } from './logs.ts';
import { withLostOnes } from './lost-statements.ts';
import { openRecovery } from './recovery.ts';
import { needsSession, sessionLost } from './recovery-decision.ts';
import {
  type LocalEngineOptions,
  logFolderOf,
  openRunningStatements,
  type RunningStatements,
} from './running-statements.ts';
import { openStatementLocks, type StatementLock, withLock } from './statement-locks.ts';

/** Interval at which followers look for changes. */
const pollMs = 200;
/** Maximum time until the lock of a statement that has just ended is released. */
const releaseMs = 2000;

const noLimits = { perUser: Number.POSITIVE_INFINITY, total: Number.POSITIVE_INFINITY };

/** Runs plans as child processes on this machine. All its state is in the database, except for what is currently running. */
export function openLocalEngine(options: LocalEngineOptions): Engine {
  const { pool, accounts, schema } = options;
  const store = openStatementStore(pool, schema, 'local');
  const locks = openStatementLocks(accounts.systemDsn, schema);
  const running = openRunningStatements(options, store, locks);
  const { perUser, total } = options.running ?? noLimits;
  const hasRoom = () => running.size() < total;
  const queue = openQueue({ pool, schema, engine: 'local', perUser, hasRoom, begin });
  const adoptions = openAdoptions(pool, schema);
  const { serverDeaths } = options;
  const recovery = openRecovery({ pool, schema, store, locks, running, queue, adoptions, serverDeaths });
  // If this fails, `keepRecords` tries again.
  const startNext = () => void queue.startNext().catch(() => {});
  running.changes.on('over', startNext);

  async function read(id: string): Promise<StoredStatement> {
    const [statement] = await withLostOnes([await store.read(id)], { store, pool, schema }, running.has);
    return statement!;
  }

  async function status(id: string): Promise<StatementStatus> {
    return { ...(await read(id)), steps: await readSteps(pool, schema, id) };
  }

  async function withSteps(stored: readonly StoredStatement[]): Promise<readonly StatementStatus[]> {
    const statements = await withLostOnes(stored, { store, pool, schema }, running.has);
    const ids = statements.map(({ id }) => id);
    const steps = await readStepsOf(pool, schema, ids);
    return statements.map((statement) => ({ ...statement, steps: steps.get(statement.id) ?? [] }));
  }

  async function* events(id: string, signal?: AbortSignal): AsyncGenerator<StatementStatus> {
    for (let last = ''; !signal?.aborted; ) {
      const over = running.over(id);
      const now = await withReconnect(() => status(id), { signal }).catch((error) => {
        if (!signal?.aborted) throw error;
      });
      if (now === undefined) return;
      const seen = JSON.stringify(now);
      if (seen !== last) yield now;
      if (hasEnded(now)) return;
      last = seen;
      await change(running, id, over, signal);
    }
  }

  /** @returns false if another server starts it, or if it was cancelled */
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

  async function takeLock(id: string): Promise<StatementLock> {
    for (const since = performance.now(); performance.now() - since < releaseMs; await sleep(50)) {
      const lock = await locks.take(id);
      if (lock !== null) return lock;
    }
    throw statementBusy(id, 'running in another process');
  }

  return {
    async submit(submission, here) {
      const { id, server } = submission;
      if (server !== null) {
        await store.insert(submission, 'queued');
        startNext();
        return;
      }
      for (;;) {
        const lock = await locks.take(id);
        if (lock !== null) {
          const run = async () =>
            (await store.insert(submission, 'running')) && running.begin(submission, lock, { ...here, steps: [] });
          return withLock(lock, run);
        }
        // Another process holds the lock: it is storing the statement, or has stored it.
        if (await store.has(id)) return;
        await sleep(50);
      }
    },

    status,
    events,
    logs: (id, filter = {}) => readLogs(logFolderOf(options, id), filter, async () => hasEnded(await read(id))),

    async cancel(id) {
      if (await recovery.cancel(id)) return;
      running.stop(id, statementCancelled(id));
      if (await store.move(id, activeStates, 'cancelling')) return;
      const { state } = await store.read(id);
      if (state !== 'cancelled') throw statementBusy(id, state);
    },

    async retry(id) {
      const { state } = await read(id);
      if (!['failed', 'cancelled', 'interrupted'].includes(state)) throw statementBusy(id, state);
      const lock = await takeLock(id);
      await withLock(lock, async () => {
        const statement = await store.read(id);
        const steps = await readSteps(pool, schema, id);
        if (needsSession(statement.plan, statesToRetry(steps))) throw sessionLost(id, 'its last run ended');
        if (!(await lock.writer.restart(id, [...activeStates, 'failed', 'cancelled'])))
          throw statementBusy(id, statement.state);
        return running.begin(statement, lock, { steps: await readSteps(pool, schema, id) });
      });
    },

    list: (filter = {}) => listStatements(store, filter, withSteps),
    keepRecords: recovery.keep,

    async close({ handOver = false } = {}) {
      running.changes.off('over', startNext);
      if (handOver) await adoptions.forget(running.ids()).catch(() => {});
      await running.close((id) => (handOver ? running.leave(id) : running.stop(id, statementCancelled(id))));
      await locks.close();
    },
  };
}

/** The states of the steps at the start of a retry: steps that have not succeeded are pending. */
function statesToRetry(steps: readonly StepStatus[]): ReadonlyMap<string, StepStatus['state']> {
  return new Map(steps.map(({ name, state }) => [name, state === 'succeeded' ? state : 'pending']));
}

/** Waits until something may have changed. Returns immediately when the statement starts or ends in this process. */
async function change(
  running: RunningStatements,
  id: string,
  over: Promise<void> | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (running.over(id) !== over) return;
  const woken = new AbortController();
  const either = signal === undefined ? woken.signal : AbortSignal.any([signal, woken.signal]);
  const wake = () => woken.abort();
  if (over === undefined) once(running.changes, id, { signal: either }).then(wake, () => {});
  else over.then(wake);
  await sleep(pollMs, undefined, { signal: either }).catch(() => {});
  woken.abort();
}
