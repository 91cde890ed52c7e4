import { setTimeout as sleep } from 'node:timers/promises';
import { withReconnect } from '../../datasource/pool.ts';
import { mayPass } from '../../errors.ts';
import { hasEnded } from '../../ledger/statement-states.ts';
import type { StatementStatus } from '../../ledger/statement-status.ts';
import { workflowName } from '../../workflow/workflow-name.ts';
import type { EngineParts } from './engine-parts.ts';
import type { StatementSearch } from './find-statement.ts';
import type { StatementSettlement } from './settle-statement.ts';
import { withTrouble } from './status/trouble.ts';
import { type WatchedWorkflow, watchWorkflow } from './workflows/watched-workflow.ts';
import { isCompleted } from './workflows/workflows.ts';

/** Maximum delay until a follower sees new rows. They are in the ledger, which cannot be watched. */
const ledgerMs = 500;

export interface FollowOptions {
  readonly parts: EngineParts;
  readonly search: StatementSearch;
  readonly settlement: StatementSettlement;
  readonly signal: AbortSignal;
}

/** The status now and after each change, until the statement has ended or the signal is aborted. */
export async function* followStatement(id: string, options: FollowOptions): AsyncGenerator<StatementStatus> {
  const { parts, search, settlement, signal } = options;
  const first = await search.status(id);
  yield first;
  if (hasEnded(first)) return;
  const attempt = await parts.attempts.read(id);
  const leaving = new AbortController();
  const over = AbortSignal.any([leaving.signal, signal]);
  const watched = watchWorkflow(parts.workflows.follow(workflowName(id, attempt), over));
  try {
    for (let last = JSON.stringify(first); ; ) {
      const pause = sleep(ledgerMs, undefined, { signal: over });
      await Promise.race([watched.changed(), pause]).catch(throwUnless(over));
      const now = await withReconnect(() => statusNow(id, attempt, watched, parts, settlement), { signal: over }).catch(
        throwUnless(over),
      );
      if (over.aborted) return;
      const status = withTrouble(now ?? first, watched.trouble);
      const seen = JSON.stringify(status);
      if (seen !== last) yield status;
      if (hasEnded(status)) return;
      // The statement goes on in the workflow of a later attempt.
      if (watched.latest && isCompleted(watched.latest)) return yield* followStatement(id, options);
      last = seen;
    }
  } finally {
    leaving.abort();
  }
}

/** @returns undefined if the workflow has not been seen yet */
async function statusNow(
  id: string,
  attempt: number,
  { latest }: WatchedWorkflow,
  { store, workflows }: EngineParts,
  { settle, stored }: StatementSettlement,
): Promise<StatementStatus | undefined> {
  if (latest === undefined) return undefined;
  const statement = await store.read(id);
  if (latest === null && hasEnded(statement)) return stored(statement);
  if (latest !== null || statement.state === 'queued') return settle(statement, attempt, latest);
  // It may have been created since the watch reported that it does not exist.
  const workflow = await workflows.read(workflowName(id, attempt)).catch(throwUnlessPassing);
  return workflow === undefined ? undefined : settle(statement, attempt, workflow);
}

function throwUnlessPassing(error: unknown): undefined {
  if (!mayPass(error)) throw error;
}

function throwUnless(over: AbortSignal): (error: unknown) => undefined {
  return (error) => {
    if (!over.aborted) throw error;
  };
}
