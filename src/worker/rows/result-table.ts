import { abortableQuery } from '../../datasource/abortable-query.ts';
import type { TableDescription } from '../../datasource/describe.ts';
import { quoteName, quoteTable } from '../../datasource/identifiers.ts';
import { MillraceError } from '../../errors.ts';
import { detectionColumns, hiddenColumns, type TableTarget } from '../../task.ts';
import type { WorkerContext } from '../context.ts';
import { copyMode } from './copy-mode.ts';

/**
 * Makes an empty result table: the selected columns with their types, then the detection's. The key holds the row's origin, in
 * invisible columns, so that a second writer of the same row is refused; MariaDB wants a default for those.
 * In CREATE … SELECT, columns named in both parts stand in the order of the SELECT and have the declared type.
 */
export async function createResultTable(
  { pool, names, signal }: WorkerContext,
  table: TableTarget,
  columns: readonly string[],
): Promise<void> {
  const select = [...columns.map(quoteName), ...detectionColumns.map((name) => `NULL AS ${quoteName(name)}`)];
  const sql = `CREATE TABLE ${quoteTable(table)} (
       ${hiddenColumns.selection} BINARY(16) NOT NULL DEFAULT '' INVISIBLE,
       ${hiddenColumns.row} BIGINT UNSIGNED NOT NULL DEFAULT 0 INVISIBLE,
       detection_no INT UNSIGNED NOT NULL,
       class_id INT UNSIGNED NOT NULL,
       class_name VARCHAR(255) CHARACTER SET utf8mb4 NOT NULL,
       score DOUBLE NOT NULL,
       x1 DOUBLE NOT NULL, y1 DOUBLE NOT NULL, x2 DOUBLE NOT NULL, y2 DOUBLE NOT NULL,
       PRIMARY KEY (${hiddenColumns.selection}, ${hiddenColumns.row}, detection_no)
     ) ENGINE=InnoDB AS SELECT ${select.join(', ')} FROM ${quoteTable(names.selection)} WHERE FALSE`;
  await abortableQuery(pool, { sql }, signal, [copyMode]);
}

/** @throws {MillraceError} APPEND_MISMATCH where the table was made for other columns, or not by Millrace */
export function checkAppend(table: TableTarget, found: TableDescription, columns: readonly string[]): void {
  const wanted = [...Object.values(hiddenColumns), ...columns, ...detectionColumns].map((name) => name.toLowerCase());
  const present = found.columns.map(({ name }) => name.toLowerCase());
  const missing = wanted.filter((name) => !present.includes(name));
  const surplus = present.filter((name) => !wanted.includes(name));
  if (missing.length === 0 && surplus.length === 0) return;
  const differences = [
    ...missing.map((name) => `it lacks ${name}`),
    ...surplus.map((name) => `it has ${name} besides`),
  ];
  const message = `${quoteTable(table)} does not fit the result: ${differences.join(', ')}`;
  throw new MillraceError('APPEND_MISMATCH', message, { hint: 'append to a table that the same query made' });
}
