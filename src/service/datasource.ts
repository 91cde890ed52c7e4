import type { Pool } from 'mysql2/promise';
import { listClasses } from '../catalog/load-repository.ts';
import type { Profile } from '../catalog/profile.ts';
import type { Config } from '../config.ts';
import type { Accounts, DatabasePools } from '../datasource/accounts.ts';
import type { Engine } from '../engine/engine.ts';
import { type EngineOptions, openEngine } from '../engine/open-engine.ts';
import { migrate } from '../ledger/migrate.ts';
import { listAllModels, type Model } from './models.ts';
import { openPlanner, type Planner } from './planner.ts';

/** A database that programs are submitted to, and the engine that runs them. */
export interface Datasource extends Planner {
  readonly name: string;
  /** Name of the system schema. */
  readonly schema: string;
  /** Connections to the system schema. */
  readonly pool: Pool;
  /** Connections for our own statements on users' tables, with the users' account. */
  readonly tables: Pool;
  /** Connections for SQL that users wrote. */
  readonly users: Pool;
  readonly engine: Engine;
  readonly engineName: string;
  /** Environment of the engine. */
  readonly environment: NodeJS.ProcessEnv;
  /** Folders of this machine that stand for volumes, by mount path. */
  readonly volumes: Config['volumes'];
  /** The administrator's profiles. */
  readonly profiles: readonly Profile[];
  /** Addresses of other pages about its statements. */
  readonly links: LinkTemplates;
  /** The models that `--model` can name. */
  models(): Promise<readonly Model[]>;
  /** Names of the classes that registered models know: TO FIND can name them. */
  classes(): Promise<readonly string[]>;
}

/** Addresses with `{id}` in place of the statement's id; null if there is no such page. */
export interface LinkTemplates {
  readonly argo: string | null;
  readonly grafana: string | null;
}

export interface DatasourceOptions {
  readonly name: string;
  readonly accounts: Accounts;
  readonly config: Config;
  /** Environment of the engine. */
  readonly environment: NodeJS.ProcessEnv;
  readonly profiles: readonly Profile[];
  readonly links: LinkTemplates;
  readonly limits?: EngineOptions['limits'];
}

/** Brings the system schema up to date and opens the engine. @throws {MillraceError} what `migrate` and `openEngine` throw */
export async function openDatasource(
  { name, accounts, config, environment, profiles, links, limits }: DatasourceOptions,
  pools: DatabasePools,
): Promise<Datasource> {
  const { system: pool, tables, users } = pools;
  await migrate(pool, config.schema);
  return {
    name,
    schema: config.schema,
    pool,
    tables,
    users,
    engine: await openEngine({ config, pool, accounts, environment, profiles, limits }),
    engineName: config.engine,
    environment,
    volumes: config.volumes,
    profiles,
    links,
    ...openPlanner(pools, config, { environment, profiles }),
    models: () => listAllModels(pool, config),
    classes: () => listClasses(pool, config.schema),
  };
}
