import { hasEnded } from '../ledger/statement-states.ts';
import type { Statement } from '../service/statement.ts';
import { countedAs, isOverRows } from './step-words.ts';

export type Step = Statement['steps'][number];
export type Partition = Step['partitions'][number];

/**
 * One line: `step-1  ████████────────  120/200 images  31.2 images/s  3 s left`; empty for standard SQL. The error of a
 * running statement is the reason why it waits.
 */
export function progressLine(statement: Statement): string {
  const { error, steps, state, progress } = statement;
  if (error !== null && !hasEnded(statement)) return `waiting: ${error.message}`;
  const training = steps.find((step) => step.state === 'running' && step.progress !== undefined);
  if (training?.progress !== undefined) return `${training.name}  ${unitsDone(training.progress).join('  ')}`;
  if (!steps.some(isOverRows)) return '';
  if (progress === null) return `${state === 'queued' ? 'queued' : 'selecting rows'} …`;
  const { step, done, total, failed } = progress;
  const { inputs } = countedAs(steps.find(({ name }) => name === step) ?? { program: null, outputs: null });
  const parts = [
    `${step}  ${bar(total === 0 ? 0 : done / total)}  ${done}/${total} ${inputs}`,
    ...speedOf(progress, inputs),
    ...(failed === 0 ? [] : [`${failed} failed`]),
  ];
  return parts.join('  ');
}

const units = {
  package: 'Python packages installed',
  row: 'rows selected',
  epoch: 'epochs',
  round: 'rounds',
  unit: 'units of trials',
} as const;

/** `████────`, `3/10 epochs`, `train_loss 0.412` */
export function unitsDone({ unit, done, total, metrics }: NonNullable<Step['progress']>): readonly string[] {
  const measured = Object.entries(metrics).flatMap(([name, value]) =>
    value === null ? [] : [`${name} ${Number(value.toPrecision(4))}`],
  );
  if (total === null) return [`${done} ${units[unit]}`, ...measured];
  return [bar(total === 0 ? 0 : done / total), `${done}/${total} ${units[unit]}`, ...measured];
}

/** `31.2 images/s`, `3 s left` */
export function speedOf(
  { rowsPerSecond, secondsLeft }: NonNullable<Statement['progress']>,
  inputs: string,
): readonly string[] {
  if (rowsPerSecond === null) return ['loading the model …'];
  return [
    `${rowsPerSecond.toFixed(1)} ${inputs}/s`,
    ...(secondsLeft === null ? [] : [`${duration(secondsLeft)} left`]),
  ];
}

/** @param share 0 to 1 */
export function bar(share: number): string {
  const width = 24;
  const full = Math.round(share * width);
  return '█'.repeat(full) + '─'.repeat(width - full);
}

/** `45 s`, `3 min 20 s`, `2 h 5 min` */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
