import type { PoolConnection } from 'mysql2/promise';
import { quoteName, quoteTable } from '../../datasource/identifiers.ts';
import { transaction, withReconnect } from '../../datasource/pool.ts';
import { type BatchCounts, countBatch, lockPartition, type TakenPartition } from '../../ledger/partitions.ts';
import { hasOutcome, type RowOutcome, recordOutcomes } from '../../ledger/row-outcomes.ts';
import { addedColumns, type OutputColumn } from '../../programs/contract.ts';
import { hiddenColumns } from '../../task.ts';
import type { RowsContext } from '../context.ts';
import type { DoneRow, Outcome, OutputRow } from '../row-program.ts';
import { copyMode } from './copy-mode.ts';
import { columnTypes } from './result-table.ts';

/** A row and what became of it. */
export interface WrittenRow {
  readonly row: string;
  readonly outcome: Outcome;
}

/**
 * One transaction: the partition's counters (refused for a worker that no longer holds it), a ledger row per input row, and the
 * result rows. After a lost connection nobody knows whether a commit took place; the ledger does.
 * @param lastWriteMs what the batch before took, for the counters
 * @returns ms that writing took
 */
export async function writeBatch(
  context: RowsContext,
  taken: TakenPartition,
  columns: readonly string[],
  rows: readonly WrittenRow[],
  lastWriteMs: number,
): Promise<number> {
  const started = performance.now();
  let tried = false;
  const write = async (connection: PoolConnection) => {
    if (tried && (await isWritten(connection, context, taken, rows))) return;
    tried = true;
    await countBatch(connection, context, taken, countsOf(rows, lastWriteMs));
    await recordOutcomes(connection, context, taken.partitionNo, rows.map(ledgerRow));
    await connection.query(copyMode);
    await insertOutputs(connection, context, columns, rows);
  };
  await withReconnect(() => transaction(context.pool, write), { signal: context.signal });
  const writeMs = Math.round(performance.now() - started);
  context.log.info({ partition: taken.partitionNo, rows: rows.length, writeMs }, 'batch written');
  return writeMs;
}

/** Under the partition's lock: the commit that was lost sight of may still be under way. */
async function isWritten(
  connection: PoolConnection,
  context: RowsContext,
  taken: TakenPartition,
  rows: readonly WrittenRow[],
): Promise<boolean> {
  await lockPartition(connection, context, taken);
  return hasOutcome(connection, context, rows[0]?.row);
}

function countsOf(rows: readonly WrittenRow[], writeMs: number): BatchCounts {
  const done = rows.flatMap(({ outcome }) => ('error' in outcome ? [] : [outcome]));
  const sum = (of: (row: DoneRow) => number) => done.reduce((total, row) => total + of(row), 0);
  return {
    rows: rows.length,
    failed: rows.length - done.length,
    outputs: sum(({ outputs }) => outputs.length),
    decodeMs: Math.round(sum(({ timings }) => timings.decodeMs)),
    inferMs: Math.round(sum(({ timings }) => timings.inferMs)),
    writeMs,
  };
}

function ledgerRow({ row, outcome }: WrittenRow): RowOutcome {
  return 'error' in outcome
    ? { row, outputs: 0, error: outcome.error }
    : { row, outputs: outcome.outputs.length, error: null };
}

/** About a megabyte of JSON: the least `max_allowed_packet` in use is 16. */
const outputsPerInsert = 10_000;

/** The selected columns go from table to table inside the server, so their values pass through no type of ours. */
async function insertOutputs(
  connection: PoolConnection,
  { task, names, program }: RowsContext,
  columns: readonly string[],
  rows: readonly WrittenRow[],
): Promise<void> {
  const outputs = rows.flatMap(({ row, outcome }) => outputsOf(row, outcome, program.columns));
  const target = task.writeMode === 'append' ? task.into : names.staging;
  const selected = columns.map(quoteName);
  const added = addedColumns(program).map(quoteName);
  const row = quoteName(hiddenColumns.row);
  const into = [quoteName(hiddenColumns.selection), row, ...selected, ...added];
  const from = ['?', `s.${row}`, ...selected.map((name) => `s.${name}`), ...added.map((name) => `o.${name}`)];
  const insert = `INSERT INTO ${quoteTable(target)} (${into.join(', ')})
     SELECT ${from.join(', ')}
     FROM JSON_TABLE(?, '$[*]' COLUMNS (${jsonColumns(program).join(', ')})) AS o
     STRAIGHT_JOIN ${quoteTable(names.selection)} AS s ON s.${row} = o.row_id`;
  for (let at = 0; at < outputs.length; at += outputsPerInsert) {
    await connection.query(insert, [names.id, JSON.stringify(outputs.slice(at, at + outputsPerInsert))]);
  }
}

/** Those of `outputsOf`: the row, the output's number, its values. */
function jsonColumns({ numbering, columns }: RowsContext['program']): readonly string[] {
  return [
    "row_id BIGINT UNSIGNED PATH '$[0]'",
    ...(numbering === null ? [] : [`${quoteName(numbering)} ${columnTypes.count} PATH '$[1]'`]),
    ...columns.map(({ name, type }, index) => `${quoteName(name)} ${columnTypes[type]} PATH '$[${index + 2}]'`),
  ];
}

function outputsOf(row: string, outcome: Outcome, columns: readonly OutputColumn[]): readonly OutputRow[] {
  if ('error' in outcome) return [];
  return outcome.outputs.map((values, index) => [
    row,
    index + 1,
    ...values.map((value, at) => rounded(value, columns[at]!)),
  ]);
}

/** A model's float32 has about seven digits; the rest would be noise in the table. */
function rounded(value: string | number, column: OutputColumn): string | number {
  return column.type === 'real' ? Number((value as number).toFixed(column.decimals)) : value;
}
