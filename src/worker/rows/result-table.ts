import { abortableQuery } from '../../datasource/abortable-query.ts';
import type { TableDescription } from '../../datasource/describe.ts';
import { quoteName, quoteTable } from '../../datasource/identifiers.ts';
import { MillraceError } from '../../errors.ts';
import { addedColumns, type OutputColumn } from '../../programs/contract.ts';
import { hiddenColumns, type TableTarget } from '../../task.ts';
import type { RowsContext } from '../context.ts';
import { copyMode } from './copy-mode.ts';

/** As SQL. */
export const columnTypes: Readonly<Record<OutputColumn['type'], string>> = {
  count: 'INT UNSIGNED',
  whole: 'BIGINT',
  text: 'VARCHAR(255)',
  real: 'DOUBLE',
  single: 'FLOAT',
  json: 'JSON',
};

/** The table that partitions write. */
export function outputsTableOf({ task, names, program }: Pick<RowsContext, 'task' | 'names' | 'program'>): TableTarget {
  const { into, writeMode } = task;
  return writeMode === 'append' && into !== null && program.summary === undefined ? into : names.staging;
}

const hidden = [
  `${hiddenColumns.selection} BINARY(16) NOT NULL DEFAULT '' INVISIBLE`,
  `${hiddenColumns.row} BIGINT UNSIGNED NOT NULL DEFAULT 0 INVISIBLE`,
];

function declared(columns: readonly OutputColumn[]): readonly string[] {
  return columns.map(
    ({ name, type, nullable }) =>
      `${quoteName(name)} ${columnTypes[type]}${type === 'text' ? ' CHARACTER SET utf8mb4' : ''}${nullable ? '' : ' NOT NULL'}`,
  );
}

/** Makes an empty table for what is computed of the results. */
export async function createSummaryTable(
  { pool, signal }: Pick<RowsContext, 'pool' | 'signal'>,
  table: TableTarget,
  columns: readonly OutputColumn[],
): Promise<void> {
  const parts = [...hidden, ...declared(columns), `PRIMARY KEY (${hiddenColumns.selection}, ${hiddenColumns.row})`];
  const sql = `CREATE TABLE IF NOT EXISTS ${quoteTable(table)} (${parts.join(', ')}) ENGINE=InnoDB`;
  await abortableQuery(pool, { sql }, signal);
}

/**
 * Makes an empty result table: the selected columns with their types, then the program's. The key holds the row's origin, in
 * invisible columns, so that a second writer of the same row is refused; MariaDB wants a default for those.
 * In CREATE … SELECT, columns named in both parts stand in the order of the SELECT and have the declared type.
 */
export async function createResultTable(
  { pool, names, program, signal }: RowsContext,
  table: TableTarget,
  columns: readonly string[],
): Promise<void> {
  const select = [...columns.map(quoteName), ...addedColumns(program).map((name) => `NULL AS ${quoteName(name)}`)];
  const numbering = program.numbering === null ? [] : [quoteName(program.numbering)];
  const parts = [
    ...hidden,
    ...numbering.map((name) => `${name} ${columnTypes.count} NOT NULL`),
    ...declared(program.columns),
    `PRIMARY KEY (${[hiddenColumns.selection, hiddenColumns.row, ...numbering].join(', ')})`,
  ];
  const sql = `CREATE TABLE ${quoteTable(table)} (${parts.join(', ')})
     ENGINE=InnoDB AS SELECT ${select.join(', ')} FROM ${quoteTable(names.selection)} WHERE FALSE`;
  await abortableQuery(pool, { sql }, signal, [copyMode]);
}

/** @throws {MillraceError} APPEND_MISMATCH where the table was made for other columns, or not by Millrace */
export function checkAppend(
  { program }: Pick<RowsContext, 'program'>,
  table: TableTarget,
  found: TableDescription,
  columns: readonly string[],
): void {
  const own =
    program.summary === undefined
      ? [...columns, ...addedColumns(program)]
      : program.summary.columns.map(({ name }) => name);
  const wanted = [...Object.values(hiddenColumns), ...own].map((name) => name.toLowerCase());
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
