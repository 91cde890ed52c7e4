import { writeFile } from 'node:fs/promises';
import type { Config } from '../config.ts';
import { parseDsn } from '../datasource/dsn.ts';
import { readKeyset } from '../datasource/keyset.ts';
import { namedAccounts } from '../datasource/own-database.ts';
import { openPool } from '../datasource/pool.ts';
import type { TableName } from '../datasource/table-rows.ts';
import { MillraceError } from '../errors.ts';
import { type CocoAccuracy, figureNames, measureBoxes } from '../evaluation/coco.ts';
import { recalls } from '../evaluation/coco-parameters.ts';
import { measurePresence, type Presence } from '../evaluation/presence.ts';
import { commonImageKey, lookAtLabels, unusable } from '../labels/label-columns.ts';
import { imagesQuery, type LabelledBoxes, readBoxes, resultQuery } from '../labels/read-boxes.ts';
import { drawChart } from '../plot/chart.ts';
import type { Output } from './output.ts';
import { formatRows } from './result-table.ts';

interface EvaluateArguments {
  readonly confidence: number;
  readonly plot?: string | undefined;
}

/** `millrace evaluate RESULT LABELS`: measures the boxes of a table against those of another. It talks to the database itself. */
export async function evaluateTables(
  [result, labels]: readonly [result: string, labels: string],
  options: EvaluateArguments,
  { config, environment }: { readonly config: Config; readonly environment: NodeJS.ProcessEnv },
  output: Output,
): Promise<number> {
  if (environment.MILLRACE_URL && config.dsn === null)
    throw new MillraceError('USAGE', 'evaluate reads the database itself, but only MILLRACE_URL is set', {
      hint: 'set MILLRACE_DATASOURCE, or use TO EVALUATE on the server',
    });
  const { dsn } = await namedAccounts(config, output.note);
  const pool = openPool(parseDsn(dsn), { connections: 2 });
  try {
    const { database } = parseDsn(dsn);
    const boxes = await readTables(pool, tableNamed(result, database), tableNamed(labels, database));
    const { truth, found, classes, images } = boxes;
    const accuracy = measureBoxes(truth, found, classes.length);
    const presence = measurePresence(truth, found, { classes: classes.length, images, ...options });
    report(boxes, accuracy, presence, output);
    if (options.plot !== undefined) await writePlot(options.plot, result, accuracy);
    return 0;
  } finally {
    await pool.end();
  }
}

function tableNamed(written: string, database: string | null): TableName {
  const dot = written.indexOf('.');
  return dot < 0 ? { database, table: written } : { database: written.slice(0, dot), table: written.slice(dot + 1) };
}

async function readTables(
  pool: ReturnType<typeof openPool>,
  result: TableName,
  labels: TableName,
): Promise<LabelledBoxes> {
  const [found, truth] = [await lookAtLabels(pool, result), await lookAtLabels(pool, labels)];
  for (const { table, box } of [found, truth])
    if (box === null) throw unusable(table, 'has no boxes', 'name tables with x, y, width, height or x1, y1, x2, y2');
  if (!found.columns.has('score')) throw unusable(result, 'has no column score', 'name a table of detections first');
  const key = commonImageKey(truth, found.images.keys());
  const order = (await readKeyset(pool, result))?.columns.map((column) => `t.${column}`) ?? [];
  const { images } = truth.dataset;
  return readBoxes({
    labels: { pool, at: truth },
    results: { pool, sql: resultQuery(found, key, order) },
    key,
    images:
      images === null || !['image_id', 'file_name'].includes(key) ? null : { pool, sql: imagesQuery(images, key) },
    signal: new AbortController().signal,
  });
}

function report(
  { classes, images, unknown, strays }: LabelledBoxes,
  accuracy: CocoAccuracy,
  presence: readonly Presence[],
  output: Output,
): void {
  for (const { name, rows, nearest } of unknown)
    output.note(
      `${rows} detections have the class '${name}', which the labels do not have${nearest === null ? '' : `; did you mean ${nearest}?`}`,
    );
  if (strays > 0) output.note(`${strays} detections are in images that the labels do not have`);
  const each = accuracy.classes.map(({ classNo, objects, detections, figures }) => ({
    ...{ classId: classes[classNo]!.id, name: classes[classNo]!.name, objects, detections },
    ...{ figures, presence: presence[classNo]! },
  }));
  if (output.json) {
    output.write({ images, figures: accuracy.figures, classes: each, unknown, strays });
    return;
  }
  const share = (value: number | null) => (value === null || value < 0 ? '-' : value.toFixed(3));
  output.line(
    formatRows(
      ['metric', 'value'],
      figureNames.map((name) => [name, share(accuracy.figures[name])]),
    ),
  );
  const rows = each
    .filter(({ objects, detections }) => objects + detections > 0)
    .map(
      ({ name, objects, detections, figures: { AP, AP50, AR100 }, presence: { right, wrong, precision, recall } }) => [
        ...[name, objects, detections, share(AP), share(AP50), share(AR100), right, wrong],
        ...[share(precision), share(recall)],
      ],
    );
  const columns = ['class', 'objects', 'detections', 'AP', 'AP50', 'AR100', 'right', 'wrong', 'precision', 'recall'];
  output.line(formatRows(columns, rows));
  output.line(`${images} images`);
}

/** Precision by recall at an overlap of 0.5: the mean over the classes that have objects. */
async function writePlot(file: string, name: string, { classes, figures }: CocoAccuracy): Promise<void> {
  const curves = classes.flatMap(({ precisions }) => (precisions === null ? [] : [precisions]));
  const points = recalls.map((x, at) => ({
    x,
    y: curves.reduce((sum, precisions) => sum + precisions[at]!, 0) / Math.max(curves.length, 1),
  }));
  const svg = drawChart({
    title: `Precision by recall: ${name}`,
    note: `IoU 0.50, mean of ${curves.length} classes; AP50 ${figures.AP50.toFixed(3)}, AP ${figures.AP.toFixed(3)}`,
    ...{ x: 'recall', y: 'precision', series: [{ name: 'mean of the classes', kind: 'line', points }] },
  });
  await writeFile(file, svg).catch((cause: NodeJS.ErrnoException) => {
    throw new MillraceError('OUTPUT_FAILED', `the picture cannot be written to ${file} (${cause.code})`, { cause });
  });
}
