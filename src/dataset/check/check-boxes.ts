import type { Pool, RowDataPacket } from 'mysql2/promise';
import { quoteTable } from '../../datasource/identifiers.ts';

/** Facts about a dataset's boxes that a person may want to know before measuring with them. */
export interface BoxReport {
  readonly annotations: number;
  /** Boxes without width or height. */
  readonly empty: number;
  /** Boxes that reach beyond their image. */
  readonly beyond: number;
  readonly crowds: number;
  /** Images without annotations. */
  readonly withoutAnnotations: number;
}

/** Boxes may exceed their image by this many pixels: coordinates are rounded. */
const tolerance = 0.01;

export async function checkBoxes(pool: Pool, database: string): Promise<BoxReport> {
  const [images, annotations] = ['images', 'annotations'].map((table) => quoteTable({ database, table }));
  const [[boxes]] = await pool.query<RowDataPacket[]>(
    `SELECT COUNT(*) AS annotations, COUNT(DISTINCT a.image_id) AS annotated,
       COALESCE(SUM(a.width <= 0 OR a.height <= 0), 0) AS hollow, COALESCE(SUM(a.iscrowd), 0) AS crowds,
       COALESCE(SUM(a.x < -? OR a.y < -? OR a.x + a.width > i.width + ? OR a.y + a.height > i.height + ?), 0) AS beyond
     FROM ${annotations} AS a JOIN ${images} AS i USING (image_id)`,
    [tolerance, tolerance, tolerance, tolerance],
  );
  const [[all]] = await pool.query<RowDataPacket[]>(`SELECT COUNT(*) AS images FROM ${images}`);
  return {
    annotations: Number(boxes?.annotations),
    empty: Number(boxes?.hollow),
    beyond: Number(boxes?.beyond),
    crowds: Number(boxes?.crowds),
    withoutAnnotations: Number(all?.images) - Number(boxes?.annotated),
  };
}
