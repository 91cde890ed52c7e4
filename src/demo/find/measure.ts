import { styleText } from 'node:util';
import type { Pool, RowDataPacket } from 'mysql2/promise';
import { formatRows } from '../../cli/result-table.ts';
import { cocoClasses } from '../../programs/coco-classes.ts';
import type { Session } from '../../service/session.ts';
import { progressLines } from '../progress-lines.ts';
import { heading } from '../telling.ts';
import { ask } from './ask.ts';
import { type Variation, variations } from './variations.ts';

/** Folder of the models in statements. */
export const modelFolder = '/models/find';

/** Registers the models, measures them on the first scenes, and shows what was measured. */
export async function measureModels(session: Session, imageDir: string, scenes: number): Promise<void> {
  heading('Models');
  console.log(`Six detectors are made from the demo's. The smaller its input, the faster and the less accurate a detector is; three of them
know only some classes. Each is registered, and measured on the first ${scenes} scenes:
`);
  console.log(styleText('dim', statementsOf(variations[0]!, imageDir, scenes).join('\n')));
  const lines = progressLines(process.stdout);
  for (const [index, variation] of variations.entries()) {
    lines.show(`measuring ${variation.name}  ${index + 1}/${variations.length}`);
    for (const sql of statementsOf(variation, imageDir, scenes)) await ask(session, sql);
  }
  lines.end();
  const rows: string[][] = [];
  for (const variation of variations) rows.push(await measuredRow(session.pools.tables, variation));
  console.log(`\n${formatRows(['model', 'input', 'classes', 'cost', 'right about a class'], rows)}`);
}

/** In the database, so that later statements find the model without its folder. */
function statementsOf({ name }: Variation, imageDir: string, scenes: number): readonly string[] {
  return [
    `CREATE MODEL ${name} FROM "${modelFolder}/${name}.onnx" WITH storage = 'database';`,
    `SELECT image_id, file_name FROM demo.images WHERE image_id <= ${scenes}
TO EVALUATE ${name} WITH image_dir = "${imageDir}", write_mode = 'overwrite'
LABEL demo.ground_truth
INTO demo.${measuredTable(name)};`,
  ];
}

const measuredTable = (model: string) => model.replace('demo_', 'measured_');

async function measuredRow(pool: Pool, { name, side, classes }: Variation): Promise<string[]> {
  const table = measuredTable(name);
  const [shares] = await pool.query<RowDataPacket[]>(
    `SELECT r.class_name, r.value / (r.value + w.value) AS share FROM demo.${table} AS r
     JOIN demo.${table} AS w ON w.class_name = r.class_name AND w.metric = 'images_wrong' WHERE r.metric = 'images_right'`,
  );
  const known = shares.filter(({ class_name }) => (classes ?? cocoClasses).includes(class_name));
  const mean = known.reduce((sum, { share }) => sum + Number(share), 0) / known.length;
  const cost = await costOf(pool, name);
  return [
    name,
    `${side} px`,
    classes === null ? 'all' : shortened(classes),
    `${cost.toFixed(1)} ms an image`,
    `${(100 * mean).toFixed(1)} % of the images`,
  ];
}

const shortened = (classes: readonly string[]) => `${classes.slice(0, 3).join(', ')} and ${classes.length - 3} more`;

/** Measured milliseconds of an image. */
export async function costOf(pool: Pool, model: string): Promise<number> {
  const [[row]] = await pool.query<RowDataPacket[]>(
    `SELECT value FROM demo.${measuredTable(model)} WHERE metric = 'total_ms'`,
  );
  return Number(row?.value);
}
