import type { Pool } from 'mysql2/promise';
import pRetry from 'p-retry';
import type { CatalogModel } from '../catalog/catalog.ts';
import { loadCatalog, noQuestions } from '../catalog/load-catalog.ts';
import type { Config } from '../config.ts';
import { type Accounts, type DatabasePools, openDatabase } from '../datasource/accounts.ts';
import type { Engine } from '../engine/engine.ts';
import { type EngineOptions, openEngine } from '../engine/open-engine.ts';
import { MillraceError } from '../errors.ts';
import { migrate } from '../ledger/migrate.ts';
import { openPlanner, type Planner } from './planner.ts';
import type { LinkTemplates } from './statement-view.ts';
import { openStatementWatch, type StatementWatch } from './statement-watch.ts';
import { type Told, tell } from './tell.ts';

/** A database that the server works on, and what runs its statements. */
export interface Datasource extends Planner {
  readonly name: string;
  /** The system schema's name. */
  readonly schema: string;
  /** Of the system schema. */
  readonly pool: Pool;
  /** For our own statements on tables of users, with their account. */
  readonly tables: Pool;
  /** The same with the account of readers. */
  readonly readerTables: Pool;
  /** For results that are sent as fast as clients read: slow ones hold no connection that others wait for. */
  readonly streams: Pick<DatabasePools, 'system' | 'tables'>;
  readonly engine: Engine;
  readonly engineName: string;
  readonly watch: StatementWatch<Told>;
  /** Other pages about its statements. */
  readonly links: LinkTemplates;
  /** Of the engine. */
  readonly environment: NodeJS.ProcessEnv;
  models(): Promise<readonly CatalogModel[]>;
}

/** A datasource that may not be there yet: the server answers before its databases do. */
export interface DatasourceHandle {
  readonly name: string;
  readonly engineName: string;
  /** Connections to the system schema, also before the datasource is open. */
  readonly pool: Pool;
  /** @throws {MillraceError} why it is not open yet */
  get(): Datasource;
  close(options: { readonly handOver: boolean }): Promise<void>;
}

export interface DatasourceOptions {
  readonly name: string;
  readonly accounts: Accounts;
  readonly config: Config;
  /** Of the engine. */
  readonly environment: NodeJS.ProcessEnv;
  readonly links: LinkTemplates;
  readonly connections: number;
  readonly limits: EngineOptions['limits'];
  readonly signal: AbortSignal;
  readonly onError: (error: unknown) => void;
}

const streamConnections = 32;

/** Tries until it is open; then keeps the records of its statements. */
export function openDatasource(options: DatasourceOptions): DatasourceHandle {
  const { name, accounts, config, environment, links, connections, limits, signal, onError } = options;
  const pools = openDatabase(accounts, { connections });
  const streams = openDatabase(accounts, { connections: streamConnections });
  const readers = openDatabase({ ...accounts, dsn: accounts.readerDsn }, { connections });
  const pool = pools.system;
  let opened: Datasource | null = null;
  let trouble: unknown = new MillraceError('DATABASE_UNREACHABLE', `the datasource ${name} is being opened`, {
    hint: 'try again in a few seconds',
  });

  const opening = pRetry(
    async () => {
      await migrate(pool, config.schema);
      opened = ready(
        { name, pools, streams, readerTables: readers.tables, environment, links, config },
        await openEngine({ config, pool, accounts, environment, limits }),
      );
    },
    {
      retries: Number.POSITIVE_INFINITY,
      minTimeout: 500,
      maxTimeout: 10_000,
      randomize: true,
      signal,
      onFailedAttempt: ({ error }) => {
        trouble = error;
        onError(error);
      },
    },
  );
  const records = opening
    .then(() => opened?.engine.keepRecords(signal, onError))
    .catch((error) => {
      if (!signal.aborted) onError(error);
    });

  return {
    name,
    engineName: config.engine,
    pool,
    get() {
      if (opened === null) throw trouble;
      return opened;
    },
    async close(how) {
      await records;
      opened?.watch.close();
      await opened?.engine.close(how);
      await Promise.all([pools, streams, readers].map((each) => each.end()));
    },
  };
}

function ready(
  parts: Pick<Datasource, 'name' | 'streams' | 'readerTables' | 'environment' | 'links'> & {
    readonly pools: DatabasePools;
    readonly config: Config;
  },
  engine: Engine,
): Datasource {
  const { config, pools, ...given } = parts;
  const { system: pool, tables } = pools;
  const described = { ...given, pool, tables, schema: config.schema, engineName: config.engine };
  return {
    ...described,
    engine,
    watch: openStatementWatch(engine, (status) => tell(described, status)),
    ...openPlanner(pools, config),
    models: async () => (await loadCatalog(pools, config, noQuestions)).models,
  };
}
