import { describeQuery } from '../../datasource/describe.ts';
import { MillraceError } from '../../errors.ts';
import { addedColumns } from '../../programs/contract.ts';
import { columnNameProblem, hiddenColumns, maxSelectedColumns } from '../../task.ts';
import type { RowsContext } from '../context.ts';
import { holdsFiles } from './large-values.ts';

interface SelectedColumns {
  readonly names: readonly string[];
  /** Those that hold the files which the program reads, as bytes. */
  readonly files: ReadonlySet<string>;
}

/**
 * The query's columns; nothing is executed.
 * @throws {MillraceError} DUPLICATE_COLUMN, INVALID_COLUMN, NO_IMAGE_COLUMN, UNKNOWN_COLUMN, TRAIN_COLUMN_KIND, QUERY_FAILED
 */
export async function selectedColumns({ users, task, program }: RowsContext): Promise<SelectedColumns> {
  const { columns } = await describeQuery(users, task.select);
  const names = columns.map(({ name }) => name);
  checkNames(names, program.replacesColumns ? [] : addedColumns(program));
  const read = program.readColumns(names);
  program.checkColumns?.(columns);
  const files = columns.filter(({ name, bytes }) => read.includes(name) && holdsFiles(bytes));
  return { names, files: new Set(files.map(({ name }) => name)) };
}

/** A program's planner knows them too, but not where an earlier statement of the program makes the table that is read. */
function checkNames(columns: readonly string[], added: readonly string[]): void {
  const most = maxSelectedColumns(added);
  if (columns.length > most) {
    const message = `the query selects ${columns.length} columns; a result table can have at most ${most}`;
    throw new MillraceError('INVALID_COLUMN', message, { hint: 'select fewer columns' });
  }
  const own = new Set<string>([...added, ...Object.values(hiddenColumns)]);
  const seen = new Set<string>();
  for (const column of columns) {
    const problem = columnNameProblem(column);
    if (problem !== null) throw nameless(problem);
    const name = column.toLowerCase();
    if (own.has(name)) throw duplicate(column, `'${column}', a name reserved for a column of the result`);
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
