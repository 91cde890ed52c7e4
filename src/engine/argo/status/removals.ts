import type { Plan } from '../../../plan/plan.ts';
import { podStep } from '../../../plan/step-facts.ts';
import { workerExit } from '../../../task.ts';
import { hasFailed, type Nodes, type ObservedWorkflow, type WorkflowNode } from '../workflows/observed-workflow.ts';
import { isStandstill } from './node-failure.ts';
import { placeOf } from './pending-pods.ts';

/**
 * Whether a workflow failed only because nodes took their pods away: preemption, eviction, a drain or a shutdown. Argo counts these as
 * retries, but they are not the user's: each failed pod has some left without them, and its last failure was temporary.
 */
export function failedByRemovals({ metadata }: ObservedWorkflow, nodes: Nodes, plan: Plan): boolean {
  const failed = Object.values(nodes).filter((node) => node.type === 'Retry' && hasFailed(node));
  return failed.length > 0 && failed.every((node) => hasRetriesLeft(node, metadata.name, nodes, plan));
}

function hasRetriesLeft(node: WorkflowNode, workflow: string, nodes: Nodes, plan: Plan): boolean {
  const place = placeOf(node, workflow);
  const step = plan.steps.find(({ name }) => name === place?.step);
  const retries = step === undefined ? null : (podStep(step)?.retries ?? null);
  const failed = (node.children ?? []).flatMap((id) => nodes[id] ?? []).filter(hasFailed);
  // A worker that processes rows has its retries again, so only the last ones count.
  const attempts = failed.filter((attempt) => !isStandstill(attempt)).slice(-(retries ?? 0) - 1);
  const removed = attempts.filter(wasRemoved).length;
  const last = attempts.at(-1);
  if (retries === null || last === undefined || removed === 0) return false;
  return attempts.length - removed <= retries && (wasRemoved(last) || wasTemporary(last));
}

/**
 * The messages of evicted pods (pkg/kubelet/eviction), of a node's shutdown (pkg/kubelet/nodeshutdown) and of Argo for a pod that
 * disappeared. A pod that is preempted or drained gets SIGTERM: so does one that exceeds its deadline, with a message of its own.
 */
const removal = /pod deleted|node was low on resource|imminent node shutdown|evicted|preempt/i;

function wasRemoved({ message = '' }: WorkflowNode): boolean {
  if (isOverdue(message)) return false;
  return removal.test(message) || exitCode(message) === workerExit.terminated;
}

/** As the expression of templates/worker.yaml. */
function wasTemporary({ phase, message = '' }: WorkflowNode): boolean {
  const code = exitCode(message);
  return !isOverdue(message) && (phase === 'Error' || code === workerExit.temporary || (code ?? 0) > 128);
}

const isOverdue = (message: string) => /exceeded its deadline|longer than the specified deadline/.test(message);

function exitCode(message: string): number | null {
  const found = /\(exit code (\d+)/.exec(message);
  return found === null ? null : Number(found[1]);
}
