import type { Pool } from 'mysql2/promise';
import pRetry from 'p-retry';
import type { CatalogModel } from '../catalog/catalog.ts';
import { loadCatalog } from '../catalog/load-catalog.ts';
import type { Config } from '../config.ts';
import { parseDsn } from '../datasource/dsn.ts';
import { migrate } from '../datasource/migrate.ts';
import { openPool } from '../datasource/pool.ts';
import type { Engine } from '../engine/engine.ts';
import { openEngine } from '../engine/open-engine.ts';
import { MillraceError } from '../errors.ts';
import type { Plan } from '../plan/plan.ts';
import { planText } from '../plan-text.ts';
import { openStatementWatch, type StatementWatch } from './statement-watch.ts';

/** A database that the server works on, and what runs its statements. */
export interface Datasource {
  readonly name: string;
  /** The system schema's name. */
  readonly schema: string;
  readonly pool: Pool;
  readonly engine: Engine;
  readonly engineName: string;
  readonly watch: StatementWatch;
  plan(text: string): Promise<Plan>;
  models(): Promise<readonly CatalogModel[]>;
}

/** A datasource that may not be there yet: the server answers before its databases do. */
export interface DatasourceHandle {
  readonly name: string;
  readonly engineName: string;
  /** Connections, also before the datasource is open. */
  readonly pool: Pool;
  /** @throws {MillraceError} why it is not open yet */
  get(): Datasource;
  close(options: { readonly handOver: boolean }): Promise<void>;
}

export interface DatasourceOptions {
  readonly name: string;
  readonly dsn: string;
  readonly config: Config;
  readonly connections: number;
  readonly signal: AbortSignal;
  readonly onError: (error: unknown) => void;
}

/** Tries until it is open; then keeps the records of its statements. */
export function openDatasource(options: DatasourceOptions): DatasourceHandle {
  const { name, dsn, config, connections, signal, onError } = options;
  const pool = openPool(parseDsn(dsn), { connections });
  let opened: Datasource | null = null;
  let trouble: unknown = new MillraceError('DATABASE_UNREACHABLE', `the datasource ${name} is being opened`, {
    hint: 'try again in a few seconds',
  });

  const opening = pRetry(
    async () => {
      await migrate(pool, config.schema);
      opened = ready(name, pool, config, await openEngine(config, pool, dsn));
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
  const records = opening.then(() => opened?.engine.keepRecords(signal, onError)).catch((error) => {
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
      await pool.end();
    },
  };
}

function ready(name: string, pool: Pool, config: Config, engine: Engine): Datasource {
  return {
    name,
    schema: config.schema,
    pool,
    engine,
    engineName: config.engine,
    watch: openStatementWatch(engine),
    plan: (text) => planText(text, pool, config),
    models: async () => (await loadCatalog(pool, config, { queries: [], tables: [] })).models,
  };
}
