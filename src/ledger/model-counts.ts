import type { Pool, PoolConnection, RowDataPacket } from 'mysql2/promise';
import type { SelectionPlace } from './selections.ts';
import { tablesOf } from './tables.ts';

/** What a model of a step that asks several was asked about its rows. Failed rows do not count. */
export interface ModelCounts {
  /** Its place in the order in which models are asked, from 0. */
  readonly model: number;
  /** Number of rows that reached it. */
  readonly asked: number;
  /** Number of rows whose last answer was its. */
  readonly decided: number;
  /** Number of asked rows that a stored answer answered. */
  readonly reused: number;
  /** Milliseconds of inference of the other ones. */
  readonly inferMs: number;
}

/** Adds what a batch of rows asked, in the transaction that writes its results. */
export async function countModels(
  connection: PoolConnection,
  { schema, names }: SelectionPlace,
  partitionNo: number,
  counts: readonly ModelCounts[],
): Promise<void> {
  if (counts.length === 0) return;
  const added = ['asked', 'decided', 'reused', 'infer_ms'].map((column) => `${column} = ${column} + VALUES(${column})`);
  await connection.query(
    `INSERT INTO ${tablesOf(schema)('model_counts')} (selection_id, partition_no, model_no, asked, decided, reused, infer_ms) VALUES ?
     ON DUPLICATE KEY UPDATE ${added.join(', ')}`,
    [
      counts.map(({ model, asked, decided, reused, inferMs }) => [
        names.id,
        partitionNo,
        model,
        asked,
        decided,
        reused,
        inferMs,
      ]),
    ],
  );
}

/** Counts of whole steps, in the order of the models, by selection in hexadecimal digits. */
export async function readModelCounts(
  pool: Pool,
  schema: string,
  selections: readonly Buffer[],
): Promise<ReadonlyMap<string, readonly ModelCounts[]>> {
  if (selections.length === 0) return new Map();
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT selection_id, model_no, SUM(asked) AS asked, SUM(decided) AS decided, SUM(reused) AS reused, SUM(infer_ms) AS infer_ms
     FROM ${tablesOf(schema)('model_counts')} WHERE selection_id IN (?) GROUP BY selection_id, model_no ORDER BY selection_id, model_no`,
    [selections],
  );
  const bySelection = Map.groupBy(rows, ({ selection_id }) => (selection_id as Buffer).toString('hex'));
  return new Map([...bySelection].map(([selection, own]) => [selection, own.map(modelCounts)]));
}

function modelCounts({ model_no, asked, decided, reused, infer_ms }: RowDataPacket): ModelCounts {
  return {
    model: model_no,
    asked: Number(asked),
    decided: Number(decided),
    reused: Number(reused),
    inferMs: Number(infer_ms),
  };
}
