import type { PoolConnection } from 'mysql2/promise';
import { isTemporary } from '../../datasource/database-error.ts';
import { quoteName, quoteTable } from '../../datasource/identifiers.ts';
import { transaction, withReconnect } from '../../datasource/pool.ts';
import { countModels, type ModelCounts } from '../../ledger/model-counts.ts';
import {
  type BatchCounts,
  countBatch,
  lockPartition,
  requireTaken,
  type TakenPartition,
} from '../../ledger/partitions.ts';
import { hasOutcome, type RowOutcome, recordOutcomes } from '../../ledger/row-outcomes.ts';
import { addedColumns } from '../../programs/contract.ts';
import { hiddenColumns } from '../../task.ts';
import type { RowsContext } from '../context.ts';
import type { Outcome } from '../row-program.ts';
import { copyMode } from './copy-mode.ts';
import { outputsTable, outputsTexts } from './outputs-text.ts';
import type { ProcessedRows } from './processed-rows.ts';
import { outputsTableOf } from './result-table.ts';

/**
 * One transaction: a ledger row per input row, the result rows, and the counters of the partition and its models (refused for a worker that
 * no longer holds it). The counters come last, because they lock the partition: until then, another transaction of the same worker goes on
 * beside it.
 * After a lost connection nobody knows whether a commit took place; the ledger does.
 * @param lastWriteMs what an earlier batch took, for the counters
 * @returns ms that writing took
 */
export async function writeBatch(
  context: RowsContext,
  taken: TakenPartition,
  columns: readonly string[],
  processed: ProcessedRows,
  lastWriteMs: number,
): Promise<number> {
  const started = performance.now();
  const outcomes = processed.outcomes.map((outcome, index) => ledgerRow(processed.rows[index]!.row, outcome));
  const counts = countsOf(processed.outcomes, lastWriteMs);
  const models = modelCountsOf(processed.outcomes);
  let tried = false;
  const write = async (connection: PoolConnection) => {
    if (tried && (await isWritten(connection, context, taken, processed))) return;
    tried = true;
    try {
      await recordOutcomes(connection, context, taken.partitionNo, outcomes);
      await insertOutputs(connection, context, columns, processed);
    } catch (error) {
      // Whoever has taken the partition over may have written the same rows.
      if (!isTemporary(error)) await requireTaken(connection, context, taken);
      throw error;
    }
    await countBatch(connection, context, taken, counts);
    await countModels(connection, context, taken.partitionNo, models);
  };
  await withReconnect(() => transaction(context.pool, write), { signal: context.signal });
  const writeMs = Math.round(performance.now() - started);
  const asked = models.length === 0 ? {} : { models: models.map(rounded) };
  context.log.info({ partition: taken.partitionNo, rows: outcomes.length, writeMs, ...asked }, 'batch written');
  return writeMs;
}

/** Under the partition's lock: the commit that was lost sight of may still be under way. */
async function isWritten(
  connection: PoolConnection,
  context: RowsContext,
  taken: TakenPartition,
  { rows }: ProcessedRows,
): Promise<boolean> {
  await lockPartition(connection, context, taken);
  return hasOutcome(connection, context, rows[0]?.row);
}

function countsOf(outcomes: readonly Outcome[], writeMs: number): BatchCounts {
  const counts = { rows: outcomes.length, failed: 0, outputs: 0, decodeMs: 0, inferMs: 0, writeMs };
  for (const outcome of outcomes) {
    if ('error' in outcome) counts.failed++;
    else {
      counts.outputs += outcome.outputs.length;
      counts.decodeMs += outcome.timings.decodeMs;
      counts.inferMs += outcome.timings.inferMs;
    }
  }
  return { ...counts, decodeMs: Math.round(counts.decodeMs), inferMs: Math.round(counts.inferMs) };
}

/** What the rows asked of each model. */
function modelCountsOf(outcomes: readonly Outcome[]): readonly ModelCounts[] {
  const counts = new Map<number, ModelCounts>();
  for (const outcome of outcomes) {
    for (const { model, isLast, isStored, inferMs } of 'error' in outcome ? [] : (outcome.asked ?? [])) {
      const before = counts.get(model) ?? { model, asked: 0, decided: 0, reused: 0, inferMs: 0 };
      counts.set(model, {
        model,
        asked: before.asked + 1,
        decided: before.decided + Number(isLast),
        reused: before.reused + Number(isStored),
        inferMs: before.inferMs + inferMs,
      });
    }
  }
  return [...counts.values()].toSorted((one, other) => one.model - other.model);
}

function rounded(counts: ModelCounts): ModelCounts {
  return { ...counts, inferMs: Math.round(counts.inferMs) };
}

function ledgerRow(row: string, outcome: Outcome): RowOutcome {
  return 'error' in outcome
    ? { row, outputs: 0, error: outcome.error }
    : { row, outputs: outcome.outputs.length, error: null };
}

/**
 * The selected columns go from table to table inside the server, so their values pass through no type of ours. Prepared, because a server
 * reads a long literal much slower than a value. The key is bound as text: while a statement with binary values runs, MySQL's
 * information_schema.PROCESSLIST cannot be read by anybody (ER_CANNOT_CONVERT_STRING).
 */
async function insertOutputs(
  connection: PoolConnection,
  context: RowsContext,
  columns: readonly string[],
  processed: ProcessedRows,
): Promise<void> {
  const { names, program } = context;
  const selected = columns.map(quoteName);
  const added = addedColumns(program).map(quoteName);
  const row = quoteName(hiddenColumns.row);
  const into = [quoteName(hiddenColumns.selection), row, ...selected, ...added];
  const from = ['UNHEX(?)', `s.${row}`, ...selected.map((name) => `s.${name}`), ...added.map((name) => `o.${name}`)];
  const insert = `INSERT INTO ${quoteTable(outputsTableOf(context))} (${into.join(', ')})
     SELECT ${from.join(', ')} FROM ${outputsTable(program)} AS o
     STRAIGHT_JOIN ${quoteTable(names.selection)} AS s ON s.${row} = o.row_id`;
  for (const text of outputsTexts(processed, program)) {
    await setCopyMode(connection);
    await connection.execute(insert, [names.id.toString('hex'), text]);
  }
}

const inCopyMode = new WeakSet<object>();

/** Once for each connection: nothing else that uses the pool depends on it. */
async function setCopyMode(connection: PoolConnection): Promise<void> {
  if (inCopyMode.has(connection.connection)) return;
  await connection.query(copyMode);
  inCopyMode.add(connection.connection);
}
