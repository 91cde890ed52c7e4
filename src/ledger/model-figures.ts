import type { Pool, RowDataPacket } from 'mysql2/promise';
import type { ClassMeasurement } from './measurements.ts';
import { tablesOf } from './tables.ts';

/** What a model took in a run or an evaluation. */
export interface ModelTiming {
  readonly origin: 'run' | 'evaluation';
  readonly device: string;
  readonly batch: number;
  readonly images: number;
  /** ms per image: of inference alone, if that was measured. */
  readonly ms: number;
}

/** The latest evaluation of a model. */
export interface ModelEvaluation {
  /** UTC, `YYYY-MM-DD HH:MM:SS.ffffff` */
  readonly measuredAt: string;
  readonly images: number;
  readonly perClass: readonly ClassMeasurement[];
}

/** What is known of a model. */
export interface ModelFigures {
  /** Newest first. */
  readonly timings: readonly ModelTiming[];
  readonly evaluation: ModelEvaluation | null;
}

const unknown: ModelFigures = { timings: [], evaluation: null };

/** The figures of files, by their digests; of a file without measurements, none. */
export async function figuresOfFiles(
  pool: Pool,
  schema: string,
  digests: readonly string[],
): Promise<(digest: string) => ModelFigures> {
  if (digests.length === 0) return () => unknown;
  const rows = await readFigures(pool, schema, 'digest IN (?)', [digests]);
  const found = Map.groupBy(rows, ({ digest }) => digest as string);
  return (digest) => figuresFrom(found.get(digest) ?? []);
}

/** The figures of an unregistered file, or of a version of a simulated model, which has none of its own but an evaluation. */
export async function figuresOfName(
  pool: Pool,
  schema: string,
  name: string,
  version: number | null,
): Promise<ModelFigures> {
  const where = version === null ? 'version IS NULL' : 'version = ? AND digest IS NULL';
  const values = version === null ? [name] : [name, version];
  return figuresFrom(await readFigures(pool, schema, `model_name = ? AND ${where}`, values));
}

/** Rows with timings, newest first, and the latest row with accuracies of classes, of each file. */
async function readFigures(
  pool: Pool,
  schema: string,
  where: string,
  values: unknown[],
): Promise<readonly RowDataPacket[]> {
  const table = tablesOf(schema)('model_measurements');
  const [timings] = await pool.query<RowDataPacket[]>(
    `SELECT digest, origin, device, batch, images, COALESCE(infer_ms, total_ms) AS ms, NULL AS per_class, measured_at FROM ${table}
     WHERE ${where} AND origin IN ('run', 'evaluation') AND device IS NOT NULL AND batch IS NOT NULL
       AND COALESCE(infer_ms, total_ms) IS NOT NULL ORDER BY id DESC`,
    values,
  );
  const [evaluations] = await pool.query<RowDataPacket[]>(
    `SELECT m.digest, m.images, m.measured_at, m.per_class FROM ${table} AS m
     JOIN (SELECT MAX(id) AS id FROM ${table} WHERE ${where} AND per_class IS NOT NULL GROUP BY digest) AS latest ON latest.id = m.id
     ORDER BY m.id DESC`,
    values,
  );
  return [...timings, ...evaluations];
}

function figuresFrom(rows: readonly RowDataPacket[]): ModelFigures {
  const evaluated = rows.find(({ per_class }) => per_class !== null);
  return {
    timings: rows
      .filter(({ per_class }) => per_class === null)
      .map(({ origin, device, batch, images, ms }) => ({
        ...{ origin, device, batch: Number(batch), images: Number(images), ms: Number(ms) },
      })),
    evaluation:
      evaluated === undefined
        ? null
        : {
            measuredAt: evaluated.measured_at,
            images: Number(evaluated.images),
            perClass: JSON.parse(evaluated.per_class),
          },
  };
}
