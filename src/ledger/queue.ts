import type { Pool, RowDataPacket } from 'mysql2/promise';
import { activeStates, runningStates } from './statement-states.ts';
import type { StoredStatement } from './statement-store.ts';
import { tablesOf } from './tables.ts';

export interface WaitingStatement {
  readonly id: string;
  readonly user: string;
}

/** Statements of an engine that have not started; oldest first. */
export async function waitingStatements(
  pool: Pool,
  schema: string,
  engine: 'local' | 'argo',
): Promise<readonly WaitingStatement[]> {
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT s.id, s.submitted_by FROM ${ofEngine(schema, engine)} AND s.state = 'queued' ORDER BY s.submitted_at, s.id`,
  );
  return rows.map(({ id, submitted_by }) => ({ id, user: submitted_by }));
}

/** Number of statements that an engine runs, by user. */
export async function runningByUser(
  pool: Pool,
  schema: string,
  engine: 'local' | 'argo',
): Promise<ReadonlyMap<string, number>> {
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT s.submitted_by, COUNT(*) AS n FROM ${ofEngine(schema, engine)} AND s.state IN (?) GROUP BY s.submitted_by`,
    [runningStates],
  );
  return new Map(rows.map(({ submitted_by, n }) => [submitted_by, Number(n)]));
}

/** Number of statements of the same user that run or have waited longer. */
export async function countAhead(
  pool: Pool,
  schema: string,
  engine: 'local' | 'argo',
  { id, submittedBy, submittedAt }: StoredStatement,
): Promise<number> {
  const [[row]] = await pool.query<RowDataPacket[]>(
    `SELECT COUNT(*) AS n FROM ${ofEngine(schema, engine)} AND s.submitted_by = ? AND (s.state IN (?)
       OR s.state = 'queued' AND (s.submitted_at < ? OR s.submitted_at = ? AND s.id < ?))`,
    [submittedBy, runningStates, submittedAt, submittedAt, id],
  );
  return Number(row?.n);
}

/** Number of a user's statements that have not ended. */
export async function countActive(pool: Pool, schema: string, user: string): Promise<number> {
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT COUNT(*) AS active FROM ${tablesOf(schema)('statements')}
     WHERE submitted_by = ? AND state IN (?)`,
    [user, activeStates],
  );
  return Number(rows[0]?.active);
}

function ofEngine(schema: string, engine: 'local' | 'argo'): string {
  const table = tablesOf(schema);
  return `${table('statements')} AS s
    WHERE ${engine === 'argo' ? '' : 'NOT '}EXISTS (SELECT 1 FROM ${table('workflows')} WHERE statement_id = s.id)`;
}
