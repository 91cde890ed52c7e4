import { errorRecord, MillraceError } from '../../../errors.ts';
import type { Plan, Step } from '../../../plan/plan.ts';
import { isSearch, podStep } from '../../../plan/step-facts.ts';
import type { Nodes, ObservedWorkflow } from '../workflows/observed-workflow.ts';
import { isWaiting, pendingReason, placeOf } from './pending-pods.ts';
import type { StepError } from './stopped-with-error.ts';

/**
 * The error of the pod that has waited longest beyond its step's pending_timeout; null: none has. Argo's own `pendingTimeout` has no
 * effect on templates with retries, because it looks at their Retry node, which never waits (executeTemplate in
 * workflow/controller/operator.go of 4.1).
 */
export function pendingTimeout(
  { metadata }: ObservedWorkflow,
  nodes: Nodes,
  plan: Plan,
  now: number,
): StepError | null {
  const waiting = Object.values(nodes)
    .filter((node) => isWaiting(node) && node.startedAt)
    .toSorted((a, b) => a.startedAt!.localeCompare(b.startedAt!));
  for (const node of waiting) {
    const place = placeOf(node, metadata.name);
    const step = plan.steps.find(({ name }) => name === place?.step);
    const seconds = step === undefined ? null : (podStep(step)?.pendingSeconds ?? null);
    if (step !== undefined && place !== null && othersTrain(step, place, metadata.name, nodes)) continue;
    if (place === null || seconds === null || now - Date.parse(node.startedAt!) < seconds * 1000) continue;
    const reason = pendingReason(node.message ?? '');
    const why = reason === null ? '' : `: ${reason.message}`;
    const message = `${place.source} of ${place.step} waited longer than ${seconds} s before it ran${why}`;
    const hint = 'completed work is kept; retry to continue, or raise pending_timeout';
    return { step: place.step, ...errorRecord(new MillraceError('PENDING_TIMEOUT', message, { hint })) };
  }
  return null;
}

/** Any trainer of a search does the work of all, so nothing waits for one that has no room. */
function othersTrain(step: Step, { source }: { readonly source: string }, workflow: string, nodes: Nodes): boolean {
  if (!isSearch(step) || !source.startsWith('worker-')) return false;
  return Object.values(nodes).some((node) => {
    const place = node.type === 'Pod' && node.phase === 'Running' ? placeOf(node, workflow) : null;
    return place !== null && place.step === step.name && place.source.startsWith('worker-');
  });
}
