import type { RowDataPacket } from 'mysql2/promise';
import { MillraceError } from '../errors.ts';
import { parseDsn } from './dsn.ts';
import { openPool } from './pool.ts';
import { openProgramSession, type ProgramSession } from './program-session.ts';

/** One session for the standard statements of several programs. Each program continues in the state that the previous one left. */
export interface KeptSession {
  /**
   * Called before each program; the first call opens the session.
   * @returns its current `@@sql_mode`
   * @throws {MillraceError} SESSION_LOST once after the connection was lost (the next program starts a new session); DATABASE_…
   */
  begin(): Promise<string>;
  /** The `@@sql_mode` of the session; null if there is no session yet. @throws {MillraceError} DATABASE_… */
  mode(): Promise<string | null>;
  /** The session that `begin` found or opened. */
  current(): ProgramSession;
  /** The database that the last `USE` selected; null: there was none. */
  usedDatabase(): string | null;
  /** Called after each program. @param changedMode whether it may have changed the sql_mode */
  ended(changedMode: boolean): void;
  close(): Promise<void>;
}

interface Opened {
  readonly session: ProgramSession;
  readonly end: () => Promise<void>;
}

export function keepSession(dsn: string): KeptSession {
  const datasource = parseDsn(dsn);
  let opened: Opened | null = null;
  let mode: string | null = null;

  async function open(): Promise<Opened> {
    const pool = openPool(datasource, { connections: 2, settings: 'server' });
    const session = await openProgramSession(pool, { readOnly: false, statementSeconds: null }).catch(async (error) => {
      await pool.end();
      throw error;
    });
    const end = async () => {
      session.connection.destroy();
      await pool.end();
    };
    return { session, end };
  }

  /** Asks only after a program that may have changed it, because the query affects ROW_COUNT() and warnings. */
  async function knownMode({ session }: Opened): Promise<string> {
    mode ??= await modeOf(session);
    return mode;
  }

  async function close(): Promise<void> {
    const closing = opened;
    opened = null;
    mode = null;
    await closing?.end();
  }

  return {
    async begin() {
      // Unlike a statement, a ping does not affect ROW_COUNT(), warnings and transactions.
      const isLost = await opened?.session.connection.ping().then(
        () => false,
        () => true,
      );
      if (isLost) {
        await close();
        throw sessionLost();
      }
      opened ??= await open();
      return knownMode(opened);
    },
    mode: async () => (opened === null ? null : knownMode(opened)),
    current() {
      if (opened === null) throw new Error('no session has started');
      return opened.session;
    },
    usedDatabase() {
      const used = opened?.session.database ?? datasource.database;
      return used === datasource.database ? null : used;
    },
    ended(changedMode) {
      if (changedMode) mode = null;
    },
    close,
  };
}

async function modeOf({ connection }: ProgramSession): Promise<string> {
  const [[row]] = await connection.query<RowDataPacket[]>('SELECT @@SESSION.sql_mode AS mode');
  return String(row?.mode ?? '');
}

function sessionLost(): MillraceError {
  const message =
    'the connection to the database was lost, including the variables, temporary tables, transaction and USE of its session';
  return new MillraceError('SESSION_LOST', message, {
    hint: 'the statement was not run; enter it again to run it in a new session',
  });
}
