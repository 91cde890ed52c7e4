import { availableParallelism } from 'node:os';
import type { Pool, RowDataPacket } from 'mysql2/promise';
import type { Config } from '../config.ts';
import type { DatabasePools } from '../datasource/accounts.ts';
import { describeQuery, describeTable } from '../datasource/describe.ts';
import { MillraceError } from '../errors.ts';
import type { ModelActor } from '../model-task.ts';
import type { TableTarget } from '../task.ts';
import { type Catalog, type QueryFacts, type TableFacts, tableKey } from './catalog.ts';
import { images } from './images.ts';
import { namedModels } from './named-models.ts';

/** What the planner needs to know from the database about a program. */
export interface Questions {
  readonly queries: readonly { readonly text: string; readonly afterOthers: boolean }[];
  /** Result tables that no earlier statement of the program can have made or dropped. */
  readonly tables: readonly TableTarget[];
  /** Tables and views whose sources must be known, and how the sources of a view are read from its query. */
  readonly sources: readonly TableTarget[];
  readonly sourcesOf: (query: string) => readonly TableTarget[];
  /** Names of models, or words that may be such names; `name@version` is a version. */
  readonly models: readonly string[];
  /** Tables of labels. */
  readonly labels?: readonly TableTarget[];
}

/** A few large partitions are faster than many small ones, because the pod of each takes seconds to start. */
const partitionsOfAuto = 4;

/**
 * Argo stores two nodes per pod, and one per retry, in the workflow. It compresses them beyond 1 MiB, and rejects the workflow if they
 * still exceed 1 MiB, which is the case at about 7,000 nodes. This limit leaves a thousand to retries.
 */
const mostPodsOfArgo = 3000;

const volumes = [
  { claim: 'datasets', mountPath: '/datasets', readOnly: true },
  { claim: 'models', mountPath: '/models', readOnly: true },
];

/** Of the models, those that the program may name: registered in the system schema, or files `NAME.onnx` in the folder used as `/models`. */
export async function loadCatalog(
  { system, tables, users }: DatabasePools,
  config: Config,
  questions: Questions,
  actor: ModelActor,
): Promise<Omit<Catalog, 'otherImagesAccount'>> {
  const remote = config.engine !== 'local';
  const database = await defaultDatabase(tables);
  return {
    images,
    otherImages: remote,
    volumes,
    mounted: remote ? null : Object.keys(config.volumes),
    database,
    ...(await namedModels(
      { pool: system, schema: config.schema, folder: config.volumes['/models'] },
      questions.models,
    )),
    actor,
    otherModels: remote,
    parallelism: remote ? partitionsOfAuto : availableParallelism(),
    mostPods: remote ? mostPodsOfArgo : Number.MAX_SAFE_INTEGER,
    sharedSession: !remote,
    views: await findViews(tables),
    viewDefinitions: await describeViews(tables, database, questions),
    queries: await describeQueries(users, questions.queries),
    tables: await describeTargets(tables, questions.tables),
    labels: await describeLabels(tables, database, questions.labels ?? []),
  };
}

async function defaultDatabase(pool: Pool): Promise<string | null> {
  const [rows] = await pool.query<RowDataPacket[]>('SELECT DATABASE() AS name');
  return rows[0]?.name ?? null;
}

async function findViews(pool: Pool): Promise<readonly string[]> {
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT DISTINCT LOWER(TABLE_NAME) AS name FROM information_schema.VIEWS
     WHERE TABLE_SCHEMA NOT IN ('sys', 'information_schema', 'performance_schema', 'mysql') ORDER BY name`,
  );
  return rows.map(({ name }) => name);
}

/** Definitions of the views among the sources, and of the views that those read in turn. */
async function describeViews(
  pool: Pool,
  database: string | null,
  { sources, sourcesOf }: Questions,
): Promise<Record<string, string | null>> {
  const definitions: Record<string, string | null> = {};
  for (let next = sources; next.length > 0; ) {
    const names = next.map((source) => ({ ...source, database: source.database ?? database }));
    const asked = names.filter((name) => definitions[tableKey(name).toLowerCase()] === undefined);
    const views = await viewsAmong(pool, asked);
    for (const { name, query } of views) definitions[tableKey(name).toLowerCase()] = query;
    next = views.flatMap(({ query }) => (query === null ? [] : sourcesOf(query)));
  }
  return definitions;
}

async function viewsAmong(pool: Pool, names: readonly TableTarget[]) {
  if (names.length === 0) return [];
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT TABLE_SCHEMA AS db, TABLE_NAME AS name, VIEW_DEFINITION AS query FROM information_schema.VIEWS
     WHERE (TABLE_SCHEMA, TABLE_NAME) IN (?)`,
    [names.map(({ database, table }) => [database, table])],
  );
  return rows.map(({ db, name, query }) => ({
    name: { database: String(db), table: String(name) },
    query: query === null || query === '' ? null : String(query),
  }));
}

async function describeQueries(pool: Pool, queries: Questions['queries']): Promise<Record<string, QueryFacts>> {
  const facts: Record<string, QueryFacts> = {};
  for (const { text, afterOthers } of queries) facts[text] ??= await factsOf(pool, text, afterOthers);
  return facts;
}

async function factsOf(pool: Pool, query: string, afterOthers: boolean): Promise<QueryFacts> {
  try {
    const { columns } = await describeQuery(pool, query);
    if (columns.length === 0) return { kind: 'refused', message: 'the statement before TO returns no rows' };
    return { kind: 'columns', columns: columns.map(({ name }) => name), kinds: columns.map(({ kind }) => kind) };
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'QUERY_FAILED') throw error;
    return afterOthers ? { kind: 'unknown' } : { kind: 'refused', message: error.message };
  }
}

async function describeLabels(
  pool: Pool,
  database: string | null,
  tables: readonly TableTarget[],
): Promise<Record<string, readonly string[] | null>> {
  const facts: Record<string, readonly string[] | null> = {};
  for (const table of tables) {
    const at = { ...table, database: table.database ?? database };
    facts[tableKey(at)] = (await describeTable(pool, at))?.columns.map(({ name }) => name) ?? null;
  }
  return facts;
}

async function describeTargets(pool: Pool, tables: readonly TableTarget[]): Promise<Record<string, TableFacts>> {
  const facts: Record<string, TableFacts> = {};
  for (const table of tables) facts[tableKey(table)] = { exists: (await describeTable(pool, table)) !== null };
  return facts;
}
