import { randomUUIDv7 } from 'node:crypto';
import { userInfo } from 'node:os';
import type { Pool } from 'mysql2/promise';
import type { Config } from '../config.ts';
import { parseDsn } from '../datasource/dsn.ts';
import { migrate } from '../datasource/migrate.ts';
import { ownDatabase } from '../datasource/own-database.ts';
import { openPool } from '../datasource/pool.ts';
import type { Engine, Submission } from '../engine/engine.ts';
import { openEngine } from '../engine/open-engine.ts';
import type { Plan } from '../plan/plan.ts';
import { changesNothing, planText } from '../plan-text.ts';

/** A database and the engine that works on it, for the length of one command. */
export interface Session {
  readonly pool: Pool;
  readonly engine: Engine;
  /** SQL text -> Statement -> Plan, with what the database and the catalog know. */
  plan(text: string): Promise<Plan>;
  submission(text: string, plan: Plan): Submission;
  close(): Promise<void>;
}

export async function openSession(config: Config, note: (line: string) => void): Promise<Session> {
  const dsn = config.dsn ?? (await ownDatabase(config, note));
  const pool = openPool(parseDsn(dsn), { connections: 8 });
  const engine = await migrate(pool, config.schema)
    .then(() =>
      openEngine({ config, pool, dsn, environment: process.env, isQuery: ({ plan }) => changesNothing(plan) }),
    )
    .catch(async (error) => {
      await pool.end();
      throw error;
    });
  return {
    pool,
    engine,
    plan: (text) => planText(text, pool, config),
    submission: (text, plan) => ({ id: randomUUIDv7(), text, plan, submittedBy: userInfo().username, server: null }),
    async close() {
      await engine.close();
      await pool.end();
    },
  };
}
