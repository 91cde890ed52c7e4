import type { Pool, RowDataPacket } from 'mysql2/promise';
import type { StatementState } from './statement-states.ts';
import type { ServerSubmission, StatementRules } from './statement-status.ts';
import { tablesOf } from './tables.ts';

/** The time at which a statement entered a state. */
export interface Transition {
  /** Ascending within a statement; unique in the schema. */
  readonly number: number;
  readonly state: StatementState;
  /** `YYYY-MM-DD HH:MM:SS.ffffff`, UTC. */
  readonly at: string;
}

/** @param afterNumber return only later transitions; 0: all */
export async function readTransitions(
  pool: Pool,
  schema: string,
  statement: string,
  afterNumber: number,
): Promise<readonly Transition[]> {
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT number, state, at FROM ${tablesOf(schema)('transitions')}
     WHERE statement_id = ? AND number > ? ORDER BY number`,
    [statement, afterNumber],
  );
  return rows.map(({ number, state, at }) => ({ number: Number(number), state, at }));
}

/** Labels by statement. Statements without labels are absent. */
export async function readLabels(
  pool: Pool,
  schema: string,
  statements: readonly string[],
): Promise<ReadonlyMap<string, ServerSubmission['labels']>> {
  const labels = new Map<string, Record<string, string>>();
  if (statements.length === 0) return labels;
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT statement_id, name, value FROM ${tablesOf(schema)('labels')}
     WHERE statement_id IN (?) ORDER BY statement_id, name`,
    [statements],
  );
  for (const { statement_id, name, value } of rows) {
    labels.set(statement_id, { ...labels.get(statement_id), [name]: value });
  }
  return labels;
}

/** Positions of queued statements among those of the same user on the same engine; the first is 1. */
export async function queuePositions(
  pool: Pool,
  schema: string,
  statements: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (statements.length === 0) return new Map();
  const table = tablesOf(schema)('statements');
  const onArgo = (id: string) => `EXISTS (SELECT 1 FROM ${tablesOf(schema)('workflows')} WHERE statement_id = ${id})`;
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT s.id, (SELECT COUNT(*) FROM ${table} AS o WHERE o.state = 'queued' AND o.submitted_by = s.submitted_by
       AND ${onArgo('o.id')} = ${onArgo('s.id')}
       AND (o.submitted_at < s.submitted_at OR o.submitted_at = s.submitted_at AND o.id <= s.id)) AS n
     FROM ${table} AS s WHERE s.id IN (?) AND s.state = 'queued'`,
    [statements],
  );
  return new Map(rows.map(({ id, n }) => [id, Number(n)]));
}

/** The statements that were submitted through servers. */
export async function takenByServers(
  pool: Pool,
  schema: string,
  statements: readonly string[],
): Promise<ReadonlySet<string>> {
  if (statements.length === 0) return new Set();
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT statement_id AS id FROM ${tablesOf(schema)('submissions')} WHERE statement_id IN (?)`,
    [statements],
  );
  return new Set(rows.map(({ id }) => id));
}

/** The rules of a statement that was submitted through a server; null: it was not. */
export async function readSubmission(pool: Pool, schema: string, statement: string): Promise<StatementRules | null> {
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT read_only, result_bytes, statement_seconds FROM ${tablesOf(schema)('submissions')} WHERE statement_id = ?`,
    [statement],
  );
  const [row] = rows;
  if (row === undefined) return null;
  return {
    readOnly: Boolean(row.read_only),
    resultBytes: Number(row.result_bytes),
    statementSeconds: row.statement_seconds,
  };
}
