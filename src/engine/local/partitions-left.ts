import type { Pool, RowDataPacket } from 'mysql2/promise';
import { quoteTable } from '../../datasource/identifiers.ts';
import { withReconnect } from '../../datasource/pool.ts';

/** The partitions of a prepared step that still have something to do: not more than it has rows, and after a retry often few. */
export async function partitionsLeft(
  pool: Pool,
  schema: string,
  { statement, step }: { readonly statement: string; readonly step: string },
  signal: AbortSignal,
): Promise<readonly number[]> {
  const system = (table: string) => quoteTable({ database: schema, table });
  const sql = `SELECT p.partition_no AS number FROM ${system('selections')} AS s
    JOIN ${system('partitions')} AS p ON p.selection_id = s.selection_id
    WHERE s.statement_id = ? AND s.step = ? AND (p.state <> 'done' OR p.done_rows < p.last_row + 1 - p.first_row)
    ORDER BY p.partition_no`;
  const [rows] = await withReconnect(() => pool.query<RowDataPacket[]>(sql, [statement, step]), { signal });
  return rows.map(({ number }) => Number(number));
}
