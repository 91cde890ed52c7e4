import type { Pool, RowDataPacket } from 'mysql2/promise';
import { MillraceError } from '../../errors.ts';
import { type DatasetTable, tableNames } from '../tables.ts';

type Queries = Pick<Pool, 'query'>;

/** Prefixes of tables while they are written, and after they have been replaced. Only tables with our mark are ever dropped. */
export const prefixes = { staging: 'importing_', replaced: 'replaced_' } as const;

const mark = 'millrace dataset: ';

/** The comment of a dataset's tables. It tells which files they hold. */
export function markOf(format: string, fingerprint: string, segmentations: boolean): string {
  return `${mark}${format} sha256:${fingerprint}${segmentations ? ' with segmentations' : ''}`;
}

/** Comments of the existing tables and views, by name. */
async function comments(
  queries: Queries,
  database: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const [rows] = await queries.query<RowDataPacket[]>(
    `SELECT TABLE_NAME AS name, TABLE_COMMENT AS comment FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = ? AND TABLE_NAME IN (?)`,
    [database, names],
  );
  return new Map(rows.map(({ name, comment }) => [name, comment]));
}

/**
 * What the final names hold.
 * @returns the mark of the dataset; null: the names are free; 'incomplete': tables of a dataset are missing
 * @throws {MillraceError} DATASET_EXISTS if one of them is not a table of a dataset
 */
export async function findDataset(queries: Queries, database: string): Promise<string | null> {
  const found = await comments(queries, database, tableNames);
  const foreign = [...found].find(([, comment]) => !comment.startsWith(mark));
  if (foreign !== undefined) {
    const hint = 'import into another database, or rename the table';
    throw new MillraceError(
      'DATASET_EXISTS',
      `the table ${database}.${foreign[0]} exists and was not made by an import`,
      { hint },
    );
  }
  if (found.size === 0) return null;
  const marks = new Set(found.values());
  return found.size === tableNames.length && marks.size === 1 ? [...marks][0]! : 'incomplete';
}

/** The mark of a dataset's tables; '' if they have none, or several. */
export async function readMark(queries: Queries, database: string): Promise<string> {
  const marks = new Set((await comments(queries, database, tableNames)).values());
  const [only = ''] = marks;
  return marks.size === 1 && only.startsWith(mark) ? only : '';
}

/** Tables that an earlier import left when it was killed. @throws {MillraceError} DATASET_EXISTS if such a name belongs to somebody else */
export async function findLeftovers(queries: Queries, database: string): Promise<readonly string[]> {
  const names = Object.values(prefixes).flatMap((prefix) => tableNames.map((table) => `${prefix}${table}`));
  const found = await comments(queries, database, names);
  const foreign = [...found].find(([, comment]) => !comment.startsWith(mark));
  if (foreign === undefined) return [...found.keys()];
  const hint = 'rename the table, or import into another database';
  throw new MillraceError(
    'DATASET_EXISTS',
    `an import needs the name ${database}.${foreign[0]}, which another table has`,
    { hint },
  );
}

/** @throws {MillraceError} DATASET_MISSING */
export async function requireDataset(
  queries: Queries,
  database: string,
  tables: readonly DatasetTable[] = tableNames,
): Promise<void> {
  const found = await comments(queries, database, tables);
  const missing = tables.filter((table) => !found.has(table));
  if (missing.length > 0)
    throw new MillraceError('DATASET_MISSING', `${database} is not a dataset: it has no table ${missing.join(', ')}`);
}
