import type { Statement } from '../service/statement.ts';
import { askedModelLines } from './asked-models.ts';
import { findFigureLines } from './find-figures.ts';
import { bar, duration, type Partition, type Step, speedOf, unitsDone } from './progress.ts';
import { countedAs, verbOf } from './step-words.ts';

/**
 * Formats a statement with its steps and partitions, one per line. If there are more than `height` lines, running partitions come first, and
 * only the number of the others is shown.
 */
export function statementTable(statement: Statement, now: Date, height = Number.POSITIVE_INFINITY): readonly string[] {
  const { steps, error } = statement;
  const head = [headLine(statement, now), ...(error === null ? [] : [`${error.code}: ${error.message}`])];
  const partitions = steps.reduce((count, step) => count + step.partitions.length, 0);
  const models = steps.reduce((count, step) => count + (step.models?.length ?? 0), 0);
  const room = height - head.length - steps.length - models;
  return [
    ...head,
    ...steps.flatMap((step) => [
      stepLine(step, statement),
      ...askedModelLines(step),
      ...findFigureLines(step),
      ...partitionLines(step, room, partitions),
    ]),
  ];
}

function headLine({ id, state, submittedBy, startedAt, finishedAt }: Statement, now: Date): string {
  const end = finishedAt === null ? now.getTime() : Date.parse(finishedAt);
  const seconds = startedAt === null ? null : Math.max(0, (end - Date.parse(startedAt)) / 1000);
  return [id, state, ...(seconds === null ? [] : [duration(seconds)]), `by ${submittedBy}`].join('  ');
}

function stepLine(step: Step, { progress }: Statement): string {
  const { name, state, into, rows, partitions } = step;
  const { inputs } = countedAs(step);
  const done = partitions.reduce((sum, partition) => sum + partition.done, 0);
  const parts = [
    name,
    verbOf(step),
    state,
    ...(rows === null ? [] : [`${bar(rows === 0 ? 0 : done / rows)}  ${done}/${rows} ${inputs}`]),
    ...(step.progress === undefined ? [] : unitsDone(step.progress)),
    ...(progress?.step === name && state === 'running' ? speedOf(progress, inputs) : []),
    ...(into === null ? [] : [`→ ${into}`]),
  ];
  return parts.join('  ');
}

const order = ['running', 'pending', 'done'];

/** Lines for the step's partitions, within its share of the space for all partitions. */
function partitionLines(step: Step, room: number, all: number): readonly string[] {
  const { partitions } = step;
  const { outputs } = countedAs(step);
  const line = (partition: Partition) => partitionLine(partition, outputs);
  if (all <= room) return partitions.map(line);
  const most = Math.max(0, Math.floor((room * partitions.length) / all) - 1);
  const shown = partitions.toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state)).slice(0, most);
  const left = partitions.length - shown.length;
  return [...shown.map(line), ...(left === 0 ? [] : [`  … and ${left} more partitions`])];
}

function partitionLine({ number, state, rows, done, failed, outputs, attempts }: Partition, called: string): string {
  const parts = [
    `  partition ${number}  ${state.padEnd(7)}  ${bar(rows === 0 ? 0 : done / rows)}  ${done}/${rows}`,
    `${outputs} ${called}`,
    ...(failed === 0 ? [] : [`${failed} failed`]),
    ...(attempts <= 1 ? [] : [`attempt ${attempts}`]),
  ];
  return parts.join('  ');
}
