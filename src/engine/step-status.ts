import type { Pool, RowDataPacket } from 'mysql2/promise';
import { quoteTable } from '../datasource/identifiers.ts';
import type { PartitionStatus, StepStatus } from './engine.ts';
import { errorOf } from './statement-store.ts';

/** How far each step is: from the rows that its workers keep in step with their results. */
export async function readSteps(pool: Pool, schema: string, statement: string): Promise<readonly StepStatus[]> {
  const system = (table: string) => quoteTable({ database: schema, table });
  const [steps] = await pool.query<RowDataPacket[]>(
    `SELECT t.step, t.state, t.error_code, t.error_message, t.error_hint, s.row_count
     FROM ${system('steps')} AS t
     LEFT JOIN ${system('selections')} AS s ON s.statement_id = t.statement_id AND s.step = t.step
     WHERE t.statement_id = ? ORDER BY t.position`,
    [statement],
  );
  const [partitions] = await pool.query<RowDataPacket[]>(
    `SELECT s.step, p.partition_no, p.state, p.first_row, p.last_row, p.done_rows, p.failed_rows, p.detections, p.attempt
     FROM ${system('selections')} AS s JOIN ${system('partitions')} AS p ON p.selection_id = s.selection_id
     WHERE s.statement_id = ? ORDER BY p.partition_no`,
    [statement],
  );
  return steps.map((row) => ({
    name: row.step,
    state: row.state,
    error: errorOf(row),
    rows: row.row_count === null ? null : Number(row.row_count),
    partitions: partitions.filter(({ step }) => step === row.step).map(partitionStatus),
  }));
}

function partitionStatus(row: RowDataPacket): PartitionStatus {
  return {
    number: row.partition_no,
    state: row.state,
    rows: Number(row.last_row) - Number(row.first_row) + 1,
    done: Number(row.done_rows),
    failed: Number(row.failed_rows),
    detections: Number(row.detections),
    attempts: row.attempt,
  };
}
