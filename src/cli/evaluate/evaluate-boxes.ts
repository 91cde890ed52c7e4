import { writeFile } from 'node:fs/promises';
import type { Pool } from 'mysql2/promise';
import { readKeyset } from '../../datasource/keyset.ts';
import { MillraceError } from '../../errors.ts';
import { type CocoAccuracy, figureNames, measureBoxes } from '../../evaluation/coco.ts';
import { recalls } from '../../evaluation/coco-parameters.ts';
import { measurePresence, type Presence } from '../../evaluation/presence.ts';
import { commonImageKey, type LabelTable, unusable } from '../../labels/label-columns.ts';
import { imagesQuery, type LabelledBoxes, readBoxes, resultQuery } from '../../labels/read-boxes.ts';
import { drawChart } from '../../plot/chart.ts';
import type { Output } from '../output.ts';
import { formatRows } from '../result-table.ts';
import { type ComparedTables, type EvaluateOptions, share } from './compared-tables.ts';

/** Measures the boxes of a table against those of another. @throws {MillraceError} LABELS_UNUSABLE, DATABASE_… */
export async function evaluateBoxes(
  pool: Pool,
  { result, labels }: ComparedTables,
  options: EvaluateOptions,
  output: Output,
): Promise<void> {
  const boxes = await readTables(pool, result, labels);
  const { truth, found, classes, images } = boxes;
  const accuracy = measureBoxes(truth, found, classes.length);
  const presence = measurePresence(truth, found, { classes: classes.length, images, confidence: options.confidence });
  report(boxes, accuracy, presence, output);
  if (options.plot !== undefined) await writePlot(options.plot, options.title, accuracy);
}

async function readTables(pool: Pool, found: LabelTable, truth: LabelTable): Promise<LabelledBoxes> {
  if (truth.box === null)
    throw unusable(truth.table, 'has no boxes', 'name tables with x, y, width, height or x1, y1, x2, y2');
  if (!found.columns.has('score'))
    throw unusable(found.table, 'has no column score', 'name a table of detections first');
  const key = commonImageKey(truth, found.images.keys());
  const order = (await readKeyset(pool, found.table))?.columns.map((column) => `t.${column}`) ?? [];
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
