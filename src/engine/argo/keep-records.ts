import { setTimeout as sleep } from 'node:timers/promises';
import { withReconnect } from '../../datasource/pool.ts';
import { hasEnded, runningStates } from '../../ledger/statement-states.ts';
import { labelInName, statementLabel } from '../../workflow/workflow-name.ts';
import type { StatementQueue } from '../statement-queue.ts';
import type { EngineParts } from './engine-parts.ts';
import type { StatementSearch } from './find-statement.ts';
import type { ObjectEvent } from './kubernetes/list-and-watch.ts';
import { keepLogs } from './logs/keep-logs.ts';
import type { WorkflowName } from './workflows/workflows.ts';

/** Interval at which to look for statements that are queued, or whose process died before it created or stopped their workflow. */
const lookMs = 10_000;

export interface RecordKeeping {
  readonly parts: EngineParts;
  readonly search: StatementSearch;
  readonly queue: StatementQueue;
}

/** Until the signal is aborted: stores how statements ended that nobody follows, and their logs, starts queued ones and stops cancelled ones. */
export async function keepRecords(
  { parts, search, queue }: RecordKeeping,
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<void> {
  const { store, workflows } = parts;

  async function settle(id: string): Promise<void> {
    const statement = await store.read(id);
    if (!hasEnded(statement)) await search.statusOf(statement);
  }

  async function recordEnds(): Promise<void> {
    const again = (work: () => Promise<void>) =>
      withReconnect(work, { signal }).catch((error) => !signal.aborted && onError(error));
    for await (const event of workflows.followOpen(signal)) {
      if (event.type === 'listed') await again(() => search.adopt(event.objects));
      if (event.type === 'changed') await again(() => search.adopt([event.object]));
      if (event.type !== 'listed' && event.type !== 'deleted') continue;
      await again(async () => {
        for (const id of await endedMeanwhile(event)) await again(() => settle(id));
      });
      await again(() => queue.startNext());
    }
  }

  /** Statements whose workflow has completed or is gone while their row says that they run. */
  async function endedMeanwhile(event: ObjectEvent<WorkflowName>): Promise<readonly string[]> {
    const running = await store.idsIn(runningStates);
    if (event.type === 'listed') {
      const open = new Set(event.objects.map(({ metadata }) => labelInName(metadata.name)));
      return running.filter((id) => !open.has(statementLabel(id)));
    }
    const label = event.type === 'deleted' ? labelInName(event.object.metadata.name) : null;
    return running.filter((id) => statementLabel(id) === label);
  }

  /** Nothing may change in a workflow whose pod waits, so it is looked at again and again. */
  async function stopOverdue(): Promise<void> {
    for await (const page of workflows.openWithTimeout()) {
      const labels = new Set(page.map(({ metadata }) => labelInName(metadata.name)));
      const ids = (await store.idsIn(runningStates)).filter((id) => labels.has(statementLabel(id)));
      for (const id of ids) if (!signal.aborted) await settle(id).catch(onError);
    }
  }

  /** Workflows may be created and stopped any number of times. */
  async function startAndStop(): Promise<void> {
    while (!signal.aborted) {
      await queue.startNext().catch(onError);
      const cancelling = await store.idsIn(['cancelling']).catch((error) => {
        onError(error);
        return [];
      });
      for (const id of cancelling) if (!signal.aborted) await settle(id).catch(onError);
      await stopOverdue().catch(onError);
      await sleep(lookMs * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => {});
    }
  }

  await Promise.all([recordEnds(), startAndStop(), keepLogs(parts, signal, onError)]);
}
