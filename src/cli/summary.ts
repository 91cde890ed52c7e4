import type { StatementStatus, StepStatus } from '../engine/engine.ts';
import type { Plan, RunStep } from '../plan/plan.ts';
import { duration } from './progress.ts';

/** How a statement ended, in a line per step that detected something and one for the whole. */
export function summaryLines(status: StatementStatus): readonly string[] {
  const lines = status.steps.flatMap((step) => stepLine(step, status.plan));
  return [...lines, `${status.state}${took(status)}  ${status.id}`];
}

function stepLine(step: StepStatus, plan: Plan): readonly string[] {
  const planned = plan.steps.find(
    (candidate): candidate is RunStep => candidate.name === step.name && candidate.kind === 'run',
  );
  if (planned === undefined || step.state !== 'succeeded') return [];
  const sum = (of: (partition: StepStatus['partitions'][number]) => number) =>
    step.partitions.reduce((total, partition) => total + of(partition), 0);
  const failed = sum((partition) => partition.failed);
  const into = planned.into.database === null ? planned.into.table : `${planned.into.database}.${planned.into.table}`;
  const broken = failed === 0 ? '' : `, ${failed} images failed`;
  return [`${into}: ${sum((partition) => partition.detections)} detections in ${step.rows} images${broken}`];
}

function took({ startedAt, finishedAt }: StatementStatus): string {
  if (startedAt === null || finishedAt === null) return '';
  const seconds = (Date.parse(`${finishedAt}Z`) - Date.parse(`${startedAt}Z`)) / 1000;
  return ` in ${seconds < 10 ? `${seconds.toFixed(1)} s` : duration(seconds)}`;
}
