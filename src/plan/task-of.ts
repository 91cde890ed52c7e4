import type { Task } from '../task.ts';
import type { RunStep } from './plan.ts';
import { withoutEffect } from './without-effect.ts';

/** What the worker is told of a step. */
export function taskOf(statement: string, step: RunStep): Task {
  const ignored = withoutEffect(step.command);
  return {
    statement,
    step: step.name,
    select: step.select,
    into: step.into,
    writeMode: step.writeMode,
    partitions: step.partitions,
    partitionBy: step.partitionBy,
    batchSize: step.batchSize,
    maxFailedRows: step.maxFailedRows,
    threads: Math.max(1, Math.ceil(step.resources.cpu ?? 1)),
    mounts: step.volumes.map(({ mountPath }) => mountPath),
    detect: step.detect,
    ...(ignored.length > 0 && { ignored }),
  };
}
