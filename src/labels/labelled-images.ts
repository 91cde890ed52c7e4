import type { Pool } from 'mysql2/promise';
import { quoteTable } from '../datasource/identifiers.ts';
import { streamQuery } from '../datasource/table-rows.ts';
import type { LabelTable } from './label-columns.ts';

/** The class's name, or without names its id, of each labelled image; of several labels, the first counts. */
export async function labelledImages(
  pool: Pool,
  { table, images, className, classId, joins }: LabelTable,
  key: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const labels = new Map<string, string>();
  const sql = `SELECT ${images.get(key)}, ${className ?? classId} FROM ${quoteTable(table)} AS t${joins}`;
  for await (const [image, label] of (await streamQuery(pool, sql, signal)).rows) {
    if (label !== null && !labels.has(String(image))) labels.set(String(image), String(label));
  }
  return labels;
}
