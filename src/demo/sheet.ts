import { join } from 'node:path';
import type { Pool, RowDataPacket } from 'mysql2/promise';
import { choosePictures } from './choose-pictures.ts';
import { drawContactSheet } from './contact-sheet.ts';

/** Draws a dozen pictures that show as many classes as possible, with their detected boxes. @returns a PNG */
export async function drawSheet(pool: Pool, table: string, folder: string): Promise<Buffer> {
  const [seen] = await pool.query<RowDataPacket[]>(
    `SELECT DISTINCT image_id, file_name, class_name FROM ${table} ORDER BY image_id, class_name`,
  );
  const files = choosePictures(
    seen.map(({ file_name, class_name }) => ({ file: file_name, className: class_name })),
    12,
  );
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT file_name, class_id, class_name, score, x1, y1, x2, y2 FROM ${table} WHERE file_name IN (?)`,
    [files.length === 0 ? [''] : files],
  );
  const byFile = Map.groupBy(rows, ({ file_name }) => String(file_name));
  return drawContactSheet({
    columns: 4,
    pictures: files.map((file) => ({ file: join(folder, file), detections: (byFile.get(file) ?? []).map(detection) })),
  });
}

function detection(row: RowDataPacket) {
  const number = (name: string) => Number(row[name]);
  return {
    classId: number('class_id'),
    className: String(row.class_name),
    score: number('score'),
    x1: number('x1'),
    y1: number('y1'),
    x2: number('x2'),
    y2: number('y2'),
  };
}
