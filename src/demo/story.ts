import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { styleText } from 'node:util';
import type { RowDataPacket } from 'mysql2/promise';
import { duration } from '../cli/progress.ts';
import { formatRows } from '../cli/result-table.ts';
import type { Config } from '../config.ts';
import type { StatementStatus } from '../ledger/statement-status.ts';
import { explainPlan } from '../plan/explain.ts';
import { openSession, type Session } from '../service/session.ts';
import { visibleText } from '../visible-text.ts';
import { fillDatabase } from './database.ts';
import { followUps } from './follow-ups.ts';
import type { Material, Pictures } from './material.ts';
import { findDatabase, findPictures } from './open-demo.ts';
import { planned, run } from './run-statement.ts';
import { drawSheet } from './sheet.ts';
import { heading, shown } from './telling.ts';

/** Runs the main job from an empty database to a contact sheet, and prints each stage. @returns the exit code */
export async function tellStory(configured: Config, material: Material): Promise<number> {
  const config = { ...configured, volumes: { ...configured.volumes, ...material.volumes } };
  const database = await findDatabase(config);
  const pictures = await findPictures(material);
  const session = await openSession({ ...config, ...database }, () => {});
  try {
    await fillDatabase(session.pools.tables, material.prefix, pictures);
    const table = `demo.${material.prefix}detections`;
    const sql = statementOf(material);
    const status = await runStatement(session, sql);
    if (status === null) return 5;
    await showAnswers(session, table, pictures);
    if (pictures.dataset !== null && !(await showAccuracy(session, material))) return 5;
    showSpeed(status, pictures);
    await showSheet(session, config, material, table);
    showNext(table);
    return 0;
  } finally {
    await session.close();
  }
}

function statementOf({ prefix, model, imageDir }: Material): string {
  return `SELECT image_id, file_name FROM demo.${prefix}images
TO RUN millrace/worker CMD "yolo", "--model=${model}", "--image_dir=${imageDir}"
WITH partitions = 2
INTO demo.${prefix}detections;`;
}

async function runStatement(session: Session, sql: string): Promise<StatementStatus | null> {
  heading('Statement');
  console.log(visibleText(sql));
  const { program, plan } = await planned(session, sql);
  heading('Plan');
  console.log(visibleText(explainPlan(plan)));
  heading('Running');
  return run(session, program, plan);
}

async function showAnswers(session: Session, table: string, { dataset }: Pictures): Promise<void> {
  for (const { title, sql } of followUps(table, dataset !== null)) {
    heading(title);
    console.log(styleText('dim', sql));
    const [rows, fields] = await session.pools.tables.query({ sql, rowsAsArray: true });
    console.log(
      formatRows(
        fields.map(({ name }) => name),
        rows as unknown[][],
      ),
    );
  }
}

/** @returns false if it could not be measured, which is shown */
async function showAccuracy(session: Session, { model, imageDir }: Material): Promise<boolean> {
  const sql = `SELECT image_id, file_name FROM demo.images
TO EVALUATE ${model.startsWith('/') ? `"${model}"` : model} WITH image_dir = "${imageDir}", partitions = 2
LABEL demo.ground_truth
INTO demo.evaluation;`;
  heading('Accuracy against the ground truth');
  console.log(styleText('dim', sql));
  const { program, plan } = await planned(session, sql);
  if ((await run(session, program, plan)) === null) return false;
  const [rows] = await session.pools.tables.query<RowDataPacket[]>(
    'SELECT metric, value FROM demo.evaluation WHERE class_name IS NULL',
  );
  const figures = new Map(rows.map(({ metric, value }) => [metric, Number(value)]));
  const shown = (metric: string) => figures.get(metric)!.toFixed(3);
  console.log(`mAP50 ${shown('AP50')}   mAP50-95 ${shown('AP')}   (COCO's metrics)`);
  return true;
}

function showSpeed({ startedAt, finishedAt }: StatementStatus, { fileNames }: Pictures): void {
  const seconds = (Date.parse(`${finishedAt}Z`) - Date.parse(`${startedAt}Z`)) / 1000;
  heading('Speed');
  const speed = (fileNames.length / seconds).toFixed(1);
  console.log(
    `${speed} images/s: ${fileNames.length} images in ${duration(seconds)}, from the SELECT to the published table`,
  );
}

async function showSheet({ pools }: Session, config: Config, material: Material, table: string): Promise<void> {
  const folder = join(config.stateFolder, 'demo');
  const file = join(folder, `${material.prefix}contact-sheet.png`);
  await mkdir(folder, { recursive: true });
  await writeFile(file, await drawSheet(pools.tables, table, material.folder));
  heading('Contact sheet');
  console.log(shown(file));
}

function showNext(table: string): void {
  heading('Try next');
  console.log(`npx millrace run "SELECT class_name, COUNT(*) AS detections FROM ${table} GROUP BY class_name ORDER BY detections DESC"
npx millrace explain "SELECT image_id, file_name FROM demo.images TO RUN millrace/worker CMD 'yolo', '--model=demo', '--image_dir=/datasets/demo' WITH partitions = 8, gpu = 1 INTO demo.more"
npm run demo -- --images FOLDER_OF_PICTURES --model YOLO.onnx
npx millrace serve

The last one serves a console for your browser at http://127.0.0.1:8080/: write SQL, follow statements, see the pictures with their boxes.

The private database keeps running for these commands. To stop it, run: npm run demo -- --stop`);
}
