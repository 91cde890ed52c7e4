import type { Pool, RowDataPacket } from 'mysql2/promise';
import type { ResultColumn, Row } from '../datasource/column-types.ts';
import { readSubmission } from './history.ts';
import type { StatementRules } from './statement-status.ts';
import { tablesOf } from './tables.ts';

/** The stored rows of a standard statement. */
export interface StoredResult {
  readonly step: string;
  readonly columns: readonly ResultColumn[];
  readonly rows: number;
  /** Whether the statement returned more rows than are stored. */
  readonly truncated: boolean;
}

const defaultRules: StatementRules = { readOnly: false, resultBytes: 64 * 1024 * 1024, statementSeconds: null };

/** The rules of the statement's server. Other statements may write, and may store many rows. */
export async function readStatementRules(pool: Pool, schema: string, statement: string): Promise<StatementRules> {
  return (await readSubmission(pool, schema, statement)) ?? defaultRules;
}

/** Complete results by statement, in the order of its steps. Statements without results are absent. */
export async function listResults(
  pool: Pool,
  schema: string,
  statements: readonly string[],
): Promise<ReadonlyMap<string, readonly StoredResult[]>> {
  if (statements.length === 0) return new Map();
  const table = tablesOf(schema);
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT r.statement_id AS statement, r.step, r.columns, r.row_count, r.truncated
     FROM ${table('results')} AS r
     LEFT JOIN ${table('steps')} AS s ON s.statement_id = r.statement_id AND s.step = r.step
     WHERE r.statement_id IN (?) ORDER BY s.position, r.step`,
    [statements],
  );
  const results = new Map<string, StoredResult[]>();
  for (const row of rows) {
    const own = results.get(row.statement);
    if (own === undefined) results.set(row.statement, [storedResult(row)]);
    else own.push(storedResult(row));
  }
  return results;
}

function storedResult({ step, columns, row_count, truncated }: RowDataPacket): StoredResult {
  return { step, columns: JSON.parse(columns), rows: Number(row_count), truncated: Number(truncated) === 1 };
}

/**
 * Rows of a result, in order, some at a time. Only one piece of them is in memory at a time.
 *
 * @param range.from number of the first row, starting at 0
 */
export async function* readResultBatches(
  pool: Pool,
  schema: string,
  { statement, step }: { readonly statement: string; readonly step: string },
  { from = 0, limit = Number.POSITIVE_INFINITY }: { readonly from?: number; readonly limit?: number } = {},
): AsyncGenerator<readonly Row[]> {
  for (let next = from; next < from + limit; ) {
    const rows = await readPiece(pool, schema, { statement, step }, next);
    if (rows.length === 0) return;
    const wanted = rows.slice(0, from + limit - next);
    yield wanted;
    next += wanted.length;
  }
}

/** Rows of one piece, from this row on; none after the last row. */
async function readPiece(
  pool: Pool,
  schema: string,
  { statement, step }: { readonly statement: string; readonly step: string },
  from: number,
): Promise<readonly Row[]> {
  const [[piece]] = await pool.query<RowDataPacket[]>(
    `SELECT first_row, \`rows\` FROM ${tablesOf(schema)('result_rows')}
     WHERE statement_id = ? AND step = ? AND first_row <= ? ORDER BY first_row DESC LIMIT 1`,
    [statement, step, from],
  );
  return piece === undefined ? [] : JSON.parse(piece.rows).slice(from - Number(piece.first_row));
}
