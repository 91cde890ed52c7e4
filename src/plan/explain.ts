import { contractOf } from '../programs/programs.ts';
import type { TableTarget } from '../task.ts';
import { explainCost } from './cost/explain-cost.ts';
import {
  type ByStepKind,
  byStepKind,
  type ForeignStep,
  type Plan,
  type RunStep,
  type SqlStep,
  type VolumeMount,
} from './plan.ts';
import { withoutEffect } from './without-effect.ts';

/** Describes the plan for people in a few lines. */
export function explainPlan(plan: Plan): string {
  return plan.steps.map((step) => byStepKind(explanations, step)).join('\n');
}

const explanations: ByStepKind<string> = { sql: explainSql, run: explainRun, foreign: explainForeign };

function explainForeign(step: ForeignStep): string {
  const lines = [
    ['select', oneLine(step.select)],
    ['prepare', 'store the selection once, as numbered rows'],
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
  const { name, settings } = step.program;
  const lines = [
    ['select', oneLine(step.select)],
    ['prepare', 'store the selection once, as numbered rows'],
    ['partition', `× ${step.partitions}, ${atOnce(step)}, ${transactions(step)}, ${step.retries} retries`],
    ...contractOf(name).explain(settings),
    ...noteOf(withoutEffect(step.command, name)),
    ...explainCost(step),
    ['finish', `compare with the ledger, publish ${targetOf(step.into)} (${step.writeMode})`],
    ['needs', needs(step)],
  ];
  return withLines(step, lines);
}

function transactions({ commitRows }: RunStep): string {
  return commitRows === null ? 'a transaction per second' : `${commitRows} rows per transaction`;
}

function noteOf(options: readonly string[]): string[][] {
  return options.length === 0 ? [] : [['note', `ignored: ${options.join(', ')}`]];
}

function withLines(step: RunStep | ForeignStep, lines: readonly (readonly string[])[]): string {
  const head = `${step.name}  run  ${[step.image, ...step.command].join(' ')}`;
  return [head, ...lines.map(([name, what]) => `  ${name?.padEnd(10)}${what}`)].join('\n');
}

function atOnce(step: RunStep | ForeignStep): string {
  return step.parallelism === step.partitions ? 'all at once' : `${step.parallelism} at once`;
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
