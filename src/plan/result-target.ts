import type { Catalog } from '../catalog/catalog.ts';
import { MillraceError } from '../errors.ts';
import type { RunStatement } from '../sql/statement.ts';
import type { TableTarget } from '../task.ts';

/** The table that the worker's program writes; null after reporting that the statement names none. */
export function findTarget(
  statement: RunStatement,
  catalog: Catalog,
  report: (error: MillraceError) => void,
): TableTarget | null {
  const [target, second] = statement.into;
  if (target === undefined) {
    const message = `${statement.image.name} writes rows, but the statement names no table for them`;
    report(
      new MillraceError('MISSING_INTO', message, {
        span: statement.image.span,
        hint: 'add INTO and a table at the end',
      }),
    );
    return null;
  }
  if (second !== undefined) {
    const message = `${statement.image.name} writes only one table`;
    report(new MillraceError('TOO_MANY_TABLES', message, { span: second.span, hint: 'name one table after INTO' }));
  }
  if (target.database === null && catalog.database === null) {
    const message = `INTO names the table ${target.table} without a database, and the DSN names no database either`;
    const hint = `write INTO database.${target.table}, or add a database to MILLRACE_DATASOURCE`;
    report(new MillraceError('MISSING_DATABASE', message, { span: target.span, hint }));
  }
  return { database: target.database, table: target.table };
}
