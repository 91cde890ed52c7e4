import type { Pool } from 'mysql2/promise';
import { commonImageKey } from '../../labels/label-columns.ts';
import { type BestClasses, readClassifications } from '../../labels/read-classifications.ts';
import type { Output } from '../output.ts';
import { formatRows } from '../result-table.ts';
import { type ComparedTables, share } from './compared-tables.ts';

/** Measures the classes of a table's images by those of another. @throws {MillraceError} LABELS_UNUSABLE, DATABASE_… */
export async function evaluateClasses(
  pool: Pool,
  { result, labels }: ComparedTables,
  best: BestClasses,
  output: Output,
): Promise<void> {
  const key = commonImageKey(labels, result.images.keys());
  const read = await readClassifications(pool, { result, labels, best, key, signal: new AbortController().signal });
  const { classes, counted, unclassified, strays, matching } = read;
  const { images, top1, top5, classes: measured } = counted.measure();
  if (images > 0 && matching === 0)
    output.note('the result has none of the classes of the labels: labels must be names or ids of its classes');
  if (unclassified > 0)
    output.note(`labelled images that the result does not have, which count as wrong: ${unclassified}`);
  if (strays > 0) output.note(`images of the result without a label, which do not count: ${strays}`);
  const each = measured
    .map(({ classNo, ...figures }) => ({ classId: classes[classNo]!.id, name: classes[classNo]!.name, ...figures }))
    .toSorted((a, b) => (a.classId ?? Infinity) - (b.classId ?? Infinity) || (a.name < b.name ? -1 : 1));
  if (output.json) {
    output.write({ images, figures: { top1, top5 }, classes: each, unclassified, strays });
    return;
  }
  const figures = { top1, top5 };
  output.line(
    formatRows(
      ['metric', 'value'],
      Object.entries(figures).map(([name, value]) => [name, share(value)]),
    ),
  );
  const rows = each
    .filter(({ images, wrong }) => images + wrong > 0)
    .map(({ name, images, right, wrong, precision, recall }) => [
      ...[name, images, right, wrong],
      ...[share(precision), share(recall)],
    ]);
  output.line(formatRows(['class', 'images', 'right', 'wrong', 'precision', 'recall'], rows));
  output.line(`${images} images`);
}
