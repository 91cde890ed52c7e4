import { type Catalog, tableKey } from '../catalog/catalog.ts';
import { MillraceError } from '../errors.ts';
import type { Program, TableName } from '../sql/statement.ts';
import { writeModeOf } from './write-mode.ts';

type Report = (error: MillraceError) => void;

/** With `write_mode = 'fail'`, the result table must not exist, and no two statements of the program may write it. */
export function checkTargets(program: Program, catalog: Catalog, report: Report): void {
  const runs = program.statements.filter((statement) => statement.kind === 'run');
  const written = new Set<string>();
  for (const statement of runs) {
    const [target] = statement.into;
    if (target === undefined) continue;
    if (writeModeOf(statement.attributes) === 'fail') checkTarget(target, written, catalog, report);
    written.add(tableKey(target));
  }
}

function checkTarget(target: TableName, written: ReadonlySet<string>, catalog: Catalog, report: Report): void {
  const key = tableKey(target);
  const hint = "choose another table, or add WITH write_mode = 'append' or 'overwrite'";
  const error = (message: string) => new MillraceError('TABLE_EXISTS', message, { span: target.span, hint });
  if (written.has(key)) report(error(`an earlier statement of the program already writes the table ${key}`));
  else if (catalog.tables[key]?.exists === true) report(error(`the table ${key} already exists`));
}
