import { randomUUIDv7 } from 'node:crypto';
import { userInfo } from 'node:os';
import type { Config } from '../config.ts';
import { type DatabasePools, openDatabase } from '../datasource/accounts.ts';
import { type KeptSession, keepSession } from '../datasource/kept-session.ts';
import { namedAccounts } from '../datasource/own-database.ts';
import type { Engine } from '../engine/engine.ts';
import { openEngine } from '../engine/open-engine.ts';
import { migrate } from '../ledger/migrate.ts';
import type { Submission } from '../ledger/statement-status.ts';
import type { Plan } from '../plan/plan.ts';
import type { Program } from '../sql/statement.ts';
import { openPlanner, type Planner } from './planner.ts';

/** A database and the engine that works on it, for the length of one command. */
export interface Session extends Planner {
  readonly pools: DatabasePools;
  readonly engine: Engine;
  /** For the standard statements of programs that run one after the other. */
  keepSession(): KeptSession;
  submission(program: Program, plan: Plan): Submission;
  close(): Promise<void>;
}

export async function openSession(config: Config, note: (line: string) => void): Promise<Session> {
  const accounts = await namedAccounts(config, note);
  const pools = openDatabase(accounts, { connections: 8 });
  const { system: pool } = pools;
  const engine = await migrate(pool, config.schema)
    .then(() => openEngine({ config, pool, accounts, environment: process.env }))
    .catch(async (error) => {
      await pools.end();
      throw error;
    });
  return {
    pools,
    engine,
    ...openPlanner(pools, config),
    keepSession: () => keepSession(accounts.dsn),
    submission: ({ text }, plan) => ({
      id: randomUUIDv7(),
      text,
      plan,
      submittedBy: userInfo().username,
      server: null,
    }),
    async close() {
      await engine.close();
      await pools.end();
    },
  };
}
