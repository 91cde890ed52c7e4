import type { RowDataPacket } from 'mysql2/promise';
import { quoteTable } from '../../datasource/identifiers.ts';
import { MillraceError } from '../../errors.ts';
import type { WorkerContext } from '../context.ts';
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

async function checkFailed(context: WorkerContext, { failed, rows }: Tally): Promise<void> {
  const { maxFailedRows } = context.task;
  if (failed <= maxFailedRows) return;
  const message = `${failed} of ${rows} rows failed; max_failed_rows allows ${maxFailedRows}`;
  const hint = 'fix the images and retry: only the failed rows are processed again; or raise max_failed_rows';
  throw new MillraceError('ROWS_FAILED', `${message}; ${(await reasons(context)).join('; ')}`, { hint });
}

/** As many as a person reads. */
const reasonsTold = 10;

/** Each reason with its first row: what stands before the file's name is the same for all files that fail alike. */
async function reasons({ pool, schema, names }: WorkerContext): Promise<readonly string[]> {
  const [found] = await pool.query<RowDataPacket[]>(
    `SELECT l.row_id, l.error_code, l.error_message, r.n
     FROM (SELECT MIN(row_id) AS row_id, COUNT(*) AS n FROM ${quoteTable({ database: schema, table: 'ledger' })}
           WHERE selection_id = ? AND error_code IS NOT NULL
           GROUP BY error_code, SUBSTRING_INDEX(error_message, ': ', 1) ORDER BY 1 LIMIT ${reasonsTold}) AS r
     JOIN ${quoteTable({ database: schema, table: 'ledger' })} AS l ON l.selection_id = ? AND l.row_id = r.row_id
     ORDER BY l.row_id`,
    [names.id, names.id],
  );
  return found.map(({ row_id, error_code, error_message, n }) => {
    const more = Number(n) === 1 ? '' : ` (and ${Number(n) - 1} more)`;
    return `row ${row_id}: ${error_code}, ${error_message}${more}`;
  });
}

async function recordSummary({ pool, schema, names }: WorkerContext, tally: Tally): Promise<void> {
  await pool.query(
    `UPDATE ${quoteTable({ database: schema, table: 'selections' })} SET state = 'published', summary = ? WHERE selection_id = ?`,
    [JSON.stringify(tally), names.id],
  );
}
