import type { Statement } from '../service/statement.ts';
import { askedModelLines } from './asked-models.ts';
import { findFigureLines } from './find-figures.ts';
import { duration, type Partition, type Step } from './progress.ts';
import { countedAs } from './step-words.ts';

/** How a statement ended: one line per step that wrote or changed something, and one for the whole. */
export function summaryLines(statement: Statement): readonly string[] {
  return [
    ...statement.steps.flatMap((step) => stepLine(step, statement.steps.length === 1)),
    `${statement.state}${took(statement)}  ${statement.id}`,
  ];
}

function stepLine(step: Step, isOnly: boolean): readonly string[] {
  const { name, program, state, into, rows, affectedRows, partitions } = step;
  if (affectedRows !== null && (isOnly || affectedRows > 0))
    return [`${isOnly ? '' : `${name}: `}${affectedRows} ${affectedRows === 1 ? 'row' : 'rows'} affected`];
  if (program === null || state !== 'succeeded') return [];
  const { inputs, outputs } = countedAs(step);
  const sum = (of: (partition: Partition) => number) =>
    partitions.reduce((total, partition) => total + of(partition), 0);
  const failed = sum((partition) => partition.failed);
  const broken = failed === 0 ? '' : `, ${failed} ${inputs} failed`;
  return [
    `${into === null ? '' : `${into}: `}${sum((partition) => partition.outputs)} ${outputs} in ${rows} ${inputs}${broken}`,
    ...askedModelLines(step),
    ...findFigureLines(step),
    ...predictedLine(step),
  ];
}

/** What the step was predicted to take, and took. */
function predictedLine({ predicted, timings }: Step): readonly string[] {
  if (predicted === null || timings === null) return [];
  return [`predicted ${predicted.seconds.toFixed(1)} s, took ${timings.seconds.toFixed(1)} s`];
}

function took({ startedAt, finishedAt }: Statement): string {
  if (startedAt === null || finishedAt === null) return '';
  const seconds = (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
  return ` in ${seconds < 10 ? `${seconds.toFixed(1)} s` : duration(seconds)}`;
}
