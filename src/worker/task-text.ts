import * as v from 'valibot';
import { MillraceError } from '../errors.ts';
import { readPlanJson } from '../ledger/statement-plan.ts';
import type { SelectionTask, StatementTask, Task, TrainTask, Written } from '../task.ts';
import { trainingEntries } from '../train-task.ts';
import type { WorkerContext } from './context.ts';

type Place = Pick<WorkerContext, 'pool' | 'schema'>;

/** The task with the query that was too long to be told; only `prepare` needs it. */
export async function withSelect<T extends SelectionTask>(
  task: Omit<T, 'select'> & Pick<Written<T>, 'select'>,
  place: Place,
): Promise<T> {
  return { ...task, select: task.select ?? (await readText(task, 'select', place)) } as T;
}

/** The task with the statement that was too long to be told. */
export async function withSql(task: Written<StatementTask>, place: Place): Promise<StatementTask> {
  return { ...task, sql: task.sql ?? (await readText(task, 'sql', place)) };
}

/** The task with the query and the training that were too long to be told. */
export async function withTraining(task: Written<TrainTask>, place: Place): Promise<TrainTask> {
  const select = task.select ?? (await readText(task, 'select', place));
  return { ...task, select, training: task.training ?? (await readText(task, 'training', place)) };
}

/** The texts are all that the worker reads of a plan, of whatever version. */
const planTexts = v.object({
  steps: v.array(
    v.object({
      name: v.string(),
      select: v.optional(v.string()),
      sql: v.optional(v.string()),
      training: v.optional(v.strictObject(trainingEntries)),
    }),
  ),
});

type PlanTexts = Required<v.InferOutput<typeof planTexts>['steps'][number]>;

/** @throws {MillraceError} TASK_INVALID where the system schema does not hold it */
async function readText<Name extends 'select' | 'sql' | 'training'>(
  { statement, step }: Pick<Task, 'statement' | 'step'>,
  text: Name,
  { pool, schema }: Place,
): Promise<PlanTexts[Name]> {
  const plan = v.safeParse(planTexts, JSON.parse((await readPlanJson(pool, schema, statement)) ?? 'null'));
  const found = plan.success ? plan.output.steps.find(({ name }) => name === step)?.[text] : undefined;
  if (found !== undefined) return found as PlanTexts[Name];
  throw new MillraceError('TASK_INVALID', `the system schema ${schema} does not hold the text of ${step}`);
}
