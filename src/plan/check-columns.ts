import type { Catalog } from '../catalog/catalog.ts';
import { MillraceError } from '../errors.ts';
import type { RunStatement } from '../sql/statement.ts';
import { detectionColumns, hiddenColumns } from '../task.ts';

type Report = (error: MillraceError) => void;

/** The selected columns can be columns of one result table: each name once, and none that the worker adds. */
export function checkColumns(
  statement: RunStatement,
  partitionBy: string | null,
  catalog: Catalog,
  report: Report,
): void {
  const facts = catalog.queries[statement.query.text] ?? { kind: 'unknown' };
  const { span } = statement.query;
  if (facts.kind === 'refused')
    report(new MillraceError('QUERY_REFUSED', facts.message, { span, hint: 'mend the query' }));
  if (facts.kind !== 'columns') return;
  const taken = new Set<string>([...detectionColumns, ...Object.values(hiddenColumns)]);
  const seen = new Set<string>();
  for (const column of facts.columns) {
    const name = column.toLowerCase();
    if (seen.has(name)) report(duplicate(column, statement));
    else if (taken.has(name)) report(reserved(column, statement));
    seen.add(name);
  }
  if (partitionBy !== null && !seen.has(partitionBy.toLowerCase()))
    report(unknown(partitionBy, facts.columns, statement));
}

function duplicate(column: string, { query: { span } }: RunStatement): MillraceError {
  const hint = `give one of them another name: … AS ${column}_2`;
  return new MillraceError('DUPLICATE_COLUMN', `the query selects two columns named '${column}'`, { span, hint });
}

function reserved(column: string, { query: { span } }: RunStatement): MillraceError {
  const hint = `select it by another name: ${column} AS source_${column}`;
  const message = `the query selects '${column}', a name of one of the result's own columns`;
  return new MillraceError('DUPLICATE_COLUMN', message, { span, hint });
}

function unknown(column: string, columns: readonly string[], statement: RunStatement): MillraceError {
  const span = statement.attributes.find(({ name }) => name === 'partition_by')?.value.span ?? statement.span;
  const hint = `it selects ${columns.join(', ')}`;
  return new MillraceError('UNKNOWN_COLUMN', `the query does not select '${column}'`, { span, hint });
}
