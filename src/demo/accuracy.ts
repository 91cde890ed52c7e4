import type { Pool, RowDataPacket } from 'mysql2/promise';
import { Boxes } from '../evaluation/boxes.ts';
import { type CocoFigures, measureBoxes } from '../evaluation/coco.ts';

/** Compares `demo.detections` with `demo.ground_truth`; classes are compared by name. */
export async function measureAccuracy(pool: Pool): Promise<CocoFigures> {
  const numbers = new Map<string, number>();
  const truth = await readBoxes(
    pool,
    'SELECT image_id, class_name, 1 AS score, x1, y1, x2, y2 FROM demo.ground_truth',
    numbers,
  );
  const found = await readBoxes(
    pool,
    'SELECT image_id, class_name, score, x1, y1, x2, y2 FROM demo.detections',
    numbers,
  );
  return measureBoxes(truth, found, numbers.size).figures;
}

async function readBoxes(pool: Pool, sql: string, numbers: Map<string, number>): Promise<Boxes> {
  const [rows] = await pool.query<RowDataPacket[]>(sql);
  const boxes = new Boxes();
  for (const { image_id, class_name, score, x1, y1, x2, y2 } of rows) {
    if (!numbers.has(class_name)) numbers.set(class_name, numbers.size);
    boxes.add(Number(image_id), numbers.get(class_name)!, [x1, y1, x2 - x1, y2 - y1], Number(score));
  }
  return boxes;
}
