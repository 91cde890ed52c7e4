import { join } from 'node:path';
import type { Pool, RowDataPacket } from 'mysql2/promise';
import { drawContactSheet } from './contact-sheet.ts';

const pictures = 12;

/** The pictures with the most different things on them, with the boxes that were found. @returns a PNG */
export async function drawSheet(pool: Pool, table: string, folder: string): Promise<Buffer> {
  const [chosen] = await pool.query<RowDataPacket[]>(
    `SELECT file_name FROM ${table} GROUP BY image_id, file_name
     ORDER BY COUNT(DISTINCT class_name) DESC, COUNT(*) DESC, image_id LIMIT ${pictures}`,
  );
  const files = chosen.map(({ file_name }) => String(file_name));
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
