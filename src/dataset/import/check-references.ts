import type { PoolConnection, RowDataPacket } from 'mysql2/promise';
import { quoteTable } from '../../datasource/identifiers.ts';
import { MillraceError } from '../../errors.ts';
import type { DatasetTable } from '../tables.ts';

/**
 * Needs the indexes of the annotations: each id that they name is looked up once.
 * @throws {MillraceError} DATASET_REFERENCE if an annotation names an image or category that does not exist
 */
export async function checkReferences(
  connection: PoolConnection,
  nameOf: (table: DatasetTable) => { readonly database: string; readonly table: string },
): Promise<void> {
  const annotations = quoteTable(nameOf('annotations'));
  for (const { column, table, thing } of references) {
    const join = `LEFT JOIN ${quoteTable(nameOf(table))} AS t ON t.${column} = a.${column} WHERE t.${column} IS NULL`;
    const [unknown] = await connection.query<RowDataPacket[]>(
      `SELECT a.${column} FROM (SELECT DISTINCT ${column} FROM ${annotations}) AS a ${join} LIMIT 1`,
    );
    if (unknown.length === 0) continue;
    const [[orphan]] = await connection.query<RowDataPacket[]>(
      `SELECT a.annotation_id AS id, a.${column} AS missing FROM ${annotations} AS a ${join} ORDER BY a.annotation_id LIMIT 1`,
    );
    const message = `the annotation with id ${orphan?.id} names the ${thing} ${orphan?.missing}, which is not in the dataset`;
    throw new MillraceError('DATASET_REFERENCE', message);
  }
}

const references = [
  { column: 'image_id', table: 'images', thing: 'image' },
  { column: 'category_id', table: 'categories', thing: 'category' },
] as const;
