import type { RowDataPacket } from 'mysql2/promise';
import { quoteTable } from '../datasource/identifiers.ts';
import { MillraceError } from '../errors.ts';
import type { WorkerContext } from './context.ts';
import { publish } from './publish.ts';
import { requireSelection, type SelectionState } from './selection-state.ts';

interface Tally {
  readonly rows: number;
  readonly failed: number;
  readonly detections: number;
}

/**
 * Compares the ledger with the selection, publishes the result table, records the summary and drops the selection. Started again at
 * any point it ends in the same state.
 * @throws {MillraceError} ROWS_MISSING, ROWS_FAILED: then nothing is published and what was done is kept
 */
export async function finish(context: WorkerContext): Promise<void> {
  const selection = await requireSelection(context);
  if (selection.state !== 'published') {
    const tally = await countLedger(context);
    checkComplete(selection, tally);
    await checkFailed(context, tally);
    await publish(context, selection);
    await recordSummary(context, tally);
    context.log.info({ summary: tally }, 'published');
  }
  await context.pool.query(`DROP TABLE IF EXISTS ${quoteTable(context.names.selection)}`);
}

async function countLedger({ pool, schema, names }: WorkerContext): Promise<Tally> {
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT COUNT(*) AS n, COUNT(error_code) AS failed, COALESCE(SUM(detections), 0) AS detections
     FROM ${quoteTable({ database: schema, table: 'ledger' })} WHERE selection_id = ?`,
    [names.id],
  );
  return { rows: Number(rows[0]?.n), failed: Number(rows[0]?.failed), detections: Number(rows[0]?.detections) };
}

function checkComplete(selection: SelectionState, tally: Tally): void {
  if (tally.rows === selection.rows) return;
  throw new MillraceError('ROWS_MISSING', `the ledger holds ${tally.rows} of ${selection.rows} rows`, {
    hint: 'run the statement again with millrace retry; what is done is kept',
  });
}

async function checkFailed({ task, pool, schema, names }: WorkerContext, { failed, rows }: Tally): Promise<void> {
  if (failed <= task.maxFailedRows) return;
  const [reasons] = await pool.query<RowDataPacket[]>(
    `SELECT row_id, error_code, error_message FROM ${quoteTable({ database: schema, table: 'ledger' })}
     WHERE selection_id = ? AND error_code IS NOT NULL ORDER BY row_id LIMIT 3`,
    [names.id],
  );
  const first = reasons.map(
    ({ row_id, error_code, error_message }) => `row ${row_id}: ${error_code}, ${error_message}`,
  );
  const message = `${failed} of ${rows} rows failed, ${task.maxFailedRows} may (max_failed_rows); ${first.join('; ')}`;
  const hint = 'mend the images and retry: only the failed rows are done again; or raise max_failed_rows';
  throw new MillraceError('ROWS_FAILED', message, { hint });
}

async function recordSummary({ pool, schema, names }: WorkerContext, tally: Tally): Promise<void> {
  await pool.query(
    `UPDATE ${quoteTable({ database: schema, table: 'selections' })} SET state = 'published', summary = ? WHERE selection_id = ?`,
    [JSON.stringify(tally), names.id],
  );
}
