import type { Pool, RowDataPacket } from 'mysql2/promise';
import { parseDsn } from '../../datasource/dsn.ts';
import { openPool } from '../../datasource/pool.ts';
import { lockOf } from '../../ledger/lock-names.ts';
import { openStatementWriter, type StatementWriter } from '../../ledger/statement-writer.ts';

/** Locks of database sessions show which statements have a living engine: the database releases them when the process dies. */
export interface StatementLocks {
  /** @returns null if another engine has the lock, or if this one already has it */
  take(id: string): Promise<StatementLock | null>;
  /** Takes the locks of lost sessions again. @returns the statements that another engine has now */
  renew(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface StatementLock {
  /** Writes only while its session holds the lock: otherwise, another engine may have the statement. */
  readonly writer: StatementWriter;
  /** Takes the lock again if its session was lost. @returns false if another engine has it */
  renew(): Promise<boolean>;
  release(): Promise<void>;
}

interface LockSession {
  readonly pool: Pool;
  readonly writer: StatementWriter;
  readonly held: Set<string>;
}

/** Maximum number of sessions. Enough that the commits of statements rarely wait for each other. */
const sessionsAtMost = 4;

export function openStatementLocks(dsn: string, schema: string): StatementLocks {
  const sessions: (LockSession | undefined)[] = new Array(sessionsAtMost).fill(undefined);
  const isOurs = (id: string) => `IS_USED_LOCK(${lockOf(schema, id)}) = CONNECTION_ID()`;
  const acquire = `IF(${isOurs('?')}, 1, GET_LOCK(${lockOf(schema, '?')}, 0))`;

  function sessionOf(id: string): LockSession {
    const place = [...id].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % sessionsAtMost;
    sessions[place] ??= openSession();
    return sessions[place];
  }

  /** A session has one connection, which executes in order: an earlier renewal cannot take a lock again after its release. */
  function openSession(): LockSession {
    const pool = openPool(parseDsn(dsn), { connections: 1 });
    return { pool, writer: openStatementWriter(pool, schema, isOurs), held: new Set() };
  }

  /** @returns the statements that another engine has */
  async function acquireAll({ pool }: LockSession, ids: readonly string[]): Promise<readonly string[]> {
    if (ids.length === 0) return [];
    const [[row]] = await pool.query<RowDataPacket[][]>({
      sql: `SELECT ${ids.map(() => acquire).join(', ')}`,
      values: ids.flatMap((id) => [id, id]),
      rowsAsArray: true,
    });
    return ids.filter((_, index) => Number(row?.[index]) !== 1);
  }

  return {
    async take(id) {
      const session = sessionOf(id);
      const { pool, writer, held } = session;
      if (held.has(id)) return null;
      held.add(id);
      const taken = await acquireAll(session, [id]).then(
        (lost) => lost.length === 0,
        (error) => {
          held.delete(id);
          throw error;
        },
      );
      if (!taken) held.delete(id);
      if (!taken) return null;
      return {
        writer,
        renew: async () => (await acquireAll(session, [id])).length === 0,
        async release() {
          if (!held.delete(id)) return;
          // If the session was lost, the database has already released the lock.
          await pool.query(`DO RELEASE_LOCK(${lockOf(schema, '?')})`, [id]).catch(() => {});
        },
      };
    },

    async renew() {
      const open = sessions.filter((session) => session !== undefined);
      return (await Promise.all(open.map((session) => acquireAll(session, [...session.held])))).flat();
    },

    async close() {
      await Promise.allSettled(sessions.map((session) => session?.pool.end()));
    },
  };
}

/** Releases the lock unless `work` started the statement. */
export async function withLock(lock: StatementLock, work: () => Promise<boolean>): Promise<void> {
  let begun = false;
  try {
    begun = await work();
  } finally {
    if (!begun) await lock.release();
  }
}
