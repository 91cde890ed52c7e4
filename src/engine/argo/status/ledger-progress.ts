import type { PartitionStatus, StepStatus } from '../../../ledger/statement-status.ts';

/** Combines the states of the steps, from their workflow, with their numbers of rows, from the ledger. */
export function withLedger(steps: readonly StepStatus[], ledger: readonly StepStatus[]): readonly StepStatus[] {
  const counted = new Map(ledger.map((step) => [step.name, step]));
  return steps.map((step) => {
    const {
      rows = null,
      affectedRows = null,
      startedAt = null,
      partitions = [],
      models = [],
      timings = null,
      progress,
    } = counted.get(step.name) ?? {};
    return {
      ...step,
      rows,
      affectedRows,
      startedAt,
      ...(models.length > 0 && { models }),
      ...(timings !== null && { timings }),
      ...(progress !== undefined && { progress }),
      // An empty selection has no partitions, whatever number was requested.
      partitions: rows === null ? step.partitions : merge(step.partitions, partitions),
    };
  });
}

/** A pod that succeeded has processed all its rows, even if its image does not update the ledger. */
function merge(pods: readonly PartitionStatus[], ledger: readonly PartitionStatus[]): readonly PartitionStatus[] {
  const byNumber = new Map(pods.map((pod) => [pod.number, pod]));
  return ledger.map((counted) => {
    const pod = byNumber.get(counted.number);
    if (pod === undefined) return counted;
    const attempts = Math.max(pod.attempts, counted.attempts);
    if (pod.state === 'done') return { ...counted, state: 'done', done: counted.rows, attempts };
    return { ...counted, state: counted.state === 'pending' ? pod.state : counted.state, attempts };
  });
}
