import type { TableTarget } from '../task.ts';
import type { ForeignStep, Plan, RunStep, SqlStep, Step, VolumeMount } from './plan.ts';
import { withoutEffect } from './without-effect.ts';

/** The plan in a few lines for people. */
export function explainPlan(plan: Plan): string {
  return plan.steps.map(explainStep).join('\n');
}

function explainStep(step: Step): string {
  switch (step.kind) {
    case 'sql':
      return explainSql(step);
    case 'run':
      return explainRun(step);
    case 'foreign':
      return explainForeign(step);
  }
}

function explainForeign(step: ForeignStep): string {
  const lines = [
    ['select', oneLine(step.select)],
    ['prepare', 'materialise the selection once, as numbered rows'],
    ['partition', `× ${step.partitions}, ${atOnce(step)}, ${step.retries} retries, by the image itself`],
    ['into', step.into.map(targetOf).join(', ')],
    ['needs', needs(step)],
  ];
  return withLines(step, lines);
}

function explainSql(step: SqlStep): string {
  return `${step.name}  sql  ${oneLine(step.sql)}`;
}

function explainRun(step: RunStep): string {
  const { detect } = step;
  const lines = [
    ['select', oneLine(step.select)],
    ['prepare', 'materialise the selection once, as numbered rows'],
    [
      'partition',
      `× ${step.partitions}, ${atOnce(step)}, ${step.batchSize} rows a transaction, ${step.retries} retries`,
    ],
    ['detect', `${detect.modelFile} on ${detect.device}, images in ${detect.imageDir}${columnOf(detect.imageColumn)}`],
    ['keep', thresholds(detect)],
    ...noteOf(withoutEffect(step.command)),
    ['finish', `compare with the ledger, publish ${targetOf(step.into)} (${step.writeMode})`],
    ['needs', needs(step)],
  ];
  return withLines(step, lines);
}

function noteOf(options: readonly string[]): string[][] {
  return options.length === 0 ? [] : [['note', `without effect here: ${options.join(', ')}`]];
}

function thresholds({ confidence, iou, maxDetections }: RunStep['detect']): string {
  return `scores above ${confidence}, overlaps of a class up to ${iou} (IoU), at most ${maxDetections} detections an image`;
}

function withLines(step: RunStep | ForeignStep, lines: readonly (readonly string[])[]): string {
  const head = `${step.name}  run  ${[step.image, ...step.command].join(' ')}`;
  return [head, ...lines.map(([name, what]) => `  ${name?.padEnd(10)}${what}`)].join('\n');
}

function atOnce(step: RunStep | ForeignStep): string {
  return step.parallelism === step.partitions ? 'all at once' : `${step.parallelism} at once`;
}

function columnOf(imageColumn: string | null): string {
  return imageColumn === null ? '' : ` named by ${imageColumn}`;
}

function targetOf(into: TableTarget): string {
  return into.database === null ? into.table : `${into.database}.${into.table}`;
}

function needs({ resources, volumes }: RunStep | ForeignStep): string {
  const parts = [
    resources.gpu > 0 ? `${resources.gpu} GPU` : null,
    resources.cpu === null ? null : `${resources.cpu} cores`,
    resources.memory === null ? null : `${Math.round(resources.memory / 2 ** 20)} MiB`,
    ...volumes.map(volumeOf),
  ];
  return parts.filter((part) => part !== null).join(', ');
}

function volumeOf(mount: VolumeMount): string {
  return `${mount.mountPath} (claim ${mount.claim}, ${mount.readOnly ? 'read-only' : 'read-write'})`;
}

function oneLine(sql: string): string {
  const line = sql.replace(/\s+/g, ' ').trim();
  return line.length > 110 ? `${line.slice(0, 109)}…` : line;
}
