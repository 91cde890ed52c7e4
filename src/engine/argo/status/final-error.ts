import { type ErrorRecord, errorRecord, type MillraceError } from '../../../errors.ts';
import type { StatementStatus, StepStatus } from '../../../ledger/statement-status.ts';
import { statementCancelled } from '../../statement-state-errors.ts';
import { KubernetesError } from '../kubernetes/kubernetes-error.ts';
import type { PodLogs } from '../logs/pod-logs.ts';
import type { ObservedWorkflow } from '../workflows/observed-workflow.ts';
import { stoppedWithError } from './stopped-with-error.ts';

/** The final status of a statement. If the workflow does not explain why a step failed, its pods' logs do. */
export async function withFinalError(
  status: StatementStatus,
  { metadata }: ObservedWorkflow,
  pods: PodLogs,
): Promise<StatementStatus> {
  if (status.state === 'cancelled') return { ...status, error: errorRecord(statementCancelled(status.id)) };
  if (status.state !== 'failed' || stoppedWithError({ metadata }) !== null) return status;
  const steps: StepStatus[] = [];
  for (const step of status.steps) steps.push(await withExplanation(step, metadata.name, pods));
  const first = status.steps.findIndex(({ error }) => error !== null);
  return { ...status, steps, error: steps[first]?.error ?? status.error };
}

async function withExplanation(step: StepStatus, workflow: string, pods: PodLogs): Promise<StepStatus> {
  if (step.error?.code !== 'WORKER_FAILED' || !step.error.message.includes('exit code')) return step;
  const explanation = await lastError(pods, workflow, step.name);
  return explanation === null ? step : { ...step, error: asError(explanation, step.error) };
}

/** If the log cannot be read, because of a missing right or node, the statement still ends as it did. */
async function lastError(pods: PodLogs, workflow: string, step: string): Promise<MillraceError | string | null> {
  try {
    return await pods.lastError(workflow, step);
  } catch (error) {
    if (error instanceof KubernetesError) return null;
    throw error;
  }
}

function asError(explanation: MillraceError | string, otherwise: ErrorRecord): ErrorRecord {
  if (typeof explanation !== 'string') return errorRecord(explanation);
  return { ...otherwise, message: `${otherwise.message}: ${explanation.slice(0, 500)}` };
}
