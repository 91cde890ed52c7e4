import type { StatementError, StatementStatus, StepStatus } from '../../../ledger/statement-status.ts';
import { statementError } from '../../../ledger/stored-error.ts';
import { cancelled } from '../../cancelled.ts';
import { KubernetesError } from '../kubernetes/kubernetes-error.ts';
import type { PodLogs } from '../logs/pod-logs.ts';
import type { ObservedWorkflow } from '../workflows/observed-workflow.ts';

/** The status of a statement that has ended; of steps that failed without an account in the workflow, their pods' last words. */
export async function withLastWords(
  status: StatementStatus,
  { metadata }: ObservedWorkflow,
  pods: PodLogs,
): Promise<StatementStatus> {
  if (status.state === 'cancelled') return { ...status, error: statementError(cancelled(status.id)) };
  if (status.state !== 'failed') return status;
  const steps: StepStatus[] = [];
  for (const step of status.steps) steps.push(await withAccount(step, metadata.name, pods));
  const first = status.steps.findIndex(({ error }) => error !== null);
  return { ...status, steps, error: steps[first]?.error ?? status.error };
}

async function withAccount(step: StepStatus, workflow: string, pods: PodLogs): Promise<StepStatus> {
  if (step.error?.code !== 'WORKER_FAILED' || !step.error.message.includes('exit code')) return step;
  const words = await lastWords(pods, workflow, step.name);
  return words === null ? step : { ...step, error: asError(words, step.error) };
}

/** A log that cannot be read, for want of a right or of the node, takes nothing from how the statement ended. */
async function lastWords(pods: PodLogs, workflow: string, step: string): Promise<StatementError | string | null> {
  try {
    return await pods.lastWords(workflow, step);
  } catch (error) {
    if (error instanceof KubernetesError) return null;
    throw error;
  }
}

function asError(words: StatementError | string, otherwise: StatementError): StatementError {
  if (typeof words !== 'string') return words;
  return { ...otherwise, message: `${otherwise.message}: ${words.slice(0, 500)}` };
}
