import type { Pool, RowDataPacket } from 'mysql2/promise';
import { type ModelCounts, readModelCounts } from './model-counts.ts';
import { timedColumns, timingsOf } from './run-timings.ts';
import type { PartitionStatus, StepStatus } from './statement-status.ts';
import { progressOf } from './step-progress.ts';
import { errorOf } from './stored-error.ts';
import { tablesOf } from './tables.ts';

/** The status of each step of a statement, from the rows that its workers update together with their results. */
export async function readSteps(pool: Pool, schema: string, statement: string): Promise<readonly StepStatus[]> {
  return (await readStepsOf(pool, schema, [statement])).get(statement) ?? [];
}

/** Steps by statement, with at most three queries for all statements. */
export async function readStepsOf(
  pool: Pool,
  schema: string,
  statements: readonly string[],
): Promise<ReadonlyMap<string, readonly StepStatus[]>> {
  if (statements.length === 0) return new Map();
  const steps = await stepRows(pool, schema, statements);
  const selected = steps.flatMap(({ selection_id }) => (selection_id === null ? [] : [selection_id]));
  const partitions = Map.groupBy(await partitionRows(pool, schema, selected), selectionOf);
  const models = await readModelCounts(pool, schema, selected);
  const status = (row: RowDataPacket) => {
    const selection = row.selection_id === null ? '' : selectionOf(row);
    return stepStatus(row, partitions.get(selection) ?? [], models.get(selection) ?? []);
  };
  const byStatement = Map.groupBy(steps, ({ statement_id }) => statement_id as string);
  return new Map([...byStatement].map(([id, rows]) => [id, rows.map(status)]));
}

async function stepRows(pool: Pool, schema: string, statements: readonly string[]): Promise<RowDataPacket[]> {
  const table = tablesOf(schema);
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT t.statement_id, t.step, t.state, t.error_code, t.error_message, t.error_hint, t.affected_rows, s.selection_id, s.row_count,
       s.created_at, s.summary, g.unit, g.done, g.total, g.metrics
     FROM ${table('steps')} AS t
     LEFT JOIN ${table('step_progress')} AS g ON g.statement_id = t.statement_id AND g.step = t.step
     LEFT JOIN ${table('selections')} AS s ON s.statement_id = t.statement_id AND s.step = t.step
     WHERE t.statement_id IN (?) ORDER BY t.statement_id, t.position`,
    [statements],
  );
  return rows;
}

async function partitionRows(pool: Pool, schema: string, selections: readonly Buffer[]): Promise<RowDataPacket[]> {
  if (selections.length === 0) return [];
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT selection_id, failed_rows, outputs, ${timedColumns}
     FROM ${tablesOf(schema)('partitions')}
     WHERE selection_id IN (?) ORDER BY selection_id, partition_no`,
    [selections],
  );
  return rows;
}

function selectionOf({ selection_id }: RowDataPacket): string {
  return (selection_id as Buffer).toString('hex');
}

function stepStatus(
  row: RowDataPacket,
  partitions: readonly RowDataPacket[],
  models: readonly ModelCounts[],
): StepStatus {
  const progress = progressOf(row);
  const begun: string[] = partitions.flatMap(({ started_at }) => (started_at === null ? [] : [started_at]));
  return {
    name: row.step,
    state: row.state,
    error: errorOf(row),
    rows: row.row_count === null ? null : Number(row.row_count),
    affectedRows: row.affected_rows === null ? null : Number(row.affected_rows),
    startedAt: begun.toSorted()[0] ?? null,
    partitions: partitions.map(partitionStatus),
    ...(models.length > 0 && { models }),
    ...comparedOf(row),
    ...(progress !== undefined && { progress }),
    timings: row.created_at === null ? null : timingsOf(row.created_at, partitions),
  };
}

function comparedOf({ summary }: RowDataPacket): Pick<StepStatus, 'compared'> {
  const { compared } = (typeof summary === 'string' ? JSON.parse(summary) : (summary ?? {})) as Pick<
    StepStatus,
    'compared'
  >;
  return compared === undefined ? {} : { compared };
}

function partitionStatus(row: RowDataPacket): PartitionStatus {
  return {
    number: row.partition_no,
    state: row.state,
    rows: Number(row.last_row) - Number(row.first_row) + 1,
    done: Number(row.done_rows),
    failed: Number(row.failed_rows),
    outputs: Number(row.outputs),
    attempts: row.attempt,
  };
}
