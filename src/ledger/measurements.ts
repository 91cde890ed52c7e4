import type { Pool, PoolConnection, RowDataPacket } from 'mysql2/promise';
import { transaction, withReconnect } from '../datasource/pool.ts';
import { tablesOf } from './tables.ts';

/** One measurement of a model: by a run, by an evaluation, or imported. */
export interface Measurement {
  readonly modelName: string;
  /** null: the model was not registered. */
  readonly version: number | null;
  /** SHA-256 of the model's file; null: simulated. */
  readonly digest: string | null;
  readonly statementId: string | null;
  readonly step: string | null;
  readonly origin: 'run' | 'evaluation' | 'imported';
  readonly device: string | null;
  readonly batch: number | null;
  readonly images: number;
  /** ms per image, as the next two. */
  readonly decodeMs: number | null;
  readonly inferMs: number | null;
  readonly totalMs: number | null;
  /** Seconds from the start of a partition to its first image. */
  readonly startS: number | null;
  /** Bytes. */
  readonly peakMemory: number | null;
  /** Number of partitions of the run, and of those that ran at the same time. */
  readonly partitions?: number | null;
  readonly atOnce?: number | null;
  /** COCO's figures and others by name: map, map50, map75, small, medium, large, ar1, ar10, ar100, top1, … */
  readonly accuracy: Readonly<Record<string, number | null>> | null;
  readonly perClass: readonly ClassMeasurement[] | null;
}

export interface ClassMeasurement {
  readonly classId: number;
  readonly name: string;
  readonly ap: number | null;
  /** Images about which the model is right or wrong that they show the class. */
  readonly right: number | null;
  readonly wrong: number | null;
  /** Images that show the class. */
  readonly shown: number | null;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly images: number | null;
}

export interface StoredMeasurement extends Measurement {
  /** UTC, `YYYY-MM-DD HH:MM:SS.ffffff` */
  readonly measuredAt: string;
}

const columns = [
  ['model_name', 'modelName'],
  ['version', 'version'],
  ['digest', 'digest'],
  ['statement_id', 'statementId'],
  ['step', 'step'],
  ['origin', 'origin'],
  ['device', 'device'],
  ['batch', 'batch'],
  ['images', 'images'],
  ['decode_ms', 'decodeMs'],
  ['infer_ms', 'inferMs'],
  ['total_ms', 'totalMs'],
  ['start_s', 'startS'],
  ['peak_memory', 'peakMemory'],
  ['partitions', 'partitions'],
  ['at_once', 'atOnce'],
] as const satisfies readonly (readonly [string, keyof Measurement])[];

const names = [...columns.map(([column]) => column), 'accuracy', 'per_class'];

/** Stores a measurement. One of the same statement, step and origin replaces the earlier one: a step may be repeated. */
export async function recordMeasurement(pool: Pool, schema: string, measurement: Measurement): Promise<void> {
  const values = columns.map(([, key]) => measurement[key] ?? null);
  const documents = [measurement.accuracy, measurement.perClass].map((value) =>
    value === null ? null : JSON.stringify(value),
  );
  const changes = names.map((name) => `${name} = VALUES(${name})`);
  await withReconnect(() =>
    transaction(pool, async (connection) => {
      await connection.query(
        `INSERT INTO ${tablesOf(schema)('model_measurements')} (${names.join(', ')}) VALUES (?)
         ON DUPLICATE KEY UPDATE ${changes.join(', ')}, measured_at = NOW(6)`,
        [[...values, ...documents]],
      );
      await keepLatest(connection, schema, measurement);
    }),
  );
}

/** Lists of models show these figures of each version without reading its measurements. */
async function keepLatest(
  connection: PoolConnection,
  schema: string,
  { modelName, version, accuracy, totalMs }: Measurement,
): Promise<void> {
  const latest = {
    ...(accuracy !== null && { map: accuracy.map ?? null }),
    ...(totalMs !== null && totalMs > 0 && { total_ms: totalMs }),
  };
  if (version === null || Object.keys(latest).length === 0) return;
  await connection.query(`UPDATE ${tablesOf(schema)('model_versions')} SET ? WHERE model_name = ? AND version = ?`, [
    latest,
    modelName,
    version,
  ]);
}

/** What measurements are of: a file, or a version of a simulated model. A name without a version is an unregistered model. */
export type Measured = { readonly digest: string } | { readonly name: string; readonly version: number | null };

/** The latest measurements, newest first. */
export async function readMeasurements(
  pool: Pool,
  schema: string,
  measured: Measured,
  most = 100,
): Promise<readonly StoredMeasurement[]> {
  const [where, values] =
    'digest' in measured
      ? ['digest = ?', [measured.digest]]
      : ['model_name = ? AND version <=> ?', [measured.name, measured.version]];
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT ${names.join(', ')}, measured_at FROM ${tablesOf(schema)('model_measurements')} WHERE ${where} ORDER BY id DESC LIMIT ?`,
    [...values, most],
  );
  return rows.map(measurementOf);
}

function measurementOf(row: RowDataPacket): StoredMeasurement {
  const numbers = new Set(['images', 'peak_memory']);
  const parts = columns.map(([column, key]) => {
    const value = row[column];
    return [key, value !== null && numbers.has(column) ? Number(value) : value];
  });
  const json = (text: string | null) => (text === null ? null : JSON.parse(text));
  return {
    ...(Object.fromEntries(parts) as Measurement),
    accuracy: json(row.accuracy),
    perClass: json(row.per_class),
    measuredAt: row.measured_at,
  };
}

/** Number of runs of a model on a device with a batch size that are kept. */
const runsKept = 20;

/** Stores the measurement of a run, and drops the oldest runs of the same model, device and batch size. */
export async function recordRun(pool: Pool, schema: string, run: Measurement): Promise<void> {
  await recordMeasurement(pool, schema, run);
  const table = tablesOf(schema)('model_measurements');
  const where = "digest <=> ? AND model_name = ? AND device <=> ? AND batch <=> ? AND origin = 'run'";
  const same = [run.digest, run.modelName, run.device, run.batch];
  await withReconnect(() =>
    pool.query(
      `DELETE FROM ${table} WHERE ${where} AND id < (SELECT id FROM
         (SELECT id FROM ${table} WHERE ${where} ORDER BY id DESC LIMIT 1 OFFSET ?) AS oldest)`,
      [...same, ...same, runsKept - 1],
    ),
  );
}
