import type { FieldPacket, Pool } from 'mysql2/promise';
import type { SqlStep } from '../../plan/plan.ts';
import type { QueryRows } from '../engine.ts';

/** More than a person reads; what a program needs it writes to a table. */
const mostRows = 1000;

/** Gives the statement to the database as it stands; rows that come back are handed on. */
export async function runSql(pool: Pool, step: SqlStep, onRows: (rows: QueryRows) => void): Promise<void> {
  const [rows, fields] = await pool.query({ sql: step.sql, rowsAsArray: true });
  const result = Array.isArray(rows) && Array.isArray(fields) ? resultOf(rows, fields) : null;
  if (result !== null) onRows({ step: step.name, ...result });
}

function resultOf(rows: readonly unknown[], fields: readonly FieldPacket[]): Omit<QueryRows, 'step'> {
  const columns = fields.map(({ name }) => name);
  return { columns, rows: rows.slice(0, mostRows) as unknown[][], truncated: rows.length > mostRows };
}
