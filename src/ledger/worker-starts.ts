import type { RowDataPacket } from 'mysql2/promise';
import type { SelectionPlace } from './selections.ts';
import { tablesOf } from './tables.ts';

/**
 * Records that a process of the worker starts. It may be called again if its answer was lost.
 * @param process id of the process
 * @param done what was done so far; it grows
 * @returns number of earlier processes of the worker, in a row, after which no more was done
 */
export async function recordStart(
  place: SelectionPlace,
  worker: number,
  process: string,
  done: number,
): Promise<number> {
  const { pool, schema, names } = place;
  const workers = tablesOf(schema)('workers');
  // Later assignments do not change what earlier ones read.
  await pool.query(
    `INSERT INTO ${workers} (selection_id, worker_no, process, done_rows, standstills) VALUES (?, 0)
     ON DUPLICATE KEY UPDATE
       standstills = IF(process = VALUES(process), standstills, IF(VALUES(done_rows) <= done_rows, standstills + 1, 0)),
       done_rows = VALUES(done_rows), process = VALUES(process)`,
    [[names.id, worker, process, done]],
  );
  const [found] = await pool.query<RowDataPacket[]>(
    `SELECT standstills FROM ${workers} WHERE selection_id = ? AND worker_no = ?`,
    [names.id, worker],
  );
  return Number(found[0]?.standstills ?? 0);
}

/** The next process of the worker starts as if it were the first: this one was asked to end. */
export async function forgetStart({ pool, schema, names }: SelectionPlace, worker: number): Promise<void> {
  await pool.query(`DELETE FROM ${tablesOf(schema)('workers')} WHERE selection_id = ? AND worker_no = ?`, [
    names.id,
    worker,
  ]);
}

/** A worker has failed for good, so the step will fail: no worker of it draws another partition. */
export async function haltSelection({ pool, schema, names }: SelectionPlace): Promise<void> {
  await pool.query(`UPDATE ${tablesOf(schema)('selections')} SET is_halted = TRUE WHERE selection_id = ?`, [names.id]);
}

export async function isHalted({ pool, schema, names }: SelectionPlace): Promise<boolean> {
  const [found] = await pool.query<RowDataPacket[]>(
    `SELECT 1 FROM ${tablesOf(schema)('selections')} WHERE selection_id = ? AND is_halted`,
    [names.id],
  );
  return found.length > 0;
}

/** Forgets how workers ended. For `prepare`, beside which no worker runs. */
export async function forgetWorkers({ pool, schema, names }: SelectionPlace): Promise<void> {
  const table = tablesOf(schema);
  await pool.query(`DELETE FROM ${table('workers')} WHERE selection_id = ?`, [names.id]);
  await pool.query(`UPDATE ${table('selections')} SET is_halted = FALSE WHERE selection_id = ?`, [names.id]);
}
