import { quoteName, quoteTable } from '../../datasource/identifiers.ts';
import { streamQuery } from '../../datasource/table-rows.ts';
import { Classifications } from '../../evaluation/classification.ts';
import { commonImageKey, type LabelTable, lookAtLabels, unusable } from '../../labels/label-columns.ts';
import { labelledImages } from '../../labels/labelled-images.ts';
import { NumberedClasses } from '../../labels/numbered-classes.ts';
import type { SettingsOf } from '../../programs/programs.ts';
import { hiddenColumns } from '../../task.ts';
import type { RowSummary, SummaryPlace } from '../row-program.ts';
import { classifierSummary } from './metrics.ts';

/** The accuracy of the classifications of a step. @throws {MillraceError} LABELS_UNUSABLE, DATABASE_… */
export function summariseClasses(settings: SettingsOf<'evaluate-classifier'>): Omit<RowSummary, 'columns'> {
  return {
    check: async (place) => void (await labelColumn(settings, place)),
    async compute(place) {
      const { column, labels } = await labelColumn(settings, place);
      const classes = new NumberedClasses();
      const { pool, outputs, signal, speed } = place;
      const known = `SELECT DISTINCT class_id, class_name FROM ${quoteTable(outputs)}`;
      for await (const [id, name] of (await streamQuery(pool, known, signal)).rows)
        classes.ofResult(String(name), Number(id));
      const labelled = labels === null ? null : await labelledImages(place.tables, labels, column, signal);
      const images: { readonly label: number; readonly best: number[] }[] = [];
      let last: unknown = null;
      for await (const [row, value, name] of (await streamQuery(pool, classesQuery(place, column), signal)).rows) {
        if (row !== last) {
          const label = value === null ? undefined : labelled === null ? String(value) : labelled.get(String(value));
          images.push({ label: label === undefined ? -1 : classes.numberOf(label), best: [] });
          last = row;
        }
        if (name !== null) images.at(-1)!.best.push(classes.numberOf(String(name)));
      }
      const counted = new Classifications(classes.list.length);
      for (const { label, best } of images) if (label >= 0) counted.add(label, best);
      return classifierSummary(counted.measure(), classes.list, speed);
    },
  };
}

/** The selected column with the labels, or by which the table of labels knows images. */
async function labelColumn(
  { labels: named }: SettingsOf<'evaluate-classifier'>,
  { tables, selected, database }: SummaryPlace,
): Promise<{ readonly column: string; readonly labels: LabelTable | null }> {
  if ('column' in named) return { column: named.column, labels: null };
  const labels = await lookAtLabels(tables, { ...named, database: named.database ?? database });
  if (labels.className === null && labels.classId === null)
    throw unusable(labels.table, 'has no column that tells the class', 'give it a column class_name or category_id');
  return { column: commonImageKey(labels, selected), labels };
}

/** Every processed image, with each of its classes, best first, or with NULL. */
function classesQuery({ outputs, processed }: SummaryPlace, column: string): string {
  const row = hiddenColumns.row;
  return `SELECT s.${row}, s.${quoteName(column)}, o.class_name FROM (${processed([row, column])}) AS s
     LEFT JOIN ${quoteTable(outputs)} AS o ON o.${row} = s.${row} ORDER BY s.${row}, o.class_rank`;
}
