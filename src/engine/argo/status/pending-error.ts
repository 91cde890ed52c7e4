import { defaultGpuResource } from '../../../catalog/profile.ts';
import { type ErrorCode, type ErrorRecord, errorRecord, MillraceError } from '../../../errors.ts';
import type { StatementStatus } from '../../../ledger/statement-status.ts';
import { podStep } from '../../../plan/step-facts.ts';
import type { Deployment } from '../../../workflow/workflow.ts';
import type { EngineParts } from '../engine-parts.ts';
import { beyondAllNodes, type Capacity } from '../kubernetes/node-capacity.ts';
import type { Nodes, ObservedWorkflow } from '../workflows/observed-workflow.ts';
import { type Waiting, type WaitingFor, waitingPods } from './pending-pods.ts';

const codes: Readonly<Record<WaitingFor, ErrorCode>> = {
  image: 'IMAGE_UNAVAILABLE',
  gpu: 'NOT_SCHEDULED',
  room: 'NOT_SCHEDULED',
  node: 'NOT_SCHEDULED',
  claim: 'POD_NOT_STARTED',
  secret: 'POD_NOT_STARTED',
  quota: 'POD_NOT_STARTED',
  places: 'NOT_SCHEDULED',
  queue: 'NOT_SCHEDULED',
  other: 'POD_NOT_STARTED',
};

/** Reasons that may be a request that no node can satisfy. */
const scarce: ReadonlySet<WaitingFor> = new Set(['gpu', 'room', 'node']);

/** Time within which Argo's controller should notice a workflow. */
const controllerMs = 20_000;

/** Adds to the status of an active statement what its pods are waiting for, as the error of their steps and of the statement. */
export async function withPendingError(
  status: StatementStatus,
  workflow: ObservedWorkflow,
  nodes: Nodes,
  { capacity, deployment }: Pick<EngineParts, 'capacity' | 'deployment'>,
): Promise<StatementStatus> {
  const found = waitingPods(workflow, nodes);
  const forRoom = found.some(({ reason }) => scarce.has(reason));
  const waiting = forRoom ? withCapacity(found, status, deployment, await capacity()) : found;
  const steps = status.steps.map((step) => {
    const pods = waiting.filter((pod) => pod.step === step.name);
    return pods.length === 0 ? step : { ...step, error: heldUp(pods) };
  });
  const error =
    steps.find(({ state, error }) => state !== 'failed' && error !== null)?.error ??
    suspended(workflow) ??
    unnoticed(workflow);
  return { ...status, steps, error };
}

/** The scheduler gives the same message for a node that is full and for one that is too small. */
function withCapacity(
  waiting: readonly Waiting[],
  { plan }: StatementStatus,
  { profiles }: Deployment,
  capacity: Capacity | null,
): readonly Waiting[] {
  return waiting.map((pod) => {
    if (!scarce.has(pod.reason)) return pod;
    const step = plan.steps.find(({ name }) => name === pod.step);
    const asking = step === undefined || ['prepare', 'finish'].includes(pod.source) ? null : podStep(step);
    const profile = profiles.find(({ name }) => name === asking?.profile?.name);
    const gpuResource = profile?.gpuResource ?? defaultGpuResource;
    const beyond = asking === null ? null : beyondAllNodes(asking.resources, gpuResource, capacity);
    return beyond === null ? pod : { ...pod, ...beyond };
  });
}

function heldUp(pods: readonly Waiting[]): ErrorRecord {
  const [{ step, source, reason, message, hint }] = pods as [Waiting];
  const who = pods.length === 1 ? `${source} of ${step}` : `${pods.length} pods of ${step}`;
  return errorRecord(new MillraceError(codes[reason], `${who} cannot start: ${message}`, { hint }));
}

/** Suspended by `argo suspend`, which Millrace never does. */
function suspended({ metadata: { name }, spec }: ObservedWorkflow): ErrorRecord | null {
  if (spec.suspend !== true) return null;
  const message = `the workflow ${name} was suspended, so no further pods start`;
  return errorRecord(new MillraceError('WORKFLOW_SUSPENDED', message, { hint: `resume it: argo resume ${name}` }));
}

function unnoticed({ metadata, status }: ObservedWorkflow): ErrorRecord | null {
  if (status?.phase || Date.now() - Date.parse(metadata.creationTimestamp) < controllerMs) return null;
  const hint = "check that Argo's workflow-controller runs and watches its namespace";
  return errorRecord(
    new MillraceError('ARGO_MISSING', `no controller has picked up the workflow ${metadata.name}`, { hint }),
  );
}
