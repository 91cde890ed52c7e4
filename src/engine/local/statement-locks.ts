import type { Pool, RowDataPacket } from 'mysql2/promise';
import { parseDsn } from '../../datasource/dsn.ts';
import { openPool } from '../../datasource/pool.ts';
import { lockOf } from '../../ledger/lock-names.ts';
import { openStatementWriter, type StatementWriter } from '../../ledger/statement-writer.ts';

/** Locks of database sessions say which statements have a living engine: they go with the connections, so with the process. */
export interface StatementLocks {
  /** null: another engine has it, or this one has it already. */
  take(id: string): Promise<StatementLock | null>;
  /** Takes the locks again whose session was lost. @returns the statements that another engine has now */
  renew(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface StatementLock {
  /** Writes nothing where another session than the lock's would: another engine may have the statement then. */
  readonly writer: StatementWriter;
  /** Takes the lock again where its session was lost; false: another engine has it. */
  renew(): Promise<boolean>;
  release(): Promise<void>;
}

interface Session {
  readonly pool: Pool;
  readonly writer: StatementWriter;
  readonly held: Set<string>;
}

/** Enough that the commits of some statements do not wait for those of others. */
const sessionsAtMost = 4;

export function openStatementLocks(dsn: string, schema: string): StatementLocks {
  const sessions: (Session | undefined)[] = new Array(sessionsAtMost).fill(undefined);
  const isOurs = (id: string) => `IS_USED_LOCK(${lockOf(schema, id)}) = CONNECTION_ID()`;
  const acquire = `IF(${isOurs('?')}, 1, GET_LOCK(${lockOf(schema, '?')}, 0))`;

  function sessionOf(id: string): Session {
    const place = [...id].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % sessionsAtMost;
    sessions[place] ??= openSession();
    return sessions[place];
  }

  /** Of one connection, which asks in order: a lock that is released is not taken again by a renewal that was asked for before. */
  function openSession(): Session {
    const pool = openPool(parseDsn(dsn), { connections: 1 });
    return { pool, writer: openStatementWriter(pool, schema, isOurs), held: new Set() };
  }

  /** @returns those that another engine has */
  async function acquireAll({ pool }: Session, ids: readonly string[]): Promise<readonly string[]> {
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
          // Where the session is gone, the lock is, too.
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

/** Lets go of the lock again unless `work` has begun the statement. */
export async function withLock(lock: StatementLock, work: () => Promise<boolean>): Promise<void> {
  let begun = false;
  try {
    begun = await work();
  } finally {
    if (!begun) await lock.release();
  }
}
