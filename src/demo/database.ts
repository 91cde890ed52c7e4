import type { Pool, RowDataPacket } from 'mysql2/promise';
import { MillraceError } from '../errors.ts';
import type { Pictures } from './material.ts';
import type { Dataset } from './scenes/dataset.ts';

/** The comment of the demo's tables. A table with another comment belongs to somebody else and is not touched. */
const mark = 'made by the demo of millrace';

/** Creates the database `demo` with the pictures' names and their annotations. Replaces the tables of an earlier run. */
export async function fillDatabase(pool: Pool, prefix: string, { fileNames, dataset }: Pictures): Promise<void> {
  await pool.query('CREATE DATABASE IF NOT EXISTS demo CHARACTER SET utf8mb4');
  const [images, truth] = [`${prefix}images`, `${prefix}ground_truth`];
  for (const table of [images, truth]) await dropOwn(pool, table);
  for (const result of ['detections', 'evaluation']) await pool.query(`DROP TABLE IF EXISTS demo.${prefix}${result}`);
  await pool.query(
    `CREATE TABLE demo.${images} (image_id INT UNSIGNED PRIMARY KEY, file_name VARCHAR(512) NOT NULL,
       width INT UNSIGNED, height INT UNSIGNED) COMMENT '${mark}'`,
  );
  await insert(
    pool,
    images,
    dataset === null ? fileNames.map((name, i) => [i + 1, name, null, null]) : imageRows(dataset),
  );
  if (dataset === null) return;
  await pool.query(
    `CREATE TABLE demo.${truth} (image_id INT UNSIGNED NOT NULL, class_name VARCHAR(64) NOT NULL,
       x1 DOUBLE NOT NULL, y1 DOUBLE NOT NULL, x2 DOUBLE NOT NULL, y2 DOUBLE NOT NULL, KEY (image_id)) COMMENT '${mark}'`,
  );
  await insert(pool, truth, truthRows(dataset));
}

async function dropOwn(pool: Pool, table: string): Promise<void> {
  const [[found]] = await pool.query<RowDataPacket[]>(
    `SELECT TABLE_COMMENT AS comment FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'demo' AND TABLE_NAME = ?`,
    [table],
  );
  if (found !== undefined && found.comment !== mark) {
    const hint = 'rename the table, or unset MILLRACE_DATASOURCE to use a private database';
    throw new MillraceError('TABLE_EXISTS', `the table demo.${table} exists and was not created by the demo`, { hint });
  }
  await pool.query(`DROP TABLE IF EXISTS demo.${table}`);
}

async function insert(pool: Pool, table: string, rows: readonly (readonly unknown[])[]): Promise<void> {
  for (let from = 0; from < rows.length; from += 1000) {
    await pool.query(`INSERT INTO demo.${table} VALUES ?`, [rows.slice(from, from + 1000)]);
  }
}

function imageRows({ images }: Dataset) {
  return images.map(({ file_name, width, height }, index) => [index + 1, file_name, width, height]);
}

function truthRows({ images, annotations, categories }: Dataset) {
  const numbers = new Map(images.map(({ id }, index) => [id, index + 1]));
  const names = new Map(categories.map(({ id, name }) => [id, name]));
  return annotations.map(({ image_id, category_id, bbox: [x, y, width, height] }) => [
    numbers.get(image_id),
    names.get(category_id),
    x,
    y,
    x + width,
    y + height,
  ]);
}
