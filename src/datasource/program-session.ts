import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolConnection, RowDataPacket } from 'mysql2/promise';
import type { OkHeader } from './row-stream.ts';

/** A connection on which the statements of a program run one after the other. */
export interface ProgramSession {
  readonly connection: PoolConnection;
  /** Pool of the other connections, from which a statement of this one can be ended. */
  readonly pool: Pool;
  /** Whether the session's time zone is UTC. */
  utc: boolean;
  /** Maximum duration of a statement; null: unlimited. */
  readonly statementSeconds: number | null;
  /** The session's database after the last USE; undefined: there was none. */
  database?: string;
}

/** @param rules.readOnly its statements cannot write, except to temporary tables */
export async function openProgramSession(
  pool: Pool,
  { readOnly, statementSeconds }: Pick<ProgramSession, 'statementSeconds'> & { readonly readOnly: boolean },
): Promise<ProgramSession> {
  const connection = await pool.getConnection();
  if (readOnly) await connection.query('SET SESSION TRANSACTION READ ONLY');
  return { connection, pool, utc: await isUtc(connection), statementSeconds };
}

/** Whether the session's time zone is UTC. It starts in the server's, which may be that of its machine. */
export async function isUtc(connection: Pick<PoolConnection, 'query'>): Promise<boolean> {
  const [[row]] = await connection.query<RowDataPacket[]>(
    "SELECT IF(@@session.time_zone = 'SYSTEM', @@system_time_zone, @@session.time_zone) AS zone",
  );
  return utcNames.has(row?.zone);
}

const utcNames = new Set(['UTC', '+00:00', 'GMT', 'Etc/UTC']);

/** Records what the server reports about the session after a statement. */
export function noteChanges(session: ProgramSession, changes: OkHeader['stateChanges']): void {
  const zone = changes?.systemVariables.time_zone;
  if (zone !== undefined) session.utc = utcNames.has(zone);
  if (changes?.schema) session.database = changes.schema;
}

/** Limits how long an abort waits for a database that does not answer. The session is unusable then. */
const mostTries = 10;

/** Repeats the KILL, because the first one may arrive before the statement has started. */
export async function endStatement(
  { pool, connection }: ProgramSession,
  ended: Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  for (let tries = 1, over = false; !over; tries++) {
    const killed = pool.query(`KILL QUERY ${connection.threadId}`).catch(() => {});
    over = await Promise.race([Promise.all([ended, killed]).then(() => true), sleep(1000, false, { ref: false })]);
    if (!over && signal.aborted && tries >= mostTries) return connection.destroy();
  }
  // A KILL that arrives late ends this statement instead of the next real one.
  await connection.query('DO 0').catch(() => {});
}
