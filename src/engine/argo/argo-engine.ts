import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'mysql2/promise';
import pLimit from 'p-limit';
import { withReconnect } from '../../datasource/pool.ts';
import { MillraceError, mayPass } from '../../errors.ts';
import { openAttempts } from '../../ledger/attempts.ts';
import { takenByServers } from '../../ledger/history.ts';
import { activeStates, hasEnded, runningStates } from '../../ledger/statement-states.ts';
import type { StatementStatus } from '../../ledger/statement-status.ts';
import { openStatementStore, type StoredStatement } from '../../ledger/statement-store.ts';
import { readStepsOf } from '../../ledger/step-status.ts';
import type { Deployment } from '../../workflow/workflow.ts';
import { labelInName, statementLabel, workflowName } from '../../workflow/workflow-name.ts';
import { busy } from '../busy.ts';
import type { Engine } from '../engine.ts';
import { listStatements } from '../list-statements.ts';
import { openQueue } from '../statement-queue.ts';
import type { KubernetesApi } from './kubernetes/kubernetes-api.ts';
import { KubernetesError } from './kubernetes/kubernetes-error.ts';
import type { ObjectEvent } from './kubernetes/list-and-watch.ts';
import { openCapacity } from './kubernetes/node-capacity.ts';
import { openPodLogs } from './logs/pod-logs.ts';
import { readPodLogs } from './logs/read-pod-logs.ts';
import { openRunningStatement } from './running-statement.ts';
import { submittedStatement } from './status/statement-status.ts';
import { type WatchedWorkflow, watchWorkflow } from './workflows/watched-workflow.ts';
import { isCompleted, openWorkflows, type WorkflowMetadata, type WorkflowName } from './workflows/workflows.ts';

export interface ArgoEngineOptions {
  readonly api: KubernetesApi;
  readonly pool: Pool;
  readonly deployment: Deployment;
  /** Of those that servers have taken; more wait for their turn. Left out: as many as are submitted. */
  readonly runningPerUser?: number | undefined;
}

/** How soon rows done are seen by who follows: they are in the ledger, which nothing watches. */
const ledgerMs = 500;

/** How often statements are looked for that wait for their turn, or whose process died before their workflow was created or stopped. */
const lookMs = 10_000;

/**
 * Runs plans as Argo workflows. A statement is its row in the system schema: `queued` until its turn comes and its workflow is there,
 * then `running` as the workflow tells it, until how it ended is written down. Nothing else is remembered.
 */
export function openArgoEngine({ api, pool, deployment, runningPerUser }: ArgoEngineOptions): Engine {
  const store = openStatementStore(pool, deployment.schema, 'argo');
  const attempts = openAttempts(pool, deployment.schema);
  const workflows = openWorkflows(api, deployment);
  const pods = openPodLogs(api, deployment.namespace);
  const capacity = openCapacity(api);
  const running = openRunningStatement({ pool, deployment, store, attempts, workflows, pods, capacity });
  const closing = new AbortController();
  const queue = openQueue({
    pool,
    schema: deployment.schema,
    engine: 'argo',
    perUser: runningPerUser ?? Number.POSITIVE_INFINITY,
    hasRoom: () => !closing.signal.aborted,
    begin,
  });

  async function begin(id: string): Promise<boolean> {
    const statement = await store.read(id);
    return statement.state === 'queued' && running.beginInTurn(statement, await attempts.read(id));
  }

  async function handOverInTurn(id: string, attempt: number): Promise<void> {
    const statement = await store.read(id);
    if (statement.state === 'queued' && (await queue.isTurnOf(statement))) await running.handOver(statement, attempt);
  }

  async function status(id: string): Promise<StatementStatus> {
    return statusOf(await find(id));
  }

  async function statusOf(statement: StoredStatement): Promise<StatementStatus> {
    if (hasEnded(statement)) return running.recorded(statement);
    const attempt = await attempts.read(statement.id);
    const workflow = await workflows.read(workflowName(statement.id, attempt));
    return running.takeOn(statement, attempt, workflow);
  }

  /** Also one whose workflow was created by other means, from the YAML of `explain`. */
  async function find(id: string): Promise<StoredStatement> {
    try {
      return await store.read(id);
    } catch (error) {
      const found = (await workflows.ofStatement(id)).filter((workflow) => submittedStatement(workflow)?.id === id);
      if (found.length === 0) throw error;
      await adopt(found);
      return store.read(id);
    }
  }

  async function adopt(found: readonly WorkflowMetadata[]): Promise<void> {
    for (const submitted of found.map(submittedStatement)) {
      const { id, attempt, text, plan, submittedBy } = submitted ?? {};
      if (id === undefined || attempt === undefined || submittedBy === undefined) continue;
      if (text === undefined || plan === undefined) continue;
      await attempts.begin(id, attempt);
      const inserted = await store.insert({ id, text, plan, submittedBy, server: null }, 'queued');
      if (inserted) await store.move(id, ['queued'], 'running');
    }
  }

  async function* events(id: string, signal?: AbortSignal): AsyncGenerator<StatementStatus> {
    const first = await status(id);
    yield first;
    if (hasEnded(first)) return;
    const attempt = await attempts.read(id);
    const leaving = new AbortController();
    const over = AbortSignal.any([leaving.signal, closing.signal, ...(signal === undefined ? [] : [signal])]);
    const watched = watchWorkflow(workflows.follow(workflowName(id, attempt), over));
    try {
      for (let last = JSON.stringify(first); ; ) {
        const pause = sleep(ledgerMs, undefined, { signal: over });
        await Promise.race([watched.changed(), pause]).catch(throwUnless(over));
        const told = await withReconnect(() => statusNow(id, attempt, watched), { signal: over }).catch(
          throwUnless(over),
        );
        if (over.aborted) return;
        const now = withTrouble(told ?? first, watched.trouble);
        const seen = JSON.stringify(now);
        if (seen !== last) yield now;
        if (hasEnded(now)) return;
        last = seen;
      }
    } finally {
      leaving.abort();
    }
  }

  /** undefined: nothing has been seen yet. */
  async function statusNow(
    id: string,
    attempt: number,
    { latest }: WatchedWorkflow,
  ): Promise<StatementStatus | undefined> {
    if (latest === undefined) return undefined;
    const statement = await store.read(id);
    if (latest === null && hasEnded(statement)) return running.recorded(statement);
    if (latest !== null || statement.state === 'queued') return running.takeOn(statement, attempt, latest);
    // It may have been created since it was looked for.
    const workflow = await workflows.read(workflowName(id, attempt)).catch(unlessPassing);
    return workflow === undefined ? undefined : running.takeOn(statement, attempt, workflow);
  }

  async function settle(id: string): Promise<void> {
    const statement = await store.read(id);
    if (!hasEnded(statement)) await statusOf(statement);
  }

  async function adoptOpen(): Promise<void> {
    for await (const page of workflows.open()) await adoptThose(page);
  }

  /** Workflows that run: of a statement that is not known, or that has ended as far as its row says. Others are not asked for again. */
  async function adoptThose(open: readonly WorkflowName[]): Promise<void> {
    const byLabel = new Map(open.map(({ metadata: { name } }) => [labelInName(name), name]));
    byLabel.delete(null);
    const states = await store.statesOf([...byLabel.keys()] as string[]);
    for (const [label, name] of byLabel) {
      const state = states.get(label!);
      if (state === undefined) await adopt(await workflows.ofStatement(label!));
      else if (hasEnded({ state })) await reopen(label!, name);
    }
  }

  /** Others run workflows again that have ended: `argo retry`. */
  async function reopen(id: string, name: string): Promise<void> {
    const attempt = await attempts.read(id);
    if (workflowName(id, attempt) !== name) return;
    const workflow = await workflows.read(name);
    if (workflow !== null && !isCompleted(workflow) && !workflow.spec.shutdown) await attempts.reopen(id, attempt);
  }

  /** @param trouble why Kubernetes is not to be asked, too */
  async function asTheyAre(
    page: readonly StoredStatement[],
    trouble: KubernetesError | null,
  ): Promise<readonly StatementStatus[]> {
    const ids = page.map(({ id }) => id);
    const steps = await readStepsOf(pool, deployment.schema, ids);
    const taken = await takenByServers(pool, deployment.schema, ids);
    const waits = ({ id, state }: StoredStatement) => state === 'queued' && taken.has(id);
    const asStored = (statement: StoredStatement, error: unknown) =>
      withTrouble({ ...statement, steps: steps.get(statement.id) ?? [] }, error);
    const few = pLimit(8);
    const now = (statement: StoredStatement) =>
      statusOf(statement).catch((error) => asStored(statement, troubleOnly(error)));
    return Promise.all(
      page.map((statement) =>
        hasEnded(statement) || waits(statement) || trouble !== null
          ? asStored(statement, trouble)
          : few(() => now(statement)),
      ),
    );
  }

  async function recordEnds(signal: AbortSignal, onError: (error: unknown) => void): Promise<void> {
    const again = (work: () => Promise<void>) =>
      withReconnect(work, { signal }).catch((error) => !signal.aborted && onError(error));
    for await (const event of workflows.followOpen(signal)) {
      if (event.type === 'listed') await again(() => adoptThose(event.objects));
      if (event.type === 'changed') await again(() => adoptThose([event.object]));
      if (event.type !== 'listed' && event.type !== 'deleted') continue;
      await again(async () => {
        for (const id of await endedMeanwhile(event)) await again(() => settle(id));
      });
      await again(() => queue.startNext());
    }
  }

  /** Statements whose workflow has ended or gone while their row says that they run. */
  async function endedMeanwhile(event: ObjectEvent<WorkflowName>): Promise<readonly string[]> {
    const running = await store.idsIn(runningStates);
    if (event.type === 'listed') {
      const open = new Set(event.objects.map(({ metadata }) => labelInName(metadata.name)));
      return running.filter((id) => !open.has(statementLabel(id)));
    }
    const label = event.type === 'deleted' ? labelInName(event.object.metadata.name) : null;
    return running.filter((id) => statementLabel(id) === label);
  }

  /** Creating a workflow, and stopping it, may be asked for any number of times. */
  async function takeOnAll(signal: AbortSignal, onError: (error: unknown) => void): Promise<void> {
    while (!signal.aborted) {
      await queue.startNext().catch(onError);
      const asked = await store.idsIn(['cancelling']).catch((error) => {
        onError(error);
        return [];
      });
      for (const id of asked) if (!signal.aborted) await settle(id).catch(onError);
      await sleep(lookMs * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => {});
    }
  }

  return {
    async submit(submission) {
      const { id } = submission;
      await attempts.begin(id, 1);
      await store.insert(submission, 'queued');
      await handOverInTurn(id, await attempts.read(id));
    },

    status,
    events,

    async *logs(id, filter = {}) {
      const { plan } = await find(id);
      yield* readPodLogs(pods, id, plan, filter, async () => hasEnded(await status(id)));
    },

    async cancel(id) {
      const { state } = await status(id);
      if (state === 'cancelled') return;
      if (!(await store.move(id, activeStates, 'cancelling'))) throw busy(id, state);
      await status(id);
    },

    async retry(id) {
      const { state } = await status(id);
      const attempt = await attempts.read(id);
      const mayRetry = ['failed', 'cancelled', 'interrupted'].includes(state);
      if (!mayRetry || !(await attempts.next(id, attempt))) throw busy(id, state);
      await handOverInTurn(id, attempt + 1);
    },

    async list(filter = {}) {
      const trouble = await adoptOpen().then(() => null, troubleOnly);
      return listStatements(store, filter, (page) => asTheyAre(page, trouble));
    },

    async keepRecords(signal, onError) {
      await Promise.all([recordEnds(signal, onError), takeOnAll(signal, onError)]);
    },

    async close() {
      closing.abort();
    },
  };
}

/** What Kubernetes does not answer for the moment hides no other statement. */
function troubleOnly(error: unknown): KubernetesError {
  if (error instanceof KubernetesError) return error;
  throw error;
}

function unlessPassing(error: unknown): undefined {
  if (!mayPass(error)) throw error;
}

function throwUnless(over: AbortSignal): (error: unknown) => undefined {
  return (error) => {
    if (!over.aborted) throw error;
  };
}

/** What is known may be old. */
function withTrouble(status: StatementStatus, trouble: unknown): StatementStatus {
  if (!(trouble instanceof MillraceError) || hasEnded(status)) return status;
  return { ...status, error: { code: trouble.code, message: trouble.message, hint: trouble.hint ?? null } };
}
