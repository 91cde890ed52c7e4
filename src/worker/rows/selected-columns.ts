import { describeQuery } from '../../datasource/describe.ts';
import { MillraceError } from '../../errors.ts';
import { columnNameProblem, detectionColumns, hiddenColumns, imageColumnOf, maxSelectedColumns } from '../../task.ts';
import type { WorkerContext } from '../context.ts';

/**
 * The query's columns, and which of them holds the images' paths; nothing is executed.
 * @throws {MillraceError} DUPLICATE_COLUMN, NO_IMAGE_COLUMN, QUERY_FAILED
 */
export async function selectedColumns(
  context: WorkerContext,
): Promise<{ readonly columns: readonly string[]; readonly imageColumn: string }> {
  const { columns } = await describeQuery(context.users, context.task.select);
  const names = columns.map(({ name }) => name);
  checkNames(names);
  return { columns: names, imageColumn: chooseImageColumn(context, names) };
}

/** A program's planner knows them too, but not where an earlier statement of the program makes the table that is read. */
function checkNames(columns: readonly string[]): void {
  if (columns.length > maxSelectedColumns) {
    const message = `the query selects ${columns.length} columns, and a result table has room for ${maxSelectedColumns}`;
    throw new MillraceError('INVALID_COLUMN', message, { hint: 'select fewer columns' });
  }
  const own = new Set<string>([...detectionColumns, ...Object.values(hiddenColumns)]);
  const seen = new Set<string>();
  for (const column of columns) {
    const problem = columnNameProblem(column);
    if (problem !== null) throw nameless(problem);
    const name = column.toLowerCase();
    if (own.has(name)) throw duplicate(column, `'${column}', a name of one of the result's own columns`);
    if (seen.has(name)) throw duplicate(column, `two columns named '${column}'`);
    seen.add(name);
  }
}

function nameless(problem: string): MillraceError {
  return new MillraceError('INVALID_COLUMN', `the query selects ${problem}`, { hint: 'give it a name: … AS name' });
}

function duplicate(column: string, what: string): MillraceError {
  const hint = `select it by another name: … AS source_${column}`;
  return new MillraceError('DUPLICATE_COLUMN', `the query selects ${what}`, { hint });
}

function chooseImageColumn({ task }: WorkerContext, columns: readonly string[]): string {
  const wanted = task.detect.imageColumn;
  const chosen =
    wanted === null ? imageColumnOf(columns) : columns.find((column) => column.toLowerCase() === wanted.toLowerCase());
  if (chosen !== null && chosen !== undefined) return chosen;
  const hint = `the query selects ${columns.join(', ')}; name one by "--image_column=…"`;
  throw new MillraceError('NO_IMAGE_COLUMN', 'no selected column is known to hold the paths of images', { hint });
}
