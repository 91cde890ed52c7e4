import type { Pool, RowDataPacket } from 'mysql2/promise';
import type { FileKind, Simulation } from '../model-task.ts';
import type { TabularFacts } from '../tabular-model.ts';
import { tablesOf } from './tables.ts';

export type ModelKind = FileKind | 'simulated';

/** What a look at the file found, or the statement gave instead. */
export interface ModelFacts {
  readonly family: string | null;
  readonly classNames: readonly string[];
  /** Whether the statement gave the names: then they are used instead of the file's. */
  readonly namesAreGiven: boolean;
  /** Size of the input in px; null: any. */
  readonly width: number | null;
  readonly height: number | null;
  /** Names of the model's inputs. */
  readonly inputs: readonly string[];
  /** Absent: it reads pictures, or it is simulated. */
  readonly tabular?: TabularFacts;
}

/** A version of a registered model. */
export interface ModelVersion {
  readonly name: string;
  readonly version: number;
  /** The version that the bare name stands for. */
  readonly isCurrent: boolean;
  readonly owner: string;
  readonly kind: ModelKind;
  /** SHA-256 of the file in hexadecimal digits; null: simulated. */
  readonly digest: string | null;
  /** Bytes of the file. */
  readonly size: number | null;
  /** Where the file is: in a volume or in the system schema; `none`: simulated. */
  readonly location: 'path' | 'database' | 'none';
  /** The file as a step sees it; null: in the database only. */
  readonly file: string | null;
  /** Name of the model that a simulated one is like. */
  readonly base: string | null;
  readonly facts: ModelFacts;
  /** Text of the statement that made it; null: imported. */
  readonly statement: string | null;
  /** UTC, `YYYY-MM-DD HH:MM:SS.ffffff` */
  readonly madeAt: string;
  readonly madeBy: string;
  readonly simulation: Simulation | null;
}

/** A model in a list: its current version without the long parts, with its latest measurements. */
export interface ListedModel
  extends Pick<
    ModelVersion,
    'name' | 'version' | 'owner' | 'kind' | 'digest' | 'size' | 'location' | 'file' | 'base' | 'madeAt'
  > {
  readonly family: string | null;
  /** Number of classes. */
  readonly classes: number | null;
  /** COCO's AP at .50:.95 of the latest evaluation; null: none. */
  readonly map: number | null;
  /** Of the latest measurement; null: none. */
  readonly imagesPerSecond: number | null;
}

const columns = `v.model_name, v.version, v.version = m.current_version AS is_current, m.owner, v.kind, v.digest, v.size, v.location, v.file,
  v.base, v.family, v.facts, v.statement, v.made_at, v.made_by, v.simulation`;

/** A version, or without one the current version; null if the registry has none. */
export async function readModel(
  pool: Pick<Pool, 'query'>,
  schema: string,
  name: string,
  version: number | null,
): Promise<ModelVersion | null> {
  const versions = await readVersions(pool, schema, [name]);
  return versions.find((each) => (version === null ? each.isCurrent : each.version === version)) ?? null;
}

/** All versions of the named models that were not dropped, oldest first. Reads these models only. */
export async function readVersions(
  pool: Pick<Pool, 'query'>,
  schema: string,
  names: readonly string[],
): Promise<readonly ModelVersion[]> {
  if (names.length === 0) return [];
  const table = tablesOf(schema);
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT ${columns} FROM ${table('models')} AS m JOIN ${table('model_versions')} AS v ON v.model_name = m.name
     WHERE m.name IN (?) AND v.state = 'active' ORDER BY v.model_name, v.version`,
    [names],
  );
  return rows.map(versionOf);
}

/** @param like a pattern of SQL; null: all models */
export async function listModels(pool: Pool, schema: string, like: string | null): Promise<readonly ListedModel[]> {
  const table = tablesOf(schema);
  // Ten thousand rows as arrays take a third less time than as objects. In this order of the tables, the rows need no sorting.
  const [rows] = await pool.query<RowDataPacket[][]>({
    sql: `SELECT v.model_name, v.version, m.owner, v.kind, v.digest, v.size, v.location, v.file, v.base, v.made_at, v.family, v.classes, v.map,
       v.total_ms
     FROM ${table('models')} AS m
     STRAIGHT_JOIN ${table('model_versions')} AS v ON v.model_name = m.name AND v.version = m.current_version
     ${like === null ? '' : 'WHERE m.name LIKE ?'} ORDER BY m.name`,
    values: like === null ? [] : [like],
    rowsAsArray: true,
  });
  return (rows as unknown as ListedRow[]).map(
    ([name, version, owner, kind, digest, size, location, file, base, madeAt, family, classes, map, totalMs]) => ({
      ...{
        name,
        version,
        owner,
        kind,
        digest,
        size: size === null ? null : Number(size),
        location,
        file,
        base,
        madeAt,
      },
      ...{ family, classes, map, imagesPerSecond: totalMs === null ? null : 1000 / totalMs },
    }),
  );
}

type ListedRow = [
  ...[string, number, string, ModelKind, string | null, string | null, ModelVersion['location'], string | null],
  ...[string | null, string, string | null, number | null, number | null, number | null],
];

/** Names of models, for suggestions: at most `most`, in alphabetical order. */
export async function listNames(pool: Pool, schema: string, most: number): Promise<readonly string[]> {
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT name FROM ${tablesOf(schema)('models')} ORDER BY name LIMIT ?`,
    [most],
  );
  return rows.map(({ name }) => name);
}

function sharedParts(row: RowDataPacket) {
  return {
    name: row.model_name,
    version: row.version,
    owner: row.owner,
    kind: row.kind,
    digest: row.digest,
    size: row.size === null ? null : Number(row.size),
    location: row.location,
    file: row.file,
    base: row.base,
    madeAt: row.made_at,
  };
}

function versionOf(row: RowDataPacket): ModelVersion {
  const {
    classNames = [],
    namesAreGiven = false,
    width = null,
    height = null,
    inputs = [],
    family = row.family ?? null,
    tabular,
  } = JSON.parse(row.facts);
  return {
    ...sharedParts(row),
    isCurrent: Number(row.is_current) === 1,
    facts: { family, classNames, namesAreGiven, width, height, inputs, ...(tabular !== undefined && { tabular }) },
    statement: row.statement,
    madeBy: row.made_by,
    simulation: row.simulation === null ? null : JSON.parse(row.simulation),
  };
}

/** The registered model that has a file, if one has: the one whose current version it is, or else the newest. */
export async function modelOfDigest(
  pool: Pool,
  schema: string,
  digest: string,
): Promise<{ readonly name: string; readonly version: number } | null> {
  const table = tablesOf(schema);
  const [[row]] = await pool.query<RowDataPacket[]>(
    `SELECT v.model_name, v.version FROM ${table('model_versions')} AS v JOIN ${table('models')} AS m ON m.name = v.model_name
     WHERE v.digest = ? AND v.state = 'active' ORDER BY v.version = m.current_version DESC, v.made_at DESC LIMIT 1`,
    [digest],
  );
  return row === undefined ? null : { name: row.model_name, version: row.version };
}
