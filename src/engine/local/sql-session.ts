import type { Pool } from 'mysql2/promise';
import type { Accounts } from '../../datasource/accounts.ts';
import { parseDsn } from '../../datasource/dsn.ts';
import type { KeptSession } from '../../datasource/kept-session.ts';
import { openPool } from '../../datasource/pool.ts';
import { openProgramSession } from '../../datasource/program-session.ts';
import { MillraceError } from '../../errors.ts';
import { readStatementRules } from '../../ledger/results.ts';
import { type RowTap, storeResult } from '../../ledger/store-result.ts';
import type { SqlStep } from '../../plan/plan.ts';

/** The one session that runs the standard statements of a program: SET, USE and temporary tables affect later statements. */
export interface SqlSession {
  /** Sends the statement to the database unchanged and stores the rows that it returns. */
  run(step: SqlStep): Promise<void>;
  close(): Promise<void>;
}

export interface SqlSessionOptions {
  readonly accounts: Accounts;
  /** Connections to the system schema. */
  readonly pool: Pool;
  readonly schema: string;
  readonly statement: string;
  readonly signal: AbortSignal;
  readonly tap?: RowTap | undefined;
  /** Session to use instead of connections of this program's own. It stays open afterwards. */
  readonly kept?: KeptSession | undefined;
}

/** Uses its own connections: statements that hold connections of a shared pool would wait for each other. */
export function openSqlSession(options: SqlSessionOptions): SqlSession {
  const { accounts, pool, schema, statement, signal, tap, kept } = options;
  let opened: ReturnType<typeof open> | undefined;
  /** Bytes of rows that the statement's steps have stored, in total. */
  let bytesKept = 0;

  async function open() {
    const rules = await readStatementRules(pool, schema, statement);
    if (kept !== undefined) return { own: null, rules, session: kept.current() };
    const dsn = rules.readOnly ? accounts.readerDsn : accounts.dsn;
    const own = openPool(parseDsn(dsn), { connections: 2, settings: 'server' });
    const session = await openProgramSession(own, rules).catch(async (error) => {
      await own.end();
      throw error;
    });
    return { own, rules, session };
  }

  return {
    async run(query) {
      opened ??= open();
      const { session, rules } = await opened;
      const target = {
        pool,
        schema,
        statement,
        step: query.name,
        resultBytes: rules.resultBytes - bytesKept,
        onKept: (bytes: number) => {
          bytesKept += bytes;
        },
      };
      await storeResult(session, query, target, signal, tap).catch(throwUncertain(query));
    },
    async close() {
      const { own, session } = (await opened?.catch(() => {})) ?? {};
      if (own == null) return;
      session?.connection.destroy();
      await own.end();
    },
  };
}

/** After a lost connection, the outcome of a statement is unknown. One that only reads may be repeated. */
function throwUncertain({ name, onlyReads }: SqlStep): (error: unknown) => never {
  return (cause) => {
    const isLost = cause instanceof MillraceError && cause.code === 'DATABASE_UNREACHABLE';
    if (!isLost || onlyReads) throw cause;
    const message = `the connection to the database was lost while it executed ${name}, which may or may not have taken effect`;
    throw new MillraceError('STATEMENT_UNCERTAIN', message, { cause });
  };
}
