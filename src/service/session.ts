import { randomUUIDv7 } from 'node:crypto';
import { userInfo } from 'node:os';
import type { Config } from '../config.ts';
import { type DatabasePools, openDatabase } from '../datasource/accounts.ts';
import { type KeptSession, keepSession } from '../datasource/kept-session.ts';
import { namedAccounts } from '../datasource/own-database.ts';
import type { Submission } from '../ledger/statement-status.ts';
import type { ModelActor } from '../model-task.ts';
import type { Plan } from '../plan/plan.ts';
import type { Program } from '../sql/statement.ts';
import { type Datasource, openDatasource } from './datasource.ts';
import { readProfiles } from './profiles.ts';

/** Opens the datasource of this machine's settings for the duration of one command. */
export interface Session extends Datasource {
  readonly pools: DatabasePools;
  /** Opens one session for the standard statements of several consecutive programs. */
  keepSession(): KeptSession;
  /** The user of this machine, who has the database's account and so may change everything. */
  readonly actor: ModelActor;
  submission(program: Program, plan: Plan): Submission;
  close(): Promise<void>;
}

export async function openSession(config: Config, note: (line: string) => void): Promise<Session> {
  const profiles = await readProfiles(process.env);
  const accounts = await namedAccounts(config, note);
  const pools = openDatabase(accounts, { connections: 8 });
  const environment = process.env;
  const links = { argo: null, grafana: null };
  const settings = { name: 'local', accounts, config, environment, profiles, links };
  const datasource = await openDatasource(settings, pools).catch(async (error) => {
    await pools.end();
    throw error;
  });
  const user = userInfo().username;
  return {
    ...datasource,
    pools,
    keepSession: () => keepSession(accounts.dsn),
    actor: { user, isAdmin: true },
    submission: ({ text }, plan) => ({
      id: randomUUIDv7(),
      text,
      plan,
      submittedBy: user,
      server: null,
    }),
    async close() {
      await datasource.engine.close();
      await pools.end();
    },
  };
}
