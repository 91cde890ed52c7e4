import { EventEmitter } from 'node:events';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'mysql2/promise';
import pLimit from 'p-limit';
import type { Accounts } from '../../datasource/accounts.ts';
import type { MillraceError } from '../../errors.ts';
import type { StatementStore, StoredStatement } from '../../ledger/statement-store.ts';
import { statementBusy, statementCancelled } from '../statement-state-errors.ts';
import { type PlanRun, runPlan } from './run-plan.ts';
import type { StatementLock, StatementLocks } from './statement-locks.ts';

/** How many statements run at once. */
export interface RunningLimits {
  /** Of one user, on all servers of the database; servers that begin some at the same moment may run one more each. */
  readonly perUser: number;
  /** In this process. */
  readonly total: number;
}

export interface LocalEngineOptions {
  /** Of the system schema. */
  readonly pool: Pool;
  /** For standard statements, locks and the workers, which connect for themselves. */
  readonly accounts: Accounts;
  readonly schema: string;
  readonly volumes: Readonly<Record<string, string>>;
  readonly stateFolder: string;
  /** Left out: as many as are submitted. */
  readonly running?: RunningLimits | undefined;
  /** So many servers may die with a statement until it is failed; left out: as many as do. */
  readonly serverDeaths?: number | undefined;
}

/** What this process runs. */
export interface RunningStatements {
  has(id: string): boolean;
  size(): number;
  ids(): readonly string[];
  /** Runs it until it has ended, then releases the lock; false: not while this engine closes. */
  begin(
    statement: Pick<StoredStatement, 'id' | 'plan'>,
    lock: StatementLock,
    run: Pick<PlanRun, 'steps' | 'tap' | 'kept'>,
  ): boolean;
  /** Ends it; nothing where it does not run here. */
  stop(id: string, reason: MillraceError): void;
  /** Ends its workers and leaves the statement as it is, unless it cannot go on elsewhere. */
  leave(id: string): void;
  /** Tells the id of each statement that begins to run here, and `over` when one ends. */
  readonly changes: EventEmitter;
  /** Resolves when it runs here no more; undefined: it does not. */
  over(id: string): Promise<void> | undefined;
  /** Begins no more, calls `end` for each and resolves when all are over. */
  close(end: (id: string) => void): Promise<void>;
}

interface Running {
  readonly abort: AbortController;
  readonly leaving: AbortController;
  readonly over: Promise<void>;
}

/** How soon a cancellation by another process is seen, and that another engine has taken over while the database was gone. */
const pollMs = 200;

export function openRunningStatements(
  options: LocalEngineOptions,
  store: StatementStore,
  locks: StatementLocks,
): RunningStatements {
  const cores = pLimit(availableParallelism());
  const running = new Map<string, Running>();
  const changes = new EventEmitter().setMaxListeners(0);
  let watching = false;
  let closing = false;

  async function watch(): Promise<void> {
    if (watching) return;
    watching = true;
    while (running.size > 0) {
      await sleep(pollMs, undefined, { ref: false });
      await stopAsAsked().catch(() => {});
    }
    watching = false;
  }

  async function stopAsAsked(): Promise<void> {
    for (const id of await locks.renew()) stop(id, statementBusy(id, 'running in another process'));
    for (const id of await store.cancelling([...running.keys()])) stop(id, statementCancelled(id));
  }

  function stop(id: string, reason: MillraceError): void {
    running.get(id)?.abort.abort(reason);
  }

  return {
    changes,
    has: (id) => running.has(id),
    size: () => running.size,
    ids: () => [...running.keys()],
    begin(statement, lock, run) {
      if (closing) return false;
      const { id } = statement;
      const [abort, leaving] = [new AbortController(), new AbortController()];
      const logFolder = logFolderOf(options, id);
      const signals = { signal: abort.signal, leaving: leaving.signal };
      const over = runPlan(statement, { ...options, ...run, ...signals, lock, logFolder, cores }).finally(() =>
        running.delete(id),
      );
      void over.then(lock.release).finally(() => changes.emit('over'));
      running.set(id, { abort, leaving, over });
      changes.emit(id);
      void watch();
      return true;
    },
    stop,
    leave: (id) => running.get(id)?.leaving.abort(new Error('left to another engine')),
    over: (id) => running.get(id)?.over,
    async close(end) {
      closing = true;
      for (const id of running.keys()) end(id);
      await Promise.all([...running.values()].map(({ over }) => over));
    },
  };
}

export function logFolderOf({ stateFolder }: LocalEngineOptions, id: string): string {
  return join(stateFolder, 'statements', id);
}
