import type { Pool, RowDataPacket } from 'mysql2/promise';
import { tablesOf } from './tables.ts';

/** A model that is registered in the system schema. */
export interface RegisteredModel {
  readonly name: string;
  /** Path of the file inside a step's volumes. */
  readonly file: string;
}

export async function readModels(pool: Pool, schema: string): Promise<readonly RegisteredModel[]> {
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT name, file FROM ${tablesOf(schema)('models')} ORDER BY name`,
  );
  return rows.map(({ name, file }) => ({ name, file }));
}
