import type { Pool, PoolConnection, RowDataPacket } from 'mysql2/promise';
import { tablesOf } from './tables.ts';

/** The step of a statement. */
export interface StepPlace {
  readonly statement: string;
  readonly step: string;
}

/** What trained a version of a model. */
export interface TrainedVersion extends StepPlace {
  readonly name: string;
  readonly version: number;
  readonly report: TrainingReport;
}

/** The report of the trainer (trainer/README.md) and what the step adds to it. */
export interface TrainingReport {
  readonly estimator: string;
  readonly kind: string;
  readonly seed: number;
  readonly rows: number;
  readonly rows_left_out: number;
  readonly validation_rows: number | null;
  readonly data_sha256: string;
  readonly classes: readonly (string | number)[] | null;
  readonly features: readonly string[];
  /** Kinds of the inputs by name. */
  readonly inputs: Readonly<Record<string, 'number' | 'text'>>;
  /** Metrics of each epoch or round. */
  readonly curve: readonly Readonly<Record<string, number | null>>[];
  /** The epoch or round, from 1, whose state was kept; null: the last. */
  readonly best: number | null;
  /** By the rows that they are of: `train`, `validation`. */
  readonly metrics: Readonly<Record<string, Readonly<Record<string, number | null>>>>;
  readonly bytes: number;
  readonly sha256: string;
  readonly versions: Readonly<Record<string, string>>;
  /** What it took; absent: it was not measured. */
  readonly took?: TrainingTime;
}

export interface TrainingTime {
  /** As the statement named it. */
  readonly estimator: string;
  readonly isSearch: boolean;
  readonly seconds: number;
  /** Of these, before the first epoch, round or unit; null: not known. */
  readonly startSeconds: number | null;
  readonly rows: number;
  /** Passes over the rows; of a search, of each worker. */
  readonly passes: number;
}

/** Trainings that are looked at, and that count: the latest ones. */
const [mostLooked, mostCounted] = [500, 20];

/** What the latest trainings of an estimator took, and when. */
export async function readTrainingTimes(
  pool: Pick<Pool, 'query'>,
  schema: string,
  estimator: string,
): Promise<readonly (TrainingTime & { readonly measuredAt: string })[]> {
  const table = tablesOf(schema);
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT JSON_EXTRACT(t.report, '$.took') AS took, s.submitted_at
     FROM (SELECT statement_id, report FROM ${table('trainings')} ORDER BY statement_id DESC LIMIT ${mostLooked}) AS t
     JOIN ${table('statements')} AS s ON s.id = t.statement_id
     WHERE JSON_UNQUOTE(JSON_EXTRACT(t.report, '$.took.estimator')) = ? ORDER BY t.statement_id DESC LIMIT ${mostCounted}`,
    [estimator],
  );
  return rows.map(({ took, submitted_at }) => ({
    ...(typeof took === 'string' ? JSON.parse(took) : took),
    measuredAt: submitted_at,
  }));
}

/** The version that a step has registered; null: none. */
export async function readTraining(
  pool: Pick<Pool, 'query'>,
  schema: string,
  { statement, step }: StepPlace,
): Promise<TrainedVersion | null> {
  const [[row]] = await pool.query<RowDataPacket[]>(
    `SELECT statement_id, step, model_name, version, report FROM ${tablesOf(schema)('trainings')}
     WHERE statement_id = ? AND step = ?`,
    [statement, step],
  );
  return row === undefined ? null : trainedVersion(row);
}

/** What trained versions of a model, oldest first. */
export async function readTrainings(
  pool: Pick<Pool, 'query'>,
  schema: string,
  name: string,
): Promise<readonly TrainedVersion[]> {
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT statement_id, step, model_name, version, report FROM ${tablesOf(schema)('trainings')}
     WHERE model_name = ? ORDER BY version, statement_id`,
    [name],
  );
  return rows.map(trainedVersion);
}

/** In the transaction that registers the version. */
export async function insertTraining(
  connection: PoolConnection,
  schema: string,
  { statement, step, name, version, report }: TrainedVersion,
): Promise<void> {
  await connection.query(
    `INSERT INTO ${tablesOf(schema)('trainings')} (statement_id, step, model_name, version, report) VALUES (?, ?, ?, ?, ?)`,
    [statement, step, name, version, JSON.stringify(report)],
  );
}

export async function deleteTrainings(connection: PoolConnection, schema: string, name: string): Promise<void> {
  await connection.query(`DELETE FROM ${tablesOf(schema)('trainings')} WHERE model_name = ?`, [name]);
}

function trainedVersion(row: RowDataPacket): TrainedVersion {
  return {
    statement: row.statement_id,
    step: row.step,
    name: row.model_name,
    version: Number(row.version),
    report: JSON.parse(row.report),
  };
}
