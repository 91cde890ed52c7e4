import * as v from 'valibot';
import type { ErrorRecord } from '../../../errors.ts';
import type { StatementState } from '../../../ledger/statement-states.ts';
import type { PartitionStatus, StatementStatus, StepStatus } from '../../../ledger/statement-status.ts';
import { type ByStepKind, byStepKind, type Plan, type Step } from '../../../plan/plan.ts';
import { rowsStep } from '../../../plan/step-facts.ts';
import { type SubmittedStatement, submissionAnnotation } from '../../../workflow/metadata.ts';
import { hasFailed, type Nodes, type ObservedWorkflow, type WorkflowNode } from '../workflows/observed-workflow.ts';
import { isStandstill, nodeFailure } from './node-failure.ts';
import { stoppedWithError } from './stopped-with-error.ts';

const submittedSchema: v.GenericSchema<SubmittedStatement> = v.object({
  id: v.string(),
  attempt: v.number(),
  text: v.optional(v.string()),
  submittedBy: v.string(),
  done: v.array(v.string()),
  plan: v.optional(v.unknown()),
});

/** What was submitted; null: the workflow is not ours. */
export function submittedStatement({ metadata }: Pick<ObservedWorkflow, 'metadata'>): SubmittedStatement | null {
  const written = v.safeParse(
    v.pipe(v.string(), v.parseJson(), submittedSchema),
    metadata.annotations?.[submissionAnnotation],
  );
  return written.success ? written.output : null;
}

/** A statement, from a workflow of one of its attempts. */
export interface TakenStatement extends Pick<SubmittedStatement, 'id' | 'submittedBy' | 'done'> {
  readonly text: string;
  readonly plan: Plan;
}

/**
 * The status of a statement as its workflow reports it. Numbers of rows are in the ledger, not in a workflow: here they are null and 0.
 * @param nodes from `readNodes`
 */
export function statementStatus(workflow: ObservedWorkflow, submitted: TakenStatement, nodes: Nodes): StatementStatus {
  const { metadata, status } = workflow;
  const state = stateOf(workflow);
  const stopped = stopError(workflow);
  const byName = new Map(Object.values(nodes).map((node) => [byItem(node.name), node]));
  const steps = submitted.plan.steps.map((step) =>
    submitted.done.includes(step.name)
      ? doneStep(step)
      : withStop(stepStatus(step, { state, nodes, byName, path: `${metadata.name}.${step.name}` }), workflow),
  );
  return {
    id: submitted.id,
    text: submitted.text,
    plan: submitted.plan,
    state,
    submittedBy: submitted.submittedBy,
    submittedAt: metadata.creationTimestamp,
    startedAt: status?.startedAt ?? null,
    finishedAt: status?.finishedAt ?? null,
    hasWorkflow: true,
    error:
      state === 'failed'
        ? (stopped ?? steps.find(({ error }) => error !== null)?.error ?? workflowError(workflow))
        : null,
    steps,
  };
}

/** Argo has completed a workflow once the phase says so and the label `completed` is set. */
export function stateOf({ metadata, spec, status }: ObservedWorkflow): StatementState {
  const completed = metadata.labels?.['workflows.argoproj.io/completed'] === 'true';
  const shutDown = spec.shutdown !== undefined && spec.shutdown !== '';
  if (!completed && shutDown) return stoppedWithError({ metadata }) === null ? 'cancelling' : 'running';
  if (!completed)
    return status?.phase === undefined || status.phase === '' || status.phase === 'Pending' ? 'queued' : 'running';
  if (status?.phase === 'Succeeded') return 'succeeded';
  return shutDown && stoppedWithError({ metadata }) === null ? 'cancelled' : 'failed';
}

/** Why Millrace stopped the workflow, unless its user cancelled it. */
function stopError(workflow: ObservedWorkflow): ErrorRecord | null {
  const error = stoppedWithError(workflow);
  return error === null ? null : { code: error.code, message: error.message, hint: error.hint };
}

/** The step for whose pod the workflow was stopped has this error. */
function withStop(step: StepStatus, workflow: ObservedWorkflow): StepStatus {
  return step.state === 'failed' && stoppedWithError(workflow)?.step === step.name
    ? { ...step, error: stopError(workflow) }
    : step;
}

function workflowError({ status }: ObservedWorkflow): ErrorRecord {
  return nodeFailure(status?.message ?? '', 'the statement');
}

/** A step of a workflow and its nodes. */
interface StepView {
  readonly state: StatementState;
  readonly nodes: Nodes;
  readonly byName: ReadonlyMap<string, WorkflowNode>;
  /** Name of the step's own node. The names of nodes within it start with it. */
  readonly path: string;
}

function stepStatus(step: Step, view: StepView): StepStatus {
  const node = view.byName.get(view.path);
  const state = stepState(node, view.state);
  const error = state === 'failed' ? stepError(step.name, view) : null;
  return {
    name: step.name,
    state,
    error,
    rows: null,
    affectedRows: null,
    startedAt: null,
    partitions: byStepKind(seenPartitions, step, view),
  };
}

function doneStep(step: Step): StepStatus {
  const partitions = partitionsOf(step, (number) => ({ ...unseen(number), state: 'done' }));
  return {
    name: step.name,
    state: 'succeeded',
    error: null,
    rows: null,
    affectedRows: null,
    startedAt: null,
    partitions,
  };
}

function stepState(node: WorkflowNode | undefined, statement: StatementState): StepStatus['state'] {
  const cancelled = statement === 'cancelled';
  if (node === undefined || node.phase === 'Omitted' || node.phase === 'Skipped') {
    if (statement === 'succeeded') return 'succeeded';
    return cancelled ? 'cancelled' : 'pending';
  }
  if (node.phase === 'Succeeded') return 'succeeded';
  if (hasFailed(node)) return cancelled ? 'cancelled' : 'failed';
  return cancelled ? 'cancelled' : 'running';
}

/** The error of the pod that was the first to use up its retries. Others may still fail. */
function stepError(name: string, { byName, nodes, path }: StepView): ErrorRecord {
  const within = [...byName.values()].filter((node) => isWithin(node, path) && hasFailed(node));
  const candidates = ['Retry', 'Pod']
    .map((kind) => within.filter(({ type }) => type === kind))
    .find(({ length }) => length > 0);
  const [first] = (candidates ?? within).toSorted((a, b) => (a.finishedAt ?? '').localeCompare(b.finishedAt ?? ''));
  return nodeFailure(first === undefined ? '' : lastMessage(first, nodes), name);
}

/** Whether the node is within the step; `step-10` is not within `step-1`. */
function isWithin({ name }: WorkflowNode, path: string): boolean {
  return name === path || name.startsWith(`${path}.`) || name.startsWith(`${path}(`);
}

/** A Retry node only says that no retries are left; its last pod that did any work says why. */
function lastMessage(node: WorkflowNode, nodes: Nodes): string {
  const failed = attemptsOf(node, nodes).filter(hasFailed);
  const last = failed.findLast((attempt) => !isStandstill(attempt)) ?? failed.at(-1) ?? node;
  return last.message ?? '';
}

function attemptsOf(node: WorkflowNode, nodes: Nodes): readonly WorkflowNode[] {
  if (node.type !== 'Retry') return [node];
  return (node.children ?? []).flatMap((id) => nodes[id] ?? []);
}

function partitionsOf(step: Step, partition: (number: number) => PartitionStatus): readonly PartitionStatus[] {
  return Array.from({ length: rowsStep(step)?.partitions ?? 0 }, (_, number) => partition(number));
}

/** Workers draw partitions, so only the ledger knows how far these are; a foreign image has a pod for each. */
const seenPartitions: ByStepKind<readonly PartitionStatus[], [StepView]> = {
  sql: () => [],
  run: (step) => partitionsOf(step, unseen),
  foreign: (step, view) => partitionsOf(step, (number) => seenPartition(number, view)),
  model: () => [],
  train: () => [],
};

function seenPartition(number: number, { byName, nodes, path }: StepView): PartitionStatus {
  // A foreign image with one partition runs as a single pod, without a DAG.
  const node = byName.get(`${path}.partition(${number})`) ?? podOf(byName.get(path));
  if (node === undefined) return unseen(number);
  const attempts = attemptsOf(node, nodes);
  return { ...unseen(number), state: partitionState(attempts.at(-1) ?? node), attempts: attempts.length };
}

/** `<task>(<index>:<item>)` without its index: the third partition of a retry may be partition 7. */
function byItem(name: string): string {
  return name.replace(/\(\d+:(\d+)\)/, '($1)');
}

function podOf(node: WorkflowNode | undefined): WorkflowNode | undefined {
  return node?.type === 'Retry' || node?.type === 'Pod' ? node : undefined;
}

function partitionState({ phase }: WorkflowNode): PartitionStatus['state'] {
  if (phase === 'Succeeded') return 'done';
  return phase === 'Running' ? 'running' : 'pending';
}

function unseen(number: number): PartitionStatus {
  return { number, state: 'pending', rows: 0, done: 0, failed: 0, outputs: 0, attempts: 0 };
}
