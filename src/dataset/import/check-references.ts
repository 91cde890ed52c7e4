import type { PoolConnection, RowDataPacket } from 'mysql2/promise';
import { quoteTable } from '../../datasource/identifiers.ts';
import { MillraceError } from '../../errors.ts';
import type { DatasetTable } from '../tables.ts';

/** @throws {MillraceError} DATASET_REFERENCE if an annotation names an image or category that does not exist */
export async function checkReferences(
  connection: PoolConnection,
  nameOf: (table: DatasetTable) => { readonly database: string; readonly table: string },
): Promise<void> {
  for (const { column, table, thing } of references) {
    const [[orphan]] = await connection.query<RowDataPacket[]>(
      `SELECT a.annotation_id AS id, a.${column} AS missing
       FROM ${quoteTable(nameOf('annotations'))} AS a LEFT JOIN ${quoteTable(nameOf(table))} AS t ON t.${column} = a.${column}
       WHERE t.${column} IS NULL ORDER BY a.annotation_id LIMIT 1`,
    );
    if (orphan === undefined) continue;
    const message = `the annotation with id ${orphan.id} names the ${thing} ${orphan.missing}, which is not in the dataset`;
    throw new MillraceError('DATASET_REFERENCE', message);
  }
}

const references = [
  { column: 'image_id', table: 'images', thing: 'image' },
  { column: 'category_id', table: 'categories', thing: 'category' },
] as const;
