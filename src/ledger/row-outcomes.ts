import type { Pool, PoolConnection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { transaction } from '../datasource/pool.ts';
import type { SelectionPlace } from './selections.ts';
import { tablesOf } from './tables.ts';

/** The outcome of one row of a selection, written in the same transaction as its results. */
export interface RowOutcome {
  readonly row: string;
  /** Number of result rows. */
  readonly outputs: number;
  readonly error: { readonly code: string; readonly message: string } | null;
}

const longestMessage = 1000;

export async function recordOutcomes(
  connection: PoolConnection,
  { schema, names }: SelectionPlace,
  partitionNo: number,
  outcomes: readonly RowOutcome[],
): Promise<void> {
  const ledger = tablesOf(schema)('ledger');
  const done = outcomes.filter(({ error }) => error === null);
  if (done.length > 0) {
    await connection.execute(
      `INSERT INTO ${ledger} (selection_id, row_id, partition_no, outputs) SELECT UNHEX(?), o.row_id, ?, o.outputs
       FROM JSON_TABLE(?, '$[*]' COLUMNS (row_id BIGINT UNSIGNED PATH '$[0]', outputs INT UNSIGNED PATH '$[1]')) AS o`,
      [names.id.toString('hex'), partitionNo, `[${done.map(({ row, outputs }) => `[${row},${outputs}]`).join(',')}]`],
    );
  }
  const failed = outcomes.flatMap(({ row, error }) =>
    error === null ? [] : [[names.id, row, partitionNo, 0, error.code, error.message.slice(0, longestMessage)]],
  );
  if (failed.length === 0) return;
  const columns = 'selection_id, row_id, partition_no, outputs, error_code, error_message';
  await connection.query(`INSERT INTO ${ledger} (${columns}) VALUES ?`, [failed]);
}

export async function hasOutcome(
  connection: PoolConnection,
  { schema, names }: SelectionPlace,
  row: string | undefined,
): Promise<boolean> {
  const [found] = await connection.query<RowDataPacket[]>(
    `SELECT 1 FROM ${tablesOf(schema)('ledger')} WHERE selection_id = ? AND row_id = ?`,
    [names.id, row],
  );
  return found.length === 1;
}

/** SQL that excludes the rows that have an outcome. Its only value is the selection's id. @param row SQL of a row's number */
export function withoutOutcome(schema: string, row: string): { readonly join: string; readonly condition: string } {
  return {
    join: `LEFT JOIN ${tablesOf(schema)('ledger')} AS l ON l.selection_id = ? AND l.row_id = ${row}`,
    condition: 'l.row_id IS NULL',
  };
}

/** SQL that joins the ledger's rows without an error. @param row SQL of a row's number */
export function succeededRows({ schema, names }: Pick<SelectionPlace, 'schema' | 'names'>, row: string): string {
  return `JOIN ${tablesOf(schema)('ledger')} AS l
     ON l.selection_id = UNHEX('${names.id.toString('hex')}') AND l.row_id = ${row} AND l.error_code IS NULL`;
}

/** Counts over all rows of a selection that have an outcome. */
export interface Tally {
  readonly rows: number;
  readonly failed: number;
  readonly outputs: number;
}

export async function tallyOutcomes({ pool, schema, names }: SelectionPlace): Promise<Tally> {
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT COUNT(*) AS n, COUNT(error_code) AS failed, COALESCE(SUM(outputs), 0) AS outputs
     FROM ${tablesOf(schema)('ledger')} WHERE selection_id = ?`,
    [names.id],
  );
  return { rows: Number(rows[0]?.n), failed: Number(rows[0]?.failed), outputs: Number(rows[0]?.outputs) };
}

/** Rows that failed in the same way. */
export interface Failure {
  /** Number of the first such row. */
  readonly row: string;
  readonly code: string;
  readonly message: string;
  readonly rows: number;
}

/** Each kind of failure with its first row. Messages of the same kind are equal up to the name of the file. */
export async function readFailures({ pool, schema, names }: SelectionPlace, most: number): Promise<readonly Failure[]> {
  const ledger = tablesOf(schema)('ledger');
  const [found] = await pool.query<RowDataPacket[]>(
    `SELECT l.row_id, l.error_code, l.error_message, r.n
     FROM (SELECT MIN(row_id) AS row_id, COUNT(*) AS n FROM ${ledger}
           WHERE selection_id = ? AND error_code IS NOT NULL
           GROUP BY error_code, SUBSTRING_INDEX(error_message, ': ', 1) ORDER BY 1 LIMIT ${most}) AS r
     JOIN ${ledger} AS l ON l.selection_id = ? AND l.row_id = r.row_id
     ORDER BY l.row_id`,
    [names.id, names.id],
  );
  return found.map(({ row_id, error_code, error_message, n }) => ({
    row: String(row_id),
    code: error_code,
    message: error_message,
    rows: Number(n),
  }));
}

/** Failed rows of a step, in their order. @param page rows after this number, at most so many */
export async function readFailedRows(
  pool: Pool,
  schema: string,
  { statement, step }: { readonly statement: string; readonly step: string },
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<readonly Omit<Failure, 'rows'>[]> {
  const table = tablesOf(schema);
  const [found] = await pool.query<RowDataPacket[]>(
    `SELECT l.row_id, l.error_code, l.error_message
     FROM ${table('selections')} AS s JOIN ${table('ledger')} AS l ON l.selection_id = s.selection_id
     WHERE s.statement_id = ? AND s.step = ? AND l.row_id > ? AND l.error_code IS NOT NULL
     ORDER BY l.row_id LIMIT ${limit}`,
    [statement, step, after],
  );
  return found.map(({ row_id, error_code, error_message }) => ({
    row: String(row_id),
    code: error_code,
    message: error_message,
  }));
}

/**
 * Forgets failures, so that failed rows are processed again. Locks the partitions first, so that no worker commits a batch meanwhile. One
 * that is about to may be in each other's way with this: then the server undoes one of the two, which is tried again.
 * @returns the number of rows
 */
export function forgetFailures({ pool, schema, names }: SelectionPlace): Promise<number> {
  const table = tablesOf(schema);
  return transaction(pool, async (connection) => {
    await connection.query(
      `UPDATE ${table('partitions')} SET done_rows = done_rows - failed_rows, failed_rows = 0 WHERE selection_id = ?`,
      [names.id],
    );
    const [deleted] = await connection.query<ResultSetHeader>(
      `DELETE FROM ${table('ledger')} WHERE selection_id = ? AND error_code IS NOT NULL`,
      [names.id],
    );
    return deleted.affectedRows;
  });
}
