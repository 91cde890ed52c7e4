import { quoteName, quoteTable } from '../../datasource/identifiers.ts';
import { streamQuery } from '../../datasource/table-rows.ts';
import { commonImageKey, type LabelTable, lookAtLabels, unusable } from '../../labels/label-columns.ts';
import { type Predicate, truthOf } from '../../programs/predicate/predicate.ts';
import type { SettingsOf } from '../../programs/programs.ts';
import { hiddenColumns } from '../../task.ts';
import type { Comparison, SummaryPlace } from '../row-program.ts';

/** Counts the labelled images that are rightly found or rightly not found. @throws {MillraceError} LABELS_UNUSABLE, DATABASE_… */
export async function compareFound(
  { cascade, labels: named }: SettingsOf<'find'>,
  place: SummaryPlace,
): Promise<Comparison> {
  const { tables, pool, selected, database, signal } = place;
  if (named === null || 'column' in named) return { right: 0, labelled: 0 };
  const labels = await lookAtLabels(tables, { ...named, database: named.database ?? database });
  const key = commonImageKey(labels, selected);
  const truths = await readTruths(cascade.predicate, labels, key, place);
  // A dataset has a table of its images, so an image without labels shows nothing.
  const unlabelled = labels.dataset.images === null ? null : holds(cascade.predicate, new Map());
  let [right, labelled] = [0, 0];
  for await (const [image, isFound] of (await streamQuery(pool, foundQuery(place, key), signal)).rows) {
    const truth = truths.get(String(image)) ?? unlabelled;
    if (image === null || truth === null) continue;
    labelled++;
    if (truth === (Number(isFound) === 1)) right++;
  }
  return { right, labelled };
}

/** For each image with labels, whether it shows what the predicate asks for. */
async function readTruths(
  predicate: Predicate,
  { table, images, className, joins }: LabelTable,
  key: string,
  { tables, signal }: SummaryPlace,
): Promise<ReadonlyMap<string, boolean>> {
  if (className === null) throw unusable(table, 'does not tell the names of classes', 'name a table that does');
  const sql = `SELECT ${images.get(key)}, LOWER(${className}), COUNT(*) FROM ${quoteTable(table)} AS t${joins} GROUP BY 1, 2 ORDER BY 1`;
  const truths = new Map<string, boolean>();
  let [current, objects]: [string | null, Map<string, number>] = [null, new Map()];
  for await (const [image, name, count] of (await streamQuery(tables, sql, signal)).rows) {
    if (String(image) !== current) {
      if (current !== null) truths.set(current, holds(predicate, objects));
      [current, objects] = [String(image), new Map()];
    }
    objects.set(String(name), Number(count));
  }
  if (current !== null) truths.set(current, holds(predicate, objects));
  return truths;
}

function holds(predicate: Predicate, objects: ReadonlyMap<string, number>): boolean {
  return truthOf(predicate, (name) => objects.get(name.toLowerCase()) ?? 0) === true;
}

/** Every processed image, and whether it has an output. */
function foundQuery({ outputs, processed, selection }: SummaryPlace, key: string): string {
  const { row, selection: selections } = hiddenColumns;
  return `SELECT s.${quoteName(key)}, o.${row} IS NOT NULL FROM (${processed([row, key])}) AS s
     LEFT JOIN ${quoteTable(outputs)} AS o ON o.${row} = s.${row} AND o.${selections} = ${selection}`;
}
