import { join } from 'node:path';
import type { Pool, RowDataPacket } from 'mysql2/promise';
import sharp from 'sharp';
import { leavesOf } from '../../programs/predicate/predicate.ts';
import { drawContactSheet } from '../contact-sheet.ts';
import { type Found, predicateOf } from './compare.ts';
import type { Question } from './questions.ts';
import { holdsFor, type Scenes } from './truth.ts';

export interface Answered {
  readonly question: Question;
  readonly found: Found;
}

const columns = 4;

/**
 * Draws a row of pictures for each question, of those that were found. Boxes show what the scenes are known to have of the classes asked for:
 * a picture without a box that answers the question was found by mistake. @returns a PNG
 */
export async function drawFound(pool: Pool, folder: string, scenes: Scenes, all: readonly Answered[]): Promise<Buffer> {
  const rows: Buffer[] = [];
  for (const answered of all) rows.push(await drawRow(pool, folder, scenes, answered));
  const sizes = await Promise.all(rows.map((row) => sharp(row).metadata()));
  const tops = sizes.map((_, at) => sizes.slice(0, at).reduce((sum, { height }) => sum + height, 0));
  const [width, height] = [sizes[0]!.width, sizes.reduce((sum, size) => sum + size.height, 0)];
  return sharp({ create: { width, height, channels: 3, background: '#f4f5f7' } })
    .composite(rows.map((input, at) => ({ input, left: 0, top: tops[at]! })))
    .png({ palette: true, quality: 95, compressionLevel: 9, effort: 4 })
    .toBuffer();
}

async function drawRow(pool: Pool, folder: string, scenes: Scenes, { question, found }: Answered): Promise<Buffer> {
  const shown = [...found.images].slice(0, columns);
  const { predicate } = predicateOf(found.step);
  const classes = [...leavesOf(predicate)].map((leaf) => leaf.class);
  const right = [...found.images].filter((image) => holdsFor(scenes.get(image)!, predicate)).length;
  const [boxes] = await pool.query<RowDataPacket[]>(
    'SELECT image_id, class_name, x1, y1, x2, y2 FROM demo.ground_truth WHERE image_id IN (?) AND class_name IN (?)',
    [shown.length === 0 ? [0] : shown, classes],
  );
  const byImage = Map.groupBy(boxes, ({ image_id }) => Number(image_id));
  return drawContactSheet({
    columns,
    title: question.predicate,
    note: `${found.images.size} of ${scenes.size} pictures found, ${right} of them rightly`,
    pictures: shown.map((image) => ({
      file: join(folder, scenes.get(image)!.fileName),
      detections: (byImage.get(image) ?? []).map(({ class_name, x1, y1, x2, y2 }) => ({
        className: String(class_name),
        score: null,
        ...{ x1: Number(x1), y1: Number(y1), x2: Number(x2), y2: Number(y2) },
      })),
    })),
  });
}
