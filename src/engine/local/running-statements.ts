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

/** Maximum numbers of running statements. */
export interface RunningLimits {
  /** Per user, on all servers of the database. Servers that start some at the same moment may each exceed it by one. */
  readonly perUser: number;
  /** In this process. */
  readonly total: number;
}

export interface LocalEngineOptions {
  /** Connections to the system schema. */
  readonly pool: Pool;
  /** Accounts for standard statements, for locks and for the workers, which open their own connections. */
  readonly accounts: Accounts;
  readonly schema: string;
  readonly volumes: Readonly<Record<string, string>>;
  readonly stateFolder: string;
  /** Default: no limit. */
  readonly running?: RunningLimits | undefined;
  /** Number of servers that may die while they run a statement before it fails. Default: no limit. */
  readonly serverDeaths?: number | undefined;
}

/** The statements that this process runs. */
export interface RunningStatements {
  has(id: string): boolean;
  size(): number;
  ids(): readonly string[];
  /** Runs a statement until it has ended, then releases the lock. @returns false if this engine is closing */
  begin(
    statement: Pick<StoredStatement, 'id' | 'plan'>,
    lock: StatementLock,
    run: Pick<PlanRun, 'steps' | 'tap' | 'kept'>,
  ): boolean;
  /** Stops a statement. Does nothing if it does not run here. */
  stop(id: string, reason: MillraceError): void;
  /** Stops the statement's workers and leaves it as it is, unless no other engine can resume it. */
  leave(id: string): void;
  /** Emits the id of each statement that starts to run here, and `over` when one ends. */
  readonly changes: EventEmitter;
  /** Resolves when the statement no longer runs here; undefined: it does not run here. */
  over(id: string): Promise<void> | undefined;
  /** Starts no more statements, calls `end` for each running one and resolves when all have ended. */
  close(end: (id: string) => void): Promise<void>;
}

interface Running {
  readonly abort: AbortController;
  readonly leaving: AbortController;
  readonly over: Promise<void>;
}

/** Interval at which to look for cancellations by other processes, and for engines that took over while the database was unreachable. */
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
