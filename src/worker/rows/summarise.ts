import mysql from 'mysql2';
import type { PoolConnection } from 'mysql2/promise';
import { quoteName, quoteTable } from '../../datasource/identifiers.ts';
import { transaction } from '../../datasource/pool.ts';
import { succeededRows } from '../../ledger/row-outcomes.ts';
import { storeRows } from '../../ledger/store-rows.ts';
import { hiddenColumns, type TableTarget } from '../../task.ts';
import type { RowsContext } from '../context.ts';
import type { Comparison, OutputRow, RowSummary, Summary, SummaryPlace } from '../row-program.ts';
import { createSummaryTable, outputsTableOf } from './result-table.ts';

/** Refuses, before any work, a summary that could not be computed. @throws {MillraceError} */
export async function checkSummary(context: RowsContext, selected: readonly string[]): Promise<void> {
  await context.program.summary?.check(placeOf(context, selected, {}));
}

/**
 * Computes what is published instead of the results, and writes it: to its own table, or in one transaction to the end of an existing
 * one. Repeated, it changes nothing.
 */
export async function summarise(
  context: RowsContext,
  summary: RowSummary,
  selected: readonly string[],
  speed: SummaryPlace['speed'],
): Promise<Summary> {
  const { pool, task, names } = context;
  const computed = await summary.compute(placeOf(context, selected, speed));
  const table = task.writeMode === 'append' && task.into !== null ? task.into : names.summary;
  if (table === names.summary) await pool.query(`DROP TABLE IF EXISTS ${quoteTable(table)}`);
  await createSummaryTable(context, table, summary.columns);
  await transaction(pool, (connection) => write(connection, context, table, summary, computed.rows)).catch(
    ignoreWritten,
  );
  return computed;
}

/** The rows of a step have keys of their own: an earlier `finish` that did not come to its end has written all of them. */
function ignoreWritten(error: unknown): void {
  const { errno } = ((error as Error).cause ?? {}) as { readonly errno?: number };
  if (errno !== duplicateEntry) throw error;
}

/** ER_DUP_ENTRY */
const duplicateEntry = 1062;

/** Rows of one INSERT. */
const rowsAtOnce = 500;

async function write(
  connection: PoolConnection,
  { names }: RowsContext,
  table: TableTarget,
  { columns }: RowSummary,
  rows: readonly OutputRow[],
): Promise<void> {
  const selection = selectionKey({ names });
  const into = [...Object.values(hiddenColumns), ...columns.map(({ name }) => name)].map(quoteName).join(', ');
  for (let from = 0; from < rows.length; from += rowsAtOnce) {
    const values = rows
      .slice(from, from + rowsAtOnce)
      .map((row, index) => `(${selection}, ${from + index + 1}, ${mysql.escape([...row])})`);
    await connection.query(`INSERT INTO ${quoteTable(table)} (${into}) VALUES ${values.join(', ')}`);
  }
}

/** Compares the outputs with labels, if the program does. The result is worth publishing without it: no failure here is one of the step. */
export async function compareOutputs(context: RowsContext, selected: readonly string[]): Promise<Comparison | null> {
  try {
    return (await context.program.compare?.(placeOf(context, selected, {}))) ?? null;
  } catch (error) {
    context.log.warn({ error: String(error) }, 'the results are not compared with the labels');
    return null;
  }
}

/** Stores the rows that the statement returns besides, if the program has some. */
export async function storeAnswer(context: RowsContext, selected: readonly string[]): Promise<void> {
  const answer = await context.program.answer?.(placeOf(context, selected, {}));
  if (answer !== undefined) await storeRows(answer, { ...context, ...context.task });
}

function selectionKey({ names }: Pick<RowsContext, 'names'>): string {
  return `UNHEX('${names.id.toString('hex')}')`;
}

function placeOf(context: RowsContext, selected: readonly string[], speed: SummaryPlace['speed']): SummaryPlace {
  const { pool, tables, task, names, schema, volumes, log, signal } = context;
  return {
    pool,
    tables,
    database: task.into?.database ?? null,
    volumes,
    selected,
    outputs: outputsTableOf(context),
    selection: selectionKey(context),
    processed: (columns) => {
      const wanted = columns.map((name) => `s.${quoteName(name)}`).join(', ');
      const row = `s.${quoteName(hiddenColumns.row)}`;
      return `SELECT ${wanted} FROM ${quoteTable(names.selection)} AS s ${succeededRows({ schema, names }, row)}`;
    },
    speed,
    log,
    signal,
  };
}
