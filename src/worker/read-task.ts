import * as v from 'valibot';
import { MillraceError } from '../errors.ts';
import { modelActionSchema, modelActorSchema, modelReferenceSchema } from '../model-task.ts';
import { writtenCallSchema } from '../programs/read-program-call.ts';
import {
  type ModelTask,
  type RowsTask,
  type SharesTask,
  type StatementTask,
  type Task,
  type TaskKind,
  type TrainTask,
  taskVersion,
  type Written,
} from '../task.ts';
import { trainingEntries } from '../train-task.ts';

/** As the worker is told it: a text that is too long is null. */
export type WrittenTask =
  | Written<RowsTask>
  | Written<SharesTask>
  | Written<StatementTask>
  | Written<TrainTask>
  | ModelTask;

const step = { version: v.literal(taskVersion), statement: v.string(), step: v.string() };
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const selection = {
  ...step,
  select: v.nullable(v.string()),
  partitions: count,
  partitionBy: v.nullable(v.string()),
};

const schemas: { readonly [Kind in TaskKind]: v.GenericSchema<Written<Extract<Task, { kind: Kind }>>> } = {
  rows: v.strictObject({
    kind: v.literal('rows'),
    ...selection,
    workers: count,
    into: v.nullable(v.strictObject({ database: v.nullable(v.string()), table: v.string() })),
    writeMode: v.picklist(['fail', 'append', 'overwrite']),
    commitRows: v.nullable(count),
    maxFailedRows: count,
    threads: count,
    mounts: v.array(v.string()),
    program: writtenCallSchema,
    model: v.optional(modelReferenceSchema),
    ignored: v.optional(v.array(v.string())),
  }),
  shares: v.strictObject({ kind: v.literal('shares'), ...selection }),
  statement: v.strictObject({
    kind: v.literal('statement'),
    ...step,
    sql: v.nullable(v.string()),
    onlyReads: v.boolean(),
  }),
  model: v.strictObject({
    kind: v.literal('model'),
    ...step,
    action: modelActionSchema,
    actor: modelActorSchema,
    mounts: v.array(v.string()),
  }),
  train: v.strictObject({
    kind: v.literal('train'),
    ...step,
    select: v.nullable(v.string()),
    training: v.nullable(v.strictObject(trainingEntries)),
    actor: modelActorSchema,
    threads: count,
  }),
};

/**
 * A task as MILLRACE_TASK has it.
 * @throws {MillraceError} TASK_INVALID; TASK_VERSION where another version of Millrace wrote it
 */
export function readTask(written: string): WrittenTask {
  const { kind, version, ...task } = parse(written);
  if (version !== taskVersion) throw otherVersion(version);
  const schema = Object.hasOwn(schemas, String(kind)) ? schemas[kind as TaskKind] : undefined;
  if (schema === undefined) throw invalid(`has the kind ${JSON.stringify(kind)}; this worker knows ${known}`);
  const read = v.safeParse(schema as v.GenericSchema<WrittenTask>, { kind, version, ...task });
  if (read.success) return read.output;
  const [issue] = read.issues;
  throw invalid(`is not one of this worker's: ${v.getDotPath(issue) ?? 'task'}: ${issue.message}`);
}

const known = Object.keys(schemas).join(', ');

function parse(written: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(written);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch (cause) {
    throw new MillraceError('TASK_INVALID', 'MILLRACE_TASK holds no JSON', { cause, hint: 'an engine sets it' });
  }
  throw invalid('is not an object');
}

function invalid(what: string): MillraceError {
  return new MillraceError('TASK_INVALID', `the task in MILLRACE_TASK ${what}`, { hint: 'an engine sets it' });
}

function otherVersion(version: unknown): MillraceError {
  const message = `the task has version ${JSON.stringify(version) ?? 'none'}; this worker knows version ${taskVersion}`;
  return new MillraceError('TASK_VERSION', message, {
    hint: 'give the server and the worker images of the same version of Millrace',
  });
}
