import { MillraceError } from '../errors.ts';
import { readPlanJson } from '../ledger/statement-plan.ts';
import type { SelectionTask, StatementTask, Task } from '../task.ts';
import type { WorkerContext } from './context.ts';

type Place = Pick<WorkerContext, 'pool' | 'schema'>;

/** The task with the text that was too long to be told; only `prepare` and `statement` need one. */
export async function withText<T extends Task | SelectionTask | StatementTask>(task: T, place: Place): Promise<T> {
  if ('sql' in task) return task.sql === null ? { ...task, sql: await readText(task, 'sql', place) } : task;
  return task.select === null ? { ...task, select: await readText(task, 'select', place) } : task;
}

/** @throws {MillraceError} TASK_INVALID where the system schema does not hold it */
async function readText(
  { statement, step }: Pick<SelectionTask, 'statement' | 'step'>,
  text: 'select' | 'sql',
  { pool, schema }: Place,
): Promise<string> {
  const plan: { steps?: readonly Record<string, unknown>[] } = JSON.parse(
    (await readPlanJson(pool, schema, statement)) ?? '{}',
  );
  const found = plan.steps?.find(({ name }) => name === step)?.[text];
  if (typeof found === 'string') return found;
  throw new MillraceError('TASK_INVALID', `the system schema ${schema} does not hold the text of ${step}`);
}
