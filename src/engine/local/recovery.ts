import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'mysql2/promise';
import { errorRecord, MillraceError } from '../../errors.ts';
import type { Adoptions } from '../../ledger/adoptions.ts';
import { readSubmission } from '../../ledger/history.ts';
import { abandonedStatements } from '../../ledger/lock-names.ts';
import { activeStates, hasEnded } from '../../ledger/statement-states.ts';
import type { StatementStatus } from '../../ledger/statement-status.ts';
import type { StatementStore } from '../../ledger/statement-store.ts';
import { readSteps } from '../../ledger/step-status.ts';
import type { StatementQueue } from '../statement-queue.ts';
import { decideRecovery, type Recovery } from './recovery-decision.ts';
import type { RunningStatements } from './running-statements.ts';
import { type StatementLock, type StatementLocks, withLock } from './statement-locks.ts';

/** Number of server deaths from which a statement runs alone: any of the statements that a dead server ran may have killed it. */
const suspectFrom = 2;

export interface RecoveryOptions {
  readonly pool: Pool;
  readonly schema: string;
  readonly store: StatementStore;
  readonly locks: StatementLocks;
  readonly running: RunningStatements;
  readonly queue: StatementQueue;
  readonly adoptions: Adoptions;
  readonly serverDeaths: number | undefined;
}

/** Recovers statements whose engine has died. */
export interface StatementRecovery {
  /** Takes over statements that servers submitted, until the signal is aborted. */
  keep(signal: AbortSignal, onError: (error: unknown) => void): Promise<void>;
  /** Cancels a statement that no process runs. @returns false if a process runs it, or if it has ended with another state */
  cancel(id: string): Promise<boolean>;
}

/** Interval at which to look for statements. Its jitter keeps servers from looking at the same moment. */
const lookMs = { least: 1500, most: 2500 };
/** Time within which an engine that lost its connection takes its locks again. */
const renewedMs = 1000;

export function openRecovery(options: RecoveryOptions): StatementRecovery {
  const { pool, schema, store, locks, running, queue, adoptions, serverDeaths = Number.POSITIVE_INFINITY } = options;
  const suspects = new Set<string>();
  const statusOf = async (id: string): Promise<StatementStatus> => ({
    ...(await store.read(id)),
    steps: await readSteps(pool, schema, id),
  });

  async function takeOnAll(signal: AbortSignal, onError: (error: unknown) => void): Promise<void> {
    const seen = await abandonedStatements(pool, schema);
    if (seen.length === 0) return;
    await sleep(renewedMs, undefined, { signal });
    const still = await abandonedStatements(pool, schema);
    for (const id of still.filter((id) => seen.includes(id))) {
      if (signal.aborted) return;
      await takeOn(id).catch(onError);
    }
  }

  async function takeOn(id: string): Promise<void> {
    const lock = await locks.take(id);
    if (lock === null) return;
    await withLock(lock, async () => {
      const [statement, server] = [await statusOf(id), await readSubmission(pool, schema, id)];
      if (hasEnded(statement) || server === null) return false;
      const deaths = 1 + (await adoptions.count(id, statement.steps));
      if (deaths >= serverDeaths && statement.state !== 'cancelling') {
        const step = statement.steps.find(({ state }) => state === 'running')?.name ?? null;
        await end(statement, { kind: 'ends', state: 'failed', error: errorRecord(serversDied(deaths)), step }, lock);
        return false;
      }
      const isSuspect = deaths >= suspectFrom;
      if (isSuspect && [...suspects].some((other) => running.has(other))) return false;
      await adoptions.add(id, statement.steps);
      const decided = decideRecovery(statement, server);
      if (decided.kind === 'ends') {
        await end(statement, decided, lock);
        return false;
      }
      if (isSuspect) suspects.add(id);
      return running.begin(statement, lock, { steps: statement.steps });
    });
  }

  return {
    async keep(signal, onError) {
      while (!signal.aborted) {
        await queue.startNext().catch((error) => !signal.aborted && onError(error));
        await takeOnAll(signal, onError).catch((error) => !signal.aborted && onError(error));
        const pause = lookMs.least + Math.random() * (lookMs.most - lookMs.least);
        await sleep(pause, undefined, { signal }).catch(() => {});
      }
    },

    async cancel(id) {
      if (running.has(id)) return false;
      const lock = await locks.take(id);
      if (lock === null) return false;
      try {
        const statement = await statusOf(id);
        if (hasEnded(statement)) return statement.state === 'cancelled';
        const decided = decideRecovery({ ...statement, state: 'cancelling' }, { readOnly: true });
        if (decided.kind === 'ends') await end(statement, decided, lock);
        return true;
      } finally {
        await lock.release();
      }
    },
  };
}

/** If this is interrupted, the next attempt comes to the same decision. */
async function end(
  { id, steps }: StatementStatus,
  { state, error, step }: Extract<Recovery, { kind: 'ends' }>,
  { writer }: StatementLock,
): Promise<void> {
  if (step !== null) await writer.moveStep(id, step, 'failed', error);
  for (const { name } of steps.filter((other) => other.state === 'running' && other.name !== step)) {
    await writer.moveStep(
      id,
      name,
      state === 'cancelled' ? 'cancelled' : 'pending',
      state === 'cancelled' ? error : null,
    );
  }
  await writer.move(id, activeStates, state, error);
}

function serversDied(deaths: number): MillraceError {
  return new MillraceError('SERVERS_DIED', `${deaths} servers in a row died while they ran this statement`);
}
