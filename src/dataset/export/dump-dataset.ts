import { createGzip } from 'node:zlib';
import { escape as quoteValue } from 'mysql2';
import type { Pool } from 'mysql2/promise';
import { describeTable } from '../../datasource/describe.ts';
import { quoteName } from '../../datasource/identifiers.ts';
import { readMark } from '../import/existing.ts';
import { type NamedRow, rowsOfTable } from '../read-rows.ts';
import { type DatasetTable, definitionOf, type Shape, tableNames, tableOf } from '../tables.ts';
import { writeFileWhole } from './output.ts';

/** Size of an INSERT in characters. Both servers accept 16 MB without settings. */
const insertSize = 1024 * 1024;

/**
 * Writes a dataset as a script of SQL that creates it again, for any MySQL or MariaDB. The images of both run such scripts in
 * /docker-entrypoint-initdb.d. A name that ends in .gz is compressed. @throws {MillraceError} DATASET_OUTPUT, DATABASE_…
 */
export async function dumpDataset(pool: Pool, database: string, file: string): Promise<void> {
  const shape = await shapeOf(pool, database);
  // Imports know the tables of the script as they know those that it was made of.
  const mark = await readMark(pool, database);
  await writeFileWhole(file, scriptOf(pool, database, shape, mark), file.endsWith('.gz') ? createGzip() : undefined);
}

async function shapeOf(pool: Pool, database: string): Promise<Shape> {
  const found = await describeTable(pool, { database, table: 'annotations' });
  const names = new Set(found?.columns.map(({ name }) => name));
  return { segmentations: names.has('segmentation'), remarks: names.has('difficult') };
}

async function* scriptOf(pool: Pool, database: string, shape: Shape, mark: string): AsyncGenerator<string> {
  yield `-- The dataset ${JSON.stringify(database)}, written by millrace dataset dump.\n`;
  yield '/*!40101 SET NAMES utf8mb4 */;\n';
  // Values are written with backslashes as escapes.
  yield "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION';\n";
  yield `CREATE DATABASE IF NOT EXISTS ${quoteName(database)} CHARACTER SET utf8mb4;\nUSE ${quoteName(database)};\n`;
  for (const table of tableNames) {
    yield `CREATE TABLE ${quoteName(table)} ${definitionOf(table, shape, { indexes: true })} COMMENT ${quoteValue(mark)};\n`;
    yield* insertsOf(table, shape, rowsOfTable(pool, database, table));
  }
}

async function* insertsOf(table: DatasetTable, shape: Shape, rows: AsyncIterable<NamedRow>): AsyncGenerator<string> {
  const { columns } = tableOf(table, shape);
  const head = `INSERT INTO ${quoteName(table)} (${columns.map(({ name }) => quoteName(name)).join(', ')}) VALUES\n`;
  let text = '';
  for await (const row of rows) {
    const values = columns.map(({ name, type }) => literal(row[name], type));
    text += `${text === '' ? head : ',\n'}(${values.join(',')})`;
    if (text.length < insertSize) continue;
    yield `${text};\n`;
    text = '';
  }
  if (text !== '') yield `${text};\n`;
}

/** Ids are BIGINT, which the client gives as texts of digits. */
function literal(value: unknown, type: string): string {
  if (value === null || value === undefined) return 'NULL';
  return /^(?:VARCHAR|JSON)/.test(type) ? quoteValue(String(value)) : String(value);
}
