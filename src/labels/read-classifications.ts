import type { Pool } from 'mysql2/promise';
import { quoteTable } from '../datasource/identifiers.ts';
import { streamQuery } from '../datasource/table-rows.ts';
import { Classifications } from '../evaluation/classification.ts';
import type { LabelClass } from './classes.ts';
import { type LabelTable, unusable } from './label-columns.ts';
import { labelledImages } from './labelled-images.ts';
import { NumberedClasses } from './numbered-classes.ts';

/** Where a table of results has the best classes of an image, as SQL: names and ids, best first. */
export type BestClasses =
  /** A row for each class; `order` puts the best first. */
  | { readonly rows: 'classes'; readonly name: string; readonly id: string; readonly order: string }
  /** A row for each image. */
  | { readonly rows: 'images'; readonly names: readonly string[] };

/** The forms in which `classify` writes classes. null: the table has none of them. */
export function bestClasses({ columns, className, classId }: LabelTable): BestClasses | null {
  const top = Array.from({ length: 5 }, (_, index) => `top${index + 1}_class`).filter((name) => columns.has(name));
  if (top[0] === 'top1_class') return { rows: 'images', names: top.map((name) => `t.${name}`) };
  const order = columns.has('class_rank') ? 't.class_rank' : columns.has('score') ? 't.score DESC' : null;
  if (order === null || (className === null && classId === null)) return null;
  return { rows: 'classes', name: className ?? 'NULL', id: classId ?? 'NULL', order };
}

export interface ReadClassifications {
  readonly counted: Classifications;
  readonly classes: readonly LabelClass[];
  /** Labelled images that have no class in the result. */
  readonly unclassified: number;
  /** Images of the result without a label. */
  readonly strays: number;
  /** Labelled images whose class is one of the result's. */
  readonly matching: number;
}

interface ClassificationsToRead {
  readonly result: LabelTable;
  readonly labels: LabelTable;
  readonly best: BestClasses;
  /** Column by which both know images. */
  readonly key: string;
  readonly signal: AbortSignal;
}

/** Counts every labelled image. @throws {MillraceError} LABELS_UNUSABLE if the labels tell no classes, DATABASE_… */
export async function readClassifications(
  pool: Pool,
  { result, labels, best, key, signal }: ClassificationsToRead,
): Promise<ReadClassifications> {
  if (labels.className === null && labels.classId === null)
    throw unusable(labels.table, 'has no column that tells the class', 'give it a column class_name or category_id');
  const classes = new NumberedClasses();
  const found = new Map<string, number[]>();
  for await (const [image, ...told] of (await streamQuery(pool, resultQuery(result, best, key), signal)).rows) {
    if (image === null) continue;
    const numbers = found.get(String(image)) ?? [];
    found.set(String(image), numbers);
    if (best.rows === 'images') numbers.push(...told.flatMap((name) => numberOf(classes, name, null)));
    else if (numbers.length < 5) numbers.push(...numberOf(classes, told[0], told[1]));
  }
  const known = classes.list.length;
  const truth = [...(await labelledImages(pool, labels, key, signal))].map(
    ([image, label]) => [image, classes.numberOf(label)] as const,
  );
  const counted = new Classifications(classes.list.length);
  for (const [image, label] of truth) counted.add(label, found.get(image) ?? []);
  const classified = truth.filter(([image]) => found.has(image)).length;
  return {
    counted,
    classes: classes.list,
    unclassified: truth.length - classified,
    strays: found.size - classified,
    matching: truth.filter(([, label]) => label < known).length,
  };
}

function numberOf(classes: NumberedClasses, name: unknown, id: unknown): readonly number[] {
  if (name === null && id === null) return [];
  return [classes.ofResult(String(name ?? id), id === null ? null : Number(id))];
}

function resultQuery({ table, images, joins }: LabelTable, best: BestClasses, key: string): string {
  const told = best.rows === 'images' ? best.names : [best.name, best.id];
  const order = best.rows === 'images' ? '' : ` ORDER BY ${best.order}`;
  return `SELECT ${[images.get(key), ...told].join(', ')} FROM ${quoteTable(table)} AS t${joins}${order}`;
}
