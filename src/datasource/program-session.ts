import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolConnection, RowDataPacket } from 'mysql2/promise';
import type { OkHeader } from './row-stream.ts';

/** A connection on which the statements of a program run one after the other. */
export interface ProgramSession {
  readonly connection: PoolConnection;
  /** Has another connection to end a statement of this one. */
  readonly pool: Pool;
  /** Whether the session's time zone is UTC. */
  utc: boolean;
  /** A statement that runs longer is ended; null: none is. */
  readonly statementSeconds: number | null;
  /** Its database after the last USE; undefined: none was seen. */
  database?: string;
}

/** @param rules.readOnly its statements cannot write, but to temporary tables */
export async function openProgramSession(
  pool: Pool,
  { readOnly, statementSeconds }: Pick<ProgramSession, 'statementSeconds'> & { readonly readOnly: boolean },
): Promise<ProgramSession> {
  const connection = await pool.getConnection();
  if (readOnly) await connection.query('SET SESSION TRANSACTION READ ONLY');
  return { connection, pool, utc: await isUtc(connection), statementSeconds };
}

/** A session begins in the server's time zone, which may be that of its machine. */
async function isUtc(connection: PoolConnection): Promise<boolean> {
  const [[row]] = await connection.query<RowDataPacket[]>(
    "SELECT IF(@@session.time_zone = 'SYSTEM', @@system_time_zone, @@session.time_zone) AS zone",
  );
  return utcNames.has(row?.zone);
}

const utcNames = new Set(['UTC', '+00:00', 'GMT', 'Etc/UTC']);

/** What the server says of the session after a statement. */
export function noteChanges(session: ProgramSession, changes: OkHeader['stateChanges']): void {
  const zone = changes?.systemVariables.time_zone;
  if (zone !== undefined) session.utc = utcNames.has(zone);
  if (changes?.schema) session.database = changes.schema;
}

/** After an abort nobody waits any longer for a database that does not answer; the session is of no use then. */
const mostTries = 10;

/** Again and again: the first may come before the statement has begun. */
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
  // One that came too late would end the next statement.
  await connection.query('DO 0').catch(() => {});
}
