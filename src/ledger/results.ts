import type { Pool, RowDataPacket } from 'mysql2/promise';
import type { ResultColumn, Row } from '../datasource/column-types.ts';
import { readSubmission } from './history.ts';
import type { StatementRules } from './statement-status.ts';
import { tablesOf } from './tables.ts';

/** The rows that a standard statement returned, as far as they are kept. */
export interface StoredResult {
  readonly step: string;
  readonly columns: readonly ResultColumn[];
  readonly rows: number;
  /** There were more rows than are kept. */
  readonly truncated: boolean;
}

const defaultRules: StatementRules = { readOnly: false, resultBytes: 64 * 1024 * 1024, statementSeconds: null };

/** As the server that took the statement has it; others may write, and have much kept. */
export async function readStatementRules(pool: Pool, schema: string, statement: string): Promise<StatementRules> {
  return (await readSubmission(pool, schema, statement)) ?? defaultRules;
}

/** Results that are complete, by statement, in the order of its steps. Statements without any are absent. */
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
 * Rows of a result in their order, with no more than a piece of them in memory.
 *
 * @param range.from the first row's number, from 0
 */
export async function* readResultRows(
  pool: Pool,
  schema: string,
  { statement, step }: { readonly statement: string; readonly step: string },
  { from = 0, limit = Number.POSITIVE_INFINITY }: { readonly from?: number; readonly limit?: number } = {},
): AsyncGenerator<Row> {
  for (let next = from; next < from + limit; ) {
    const rows = await readPiece(pool, schema, { statement, step }, next);
    if (rows.length === 0) return;
    const wanted = rows.slice(0, from + limit - next);
    yield* wanted;
    next += wanted.length;
  }
}

/** Rows of one piece from this row on; none after the last. */
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
