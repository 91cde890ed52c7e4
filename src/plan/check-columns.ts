import type { Catalog } from '../catalog/catalog.ts';
import { MillraceError } from '../errors.ts';
import { addedColumns, type ResultShape } from '../programs/contract.ts';
import type { RunStatement } from '../sql/statement.ts';
import { columnNameProblem, hiddenColumns, maxSelectedColumns } from '../task.ts';

type Report = (error: MillraceError) => void;

/**
 * Checks that the selected columns can be columns of one table: no name twice, and none that the worker adds.
 * @param result what a program adds to them; null for another image, which writes its tables itself
 */
export function checkColumns(
  statement: RunStatement,
  partitionBy: string | null,
  result: ResultShape | null,
  catalog: Catalog,
  report: Report,
): void {
  const facts = catalog.queries[statement.query.text] ?? { kind: 'unknown' };
  const { span } = statement.query;
  if (facts.kind === 'refused')
    report(new MillraceError('QUERY_REFUSED', facts.message, { span, hint: 'fix the query' }));
  if (facts.kind !== 'columns') return;
  const added = result === null ? [] : addedColumns(result);
  const hidden = result === null ? [hiddenColumns.row] : Object.values(hiddenColumns);
  const taken = new Set<string>([...added, ...hidden]);
  const most = maxSelectedColumns(added);
  const seen = new Set<string>();
  if (facts.columns.length > most) report(tooMany(facts.columns.length, most, statement));
  for (const column of facts.columns) {
    const problem = columnNameProblem(column);
    if (problem !== null) report(nameless(column, problem, statement));
    const name = column.toLowerCase();
    if (seen.has(name)) report(duplicate(column, statement));
    else if (taken.has(name)) report(reserved(column, statement));
    seen.add(name);
  }
  if (partitionBy !== null && !seen.has(partitionBy.toLowerCase()))
    report(unknown(partitionBy, facts.columns, statement));
}

function tooMany(columns: number, most: number, { query: { span } }: RunStatement): MillraceError {
  const message = `the query selects ${columns} columns; a result table can have at most ${most}`;
  return new MillraceError('INVALID_COLUMN', message, { span, hint: 'select fewer columns' });
}

/** The database names an unnamed expression by its text, which gives its place. */
function nameless(column: string, problem: string, { query }: RunStatement): MillraceError {
  const at = column === '' ? -1 : query.text.indexOf(column);
  const start = query.span.start + Math.max(at, 0);
  const span = at < 0 ? query.span : { start, end: start + column.length };
  return new MillraceError('INVALID_COLUMN', `the query selects ${problem}`, {
    span,
    hint: 'give it a name: … AS name',
  });
}

function duplicate(column: string, { query: { span } }: RunStatement): MillraceError {
  const hint = `give one of them another name: … AS ${column}_2`;
  return new MillraceError('DUPLICATE_COLUMN', `the query selects two columns named '${column}'`, { span, hint });
}

function reserved(column: string, { query: { span } }: RunStatement): MillraceError {
  const hint = `select it by another name: ${column} AS source_${column}`;
  const message = `the query selects '${column}', a name reserved for a column of the result`;
  return new MillraceError('DUPLICATE_COLUMN', message, { span, hint });
}

function unknown(column: string, columns: readonly string[], statement: RunStatement): MillraceError {
  const span = statement.attributes.find(({ name }) => name === 'partition_by')?.value.span ?? statement.span;
  const hint = `use one of ${columns.join(', ')}`;
  return new MillraceError('UNKNOWN_COLUMN', `the query does not select '${column}'`, { span, hint });
}
