import type { Pool, RowDataPacket } from 'mysql2/promise';
import { type MeanAveragePrecision, meanAveragePrecision } from '../evaluation/mean-average-precision.ts';

/** Compares `demo.detections` with `demo.ground_truth`; classes are compared by name. */
export async function measureAccuracy(pool: Pool): Promise<MeanAveragePrecision> {
  const truth = await readBoxes(pool, 'SELECT image_id, class_name, 1 AS score, x1, y1, x2, y2 FROM demo.ground_truth');
  const found = await readBoxes(pool, 'SELECT image_id, class_name, score, x1, y1, x2, y2 FROM demo.detections');
  const classIds = new Map([...new Set(truth.map((box) => box.className))].map((name, index) => [name, index]));
  const numbered = (boxes: typeof truth) =>
    boxes.map((box) => ({ ...box, classId: classIds.get(box.className) ?? -1 }));
  return meanAveragePrecision(numbered(truth), numbered(found));
}

async function readBoxes(pool: Pool, sql: string) {
  const [rows] = await pool.query<RowDataPacket[]>(sql);
  return rows.map(({ image_id, class_name, score, x1, y1, x2, y2 }) => ({
    image: Number(image_id),
    className: String(class_name),
    score: Number(score),
    x1: Number(x1),
    y1: Number(y1),
    x2: Number(x2),
    y2: Number(y2),
  }));
}
