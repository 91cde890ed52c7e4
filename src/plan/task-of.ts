import { withoutDefaults } from '../programs/read-program-call.ts';
import { type RowsTask, type TrainTask, taskVersion } from '../task.ts';
import type { RunStep, TrainStep } from './plan.ts';
import { mountsOf } from './volumes.ts';
import { withoutEffect } from './without-effect.ts';

/** The worker's task for a step. */
export function taskOf(statement: string, step: RunStep): RowsTask {
  const ofProfile = step.profile?.withoutEffect.map((setting) => `profile.${setting}`) ?? [];
  const ignored = [...withoutEffect(step.command, step.program.name), ...ofProfile];
  return {
    kind: 'rows',
    version: taskVersion,
    statement,
    step: step.name,
    select: step.select,
    into: step.into,
    writeMode: step.writeMode,
    partitions: step.partitions,
    partitionBy: step.partitionBy,
    workers: step.parallelism,
    commitRows: step.commitRows,
    maxFailedRows: step.maxFailedRows,
    threads: Math.max(1, Math.ceil(step.resources.cpu ?? 1)),
    mounts: mountsOf(step),
    program: withoutDefaults(step.program),
    ...(step.model !== null && { model: step.model }),
    ...(ignored.length > 0 && { ignored }),
  };
}

/** The worker's task for TO TRAIN. */
export function trainTaskOf(statement: string, step: TrainStep): TrainTask {
  const { name, select, training, actor, resources } = step;
  const threads = Math.max(1, Math.ceil(resources.cpu ?? 1));
  return { kind: 'train', version: taskVersion, statement, step: name, select, training, actor, threads };
}
