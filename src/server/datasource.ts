import type { Pool } from 'mysql2/promise';
import pRetry from 'p-retry';
import type { CatalogModel } from '../catalog/catalog.ts';
import { loadCatalog, noQuestions } from '../catalog/load-catalog.ts';
import type { Config } from '../config.ts';
import { parseDsn } from '../datasource/dsn.ts';
import { migrate } from '../datasource/migrate.ts';
import { openPool } from '../datasource/pool.ts';
import type { Engine } from '../engine/engine.ts';
import { type EngineOptions, openEngine } from '../engine/open-engine.ts';
import { MillraceError } from '../errors.ts';
import type { Plan } from '../plan/plan.ts';
import { changesNothing, modeOf, planParsed } from '../plan-text.ts';
import type { LexicalMode } from '../sql/lexical-mode.ts';
import type { Program } from '../sql/statement.ts';
import type { LinkTemplates } from './resource.ts';
import { openStatementWatch, type StatementWatch } from './statement-watch.ts';
import { type Told, tell } from './tell.ts';

/** A database that the server works on, and what runs its statements. */
export interface Datasource {
  readonly name: string;
  /** The system schema's name. */
  readonly schema: string;
  readonly pool: Pool;
  /** For results that are sent as fast as clients read: slow ones hold no connection that others wait for. */
  readonly streamPool: Pool;
  readonly engine: Engine;
  readonly engineName: string;
  readonly watch: StatementWatch<Told>;
  /** Other pages about its statements. */
  readonly links: LinkTemplates;
  /** Of the engine. */
  readonly environment: NodeJS.ProcessEnv;
  /** How the database reads standard SQL in a new session. */
  mode(): Promise<LexicalMode>;
  plan(program: Program): Promise<Plan>;
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
  const { name, dsn, config, environment, links, connections, limits, signal, onError } = options;
  const pool = openPool(parseDsn(dsn), { connections });
  const streamPool = openPool(parseDsn(dsn), { connections: streamConnections });
  let opened: Datasource | null = null;
  let trouble: unknown = new MillraceError('DATABASE_UNREACHABLE', `the datasource ${name} is being opened`, {
    hint: 'try again in a few seconds',
  });

  const opening = pRetry(
    async () => {
      await migrate(pool, config.schema);
      opened = ready(
        { name, pool, streamPool, environment, links, config },
        await openEngine({ config, pool, dsn, environment, isQuery: ({ plan }) => changesNothing(plan), limits }),
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
      await Promise.all([pool.end(), streamPool.end()]);
    },
  };
}

function ready(
  parts: Pick<Datasource, 'name' | 'pool' | 'streamPool' | 'environment' | 'links'> & { readonly config: Config },
  engine: Engine,
): Datasource {
  const { config, ...given } = parts;
  const described = { ...given, schema: config.schema, engineName: config.engine };
  return {
    ...described,
    engine,
    watch: openStatementWatch(engine, (status) => tell(described, status)),
    mode: () => modeOf(given.pool),
    plan: (program) => planParsed(program, given.pool, config),
    models: async () => (await loadCatalog(given.pool, config, noQuestions)).models,
  };
}
