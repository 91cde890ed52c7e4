import type { Pool } from 'mysql2/promise';
import type { Accounts } from '../../datasource/accounts.ts';
import { parseDsn } from '../../datasource/dsn.ts';
import { openPool } from '../../datasource/pool.ts';
import { readStatementRules } from '../../datasource/results.ts';
import { openProgramSession, storeResult } from '../../datasource/store-result.ts';
import type { SqlStep } from '../../plan/plan.ts';

/** The one session that runs the standard statements of a program: SET, USE and temporary tables hold for those after them. */
export interface SqlSession {
  /** Gives the statement to the database as it stands; rows that come back are stored. */
  run(step: SqlStep): Promise<void>;
  close(): Promise<void>;
}

export interface SqlSessionOptions {
  readonly accounts: Accounts;
  /** For what the system schema holds. */
  readonly pool: Pool;
  readonly schema: string;
  readonly statement: string;
  readonly signal: AbortSignal;
}

/** On connections of its own: statements that hold those of a shared pool would wait for each other. */
export function openSqlSession({ accounts, pool, schema, statement, signal }: SqlSessionOptions): SqlSession {
  let opened: ReturnType<typeof open> | undefined;
  /** Bytes that the statement's steps have kept together. */
  let kept = 0;

  async function open() {
    const rules = await readStatementRules(pool, schema, statement);
    const dsn = rules.readOnly ? accounts.readerDsn : accounts.dsn;
    const own = openPool(parseDsn(dsn), { connections: 2, settings: 'server' });
    return { own, rules, session: await openProgramSession(own, rules) };
  }

  return {
    async run(query) {
      opened ??= open();
      const { session, rules } = await opened;
      await storeResult(
        session,
        query,
        {
          pool,
          schema,
          statement,
          step: query.name,
          resultBytes: rules.resultBytes - kept,
          onKept: (bytes) => {
            kept += bytes;
          },
        },
        signal,
      );
    },
    async close() {
      const session = await opened?.catch(() => {});
      session?.session.connection.destroy();
      await session?.own.end();
    },
  };
}
