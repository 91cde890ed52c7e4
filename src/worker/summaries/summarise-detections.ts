import { quoteName, quoteTable } from '../../datasource/identifiers.ts';
import { measureBoxes } from '../../evaluation/coco.ts';
import { measurePresence } from '../../evaluation/presence.ts';
import { commonImageKey, type LabelTable, lookAtLabels, unusable } from '../../labels/label-columns.ts';
import { readBoxes } from '../../labels/read-boxes.ts';
import type { SettingsOf } from '../../programs/programs.ts';
import { hiddenColumns, type TableTarget } from '../../task.ts';
import type { RowSummary, SummaryPlace } from '../row-program.ts';
import { detectorSummary } from './metrics.ts';

/** COCO's figures of the detections of a step, and the presence of classes. @throws {MillraceError} LABELS_UNUSABLE, DATABASE_… */
export function summariseDetections(settings: SettingsOf<'evaluate'>): Omit<RowSummary, 'columns'> {
  return {
    check: async (place) => void (await labelsOf(settings, place)),
    async compute(place) {
      const { labels, key } = await labelsOf(settings, place);
      const { tables, pool, outputs, processed, signal, speed } = place;
      const boxes = await readBoxes({
        labels: { pool: tables, at: labels },
        results: { pool, sql: detectionsQuery(outputs, key) },
        key,
        images: { pool, sql: processed([key]) },
        signal,
      });
      const { truth, found, classes, images, unknown } = boxes;
      if (unknown.length > 0) place.log.warn({ unknown }, 'classes of the model that the labels do not have');
      const presence = measurePresence(truth, found, {
        classes: classes.length,
        images,
        confidence: settings.working_confidence,
      });
      return detectorSummary({
        accuracy: measureBoxes(truth, found, classes.length),
        presence,
        classes,
        images,
        speed,
      });
    },
  };
}

async function labelsOf(
  settings: SettingsOf<'evaluate'>,
  { tables, selected, database }: SummaryPlace,
): Promise<{ readonly labels: LabelTable; readonly key: string }> {
  const { labels: named } = settings;
  const table: TableTarget = 'column' in named ? { database, table: named.column } : named;
  const labels = await lookAtLabels(tables, { ...table, database: table.database ?? database });
  if (labels.box === null)
    throw unusable(labels.table, 'has no boxes', 'give it columns x, y, width, height or x1, y1, x2, y2');
  return { labels, key: commonImageKey(labels, selected) };
}

/** In the order in which they were detected: of equal scores, the first counts as better. */
function detectionsQuery(outputs: TableTarget, key: string): string {
  const columns = ['t.class_name', 't.class_id', 't.x1', 't.y1', 't.x2 - t.x1', 't.y2 - t.y1', 't.score'];
  return `SELECT t.${quoteName(key)}, ${columns.join(', ')} FROM ${quoteTable(outputs)} AS t
     ORDER BY t.${hiddenColumns.selection}, t.${hiddenColumns.row}, t.detection_no`;
}
