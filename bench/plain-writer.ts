import { randomBytes } from 'node:crypto';
import type { Pool } from 'mysql2/promise';
import { transaction } from '../src/datasource/pool.ts';

/** What a hand-written transaction took. */
export interface PlainFigures {
  readonly rows: number;
  readonly seconds: number;
}

const detections = 3;
/** Result rows per INSERT. */
const resultRows = 1000;

/**
 * The baseline for ledgered writes: transactions of a ledger, a DELETE of the rows' earlier results, and an INSERT of a thousand result
 * rows, each as mysql2 writes `VALUES ?`. Nothing is read, prepared or written at the same time.
 */
export async function writePlainly(pool: Pool, rows: number): Promise<PlainFigures> {
  await makeTables(pool);
  const id = randomBytes(16);
  const perTransaction = Math.floor(resultRows / detections);
  const started = performance.now();
  for (let first = 1; first <= rows; first += perTransaction) {
    const numbers = Array.from({ length: Math.min(perTransaction, rows + 1 - first) }, (_, index) => first + index);
    const results = numbers.flatMap((row) => Array.from({ length: detections }, (_, n) => resultOf(id, row, n + 1)));
    await transaction(pool, async (connection) => {
      await connection.query('INSERT INTO bench.plain_ledger VALUES ?', [
        numbers.map((row) => [id, row, 0, detections, null, null]),
      ]);
      await connection.query('DELETE FROM bench.plain WHERE selection = ? AND row_no IN (?)', [id, numbers]);
      await connection.query('INSERT INTO bench.plain VALUES ?', [results]);
    });
  }
  return { rows, seconds: (performance.now() - started) / 1000 };
}

function resultOf(id: Buffer, row: number, number: number): readonly unknown[] {
  const file = `train2017/${String(row).padStart(12, '0')}.jpg`;
  return [id, row, row, file, number, number, 'potted plant', 0.9, 1.5 * number, 2.5, 99.125, 77.75];
}

/** With the columns of the ledger and of a result. */
async function makeTables(pool: Pool): Promise<void> {
  await pool.query('DROP TABLE IF EXISTS bench.plain, bench.plain_ledger');
  await pool.query(`CREATE TABLE bench.plain_ledger (selection BINARY(16), row_no BIGINT UNSIGNED, partition_no INT UNSIGNED NOT NULL,
    outputs INT UNSIGNED NOT NULL, error_code VARCHAR(64), error_message VARCHAR(1000), PRIMARY KEY (selection, row_no))`);
  await pool.query(`CREATE TABLE bench.plain (selection BINARY(16), row_no BIGINT UNSIGNED, image_id INT UNSIGNED NOT NULL,
    file_name VARCHAR(512) NOT NULL, detection_no INT UNSIGNED, class_id INT UNSIGNED NOT NULL, class_name VARCHAR(255) NOT NULL,
    score DOUBLE NOT NULL, x1 DOUBLE NOT NULL, y1 DOUBLE NOT NULL, x2 DOUBLE NOT NULL, y2 DOUBLE NOT NULL,
    PRIMARY KEY (selection, row_no, detection_no))`);
}
