import type { ModelAction } from '../model-task.ts';
import { contractOf } from '../programs/programs.ts';
import type { TableTarget } from '../task.ts';
import { explainCost } from './cost/explain-cost.ts';
import { explainFind } from './find/explain-find.ts';
import {
  type ByStepKind,
  byStepKind,
  type ForeignStep,
  type ModelStep,
  type Plan,
  type RunStep,
  type SqlStep,
  type TrainStep,
  type VolumeMount,
} from './plan.ts';
import { trainerImage } from './train/estimator-image.ts';
import { explainTraining } from './train/explain-train.ts';
import { withoutEffect } from './without-effect.ts';

/** Describes the plan for people in a few lines. */
export function explainPlan(plan: Plan): string {
  return plan.steps.map((step) => byStepKind(explanations, step)).join('\n');
}

const explanations: ByStepKind<string> = {
  sql: explainSql,
  run: explainRun,
  foreign: explainForeign,
  model: explainModel,
  train: explainTrain,
};

function explainForeign(step: ForeignStep): string {
  const lines = [
    ['select', oneLine(step.select)],
    ['prepare', 'store the selection once, as numbered rows'],
    ['partition', `× ${step.partitions}, ${atOnce(step)}, ${step.retries} retries, by the image itself`],
    ['into', step.into.map(targetOf).join(', ')],
    ['needs', needs(step)],
    ...explainProfile(step),
  ];
  return withLines(step, lines);
}

function explainModel({ name, action, profile }: ModelStep): string {
  return `${name}  model  ${explainAction(action)}${profile === null ? '' : `, with the profile ${profile.name}`}`;
}

function explainAction(action: ModelAction): string {
  switch (action.does) {
    case 'create': {
      const into = action.storage === 'database' ? ', store it in the database' : '';
      return `look at ${action.file}${into}, add a version to the model ${action.name}`;
    }
    case 'like':
      return `add a version to the model ${action.name}: a simulation of ${action.base}`;
    case 'show':
      return action.like === null ? 'list the models' : `list the models like '${action.like}'`;
    case 'describe':
      return `describe the model ${named(action)}`;
    case 'showTrain':
    case 'showTrials':
      return `show the statement that made the model ${named(action)}`;
    case 'drop':
      return `drop the model ${action.name} and its versions${action.ifExists ? ', if it exists' : ''}`;
    case 'setVersion':
      return `make version ${action.version} of the model ${action.name} the current one`;
  }
}

const named = ({ name, version }: { readonly name: string; readonly version: number | null }) =>
  version === null ? name : `${name}@${version}`;

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
    ...registeredModel(step),
    ...noteOf(withoutEffect(step.command, name)),
    ...(step.find === undefined ? explainCost(step) : explainFind(step.find)),
    ['finish', `compare with the ledger, ${published(step)}`],
    ...(needs(step) === '' ? [] : [['needs', needs(step)]]),
    ...explainProfile(step),
  ];
  return withLines(step, lines);
}

function published({ into, writeMode }: RunStep): string {
  return into === null ? 'return the summary' : `publish ${targetOf(into)} (${writeMode})`;
}

function explainTrain(step: TrainStep): string {
  const { image, training, select, retries } = step;
  const what = [image === trainerImage ? [] : [image], training.estimator].flat().join(' ');
  const lines = [
    ['select', oneLine(select)],
    ...explainTraining(training, step.cost),
    ['attempts', `${retries} retries`],
    ...(needs(step) === '' ? [] : [['needs', needs(step)]]),
    ...explainProfile(step),
  ];
  return [`${step.name}  train  ${what}`, ...lines.map(lineOf)].join('\n');
}

/** `yolov5s@3, SHA-256 0123456789ab…, from the database` */
function registeredModel({ model }: RunStep): string[][] {
  if (model === null) return [];
  const { name, version, digest, isInDatabase, madeBy } = model;
  const parts = [
    version === null ? `${name}, made by ${madeBy ?? 'this program'}` : `${name}@${version}`,
    ...(digest === null ? [] : [`SHA-256 ${digest.slice(0, 12)}…`]),
    ...(isInDatabase ? ['from the database'] : []),
  ];
  return [['version', parts.join(', ')]];
}

/** `a100-mig: nvidia.com/mig-1g.10gb, queue team-a`; on this machine, the settings that mean nothing to it. */
function explainProfile({ profile, pendingSeconds }: Pick<RunStep, 'profile' | 'pendingSeconds'>): string[][] {
  const waits = pendingSeconds === null ? [] : [['waits', `a pod for at most ${pendingSeconds} s`]];
  if (profile === null) return waits;
  const { name, facts, withoutEffect } = profile;
  const told = facts.length === 0 ? name : `${name}: ${facts.join(', ')}`;
  const note = `without effect on this machine: ${withoutEffect.join(', ')}`;
  return [['profile', told], ...(withoutEffect.length === 0 ? [] : [['note', note]]), ...waits];
}

function transactions({ commitRows, program }: RunStep): string {
  if (contractOf(program.name).rows === 'whole') return 'one transaction';
  return commitRows === null ? 'a transaction per second' : `${commitRows} rows per transaction`;
}

function noteOf(options: readonly string[]): string[][] {
  return options.length === 0 ? [] : [['note', `ignored: ${options.join(', ')}`]];
}

function withLines(step: RunStep | ForeignStep, lines: readonly (readonly string[])[]): string {
  const head = `${step.name}  run  ${[step.image, ...step.command].join(' ')}`;
  return [head, ...lines.map(lineOf)].join('\n');
}

const lineOf = ([name, what]: readonly string[]) => `  ${name?.padEnd(10)}${what}`;

function atOnce(step: RunStep | ForeignStep): string {
  return step.parallelism === step.partitions ? 'all at once' : `${step.parallelism} at once`;
}

function targetOf(into: TableTarget): string {
  return into.database === null ? into.table : `${into.database}.${into.table}`;
}

function needs({ resources, volumes }: Pick<RunStep, 'resources' | 'volumes'>): string {
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
