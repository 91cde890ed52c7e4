import type { Statement } from '../server/schemas/statement.ts';
import { duration, type Partition, type Step } from './progress.ts';

/** How a statement ended, in a line per step that detected something and one for the whole. */
export function summaryLines(statement: Statement): readonly string[] {
  return [...statement.steps.flatMap(stepLine), `${statement.state}${took(statement)}  ${statement.id}`];
}

function stepLine({ kind, state, into, rows, partitions }: Step): readonly string[] {
  if (kind !== 'run' || state !== 'succeeded') return [];
  const sum = (of: (partition: Partition) => number) =>
    partitions.reduce((total, partition) => total + of(partition), 0);
  const failed = sum((partition) => partition.failed);
  const broken = failed === 0 ? '' : `, ${failed} images failed`;
  return [`${into}: ${sum((partition) => partition.detections)} detections in ${rows} images${broken}`];
}

function took({ startedAt, finishedAt }: Statement): string {
  if (startedAt === null || finishedAt === null) return '';
  const seconds = (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
  return ` in ${seconds < 10 ? `${seconds.toFixed(1)} s` : duration(seconds)}`;
}
