import type { Pool } from 'mysql2/promise';
import { quoteTable } from '../datasource/identifiers.ts';
import { streamQuery, type TableName } from '../datasource/table-rows.ts';
import { Boxes } from '../evaluation/boxes.ts';
import { type LabelClass, readClasses, type UnknownClass, unknownClasses } from './classes.ts';
import { ImageNumbers } from './image-numbers.ts';
import type { LabelTable } from './label-columns.ts';

/** The boxes of ground truth and results, with the same numbers of images and classes. */
export interface LabelledBoxes {
  readonly truth: Boxes;
  readonly found: Boxes;
  readonly classes: readonly LabelClass[];
  readonly images: number;
  /** Classes of the results that the labels do not have: their boxes do not count. */
  readonly unknown: readonly UnknownClass[];
  /** Boxes of results in images that are not measured. */
  readonly strays: number;
}

export interface BoxesToRead {
  readonly labels: { readonly pool: Pool; readonly at: LabelTable };
  readonly results: {
    readonly pool: Pool;
    /** SQL of image, class name, class id, x, y, width, height, score; a row for each box. */
    readonly sql: string;
  };
  /** Column by which both know images. */
  readonly key: string;
  /** SQL of the keys of the images to measure; null: all images of labels and results. */
  readonly images: { readonly pool: Pool; readonly sql: string } | null;
  readonly signal: AbortSignal;
  onRow?(): void;
}

/**
 * Streams both tables into columns of numbers. Images that only one of the tables has count as well.
 * @throws {MillraceError} LABELS_UNUSABLE, DATABASE_…
 */
export async function readBoxes(wanted: BoxesToRead): Promise<LabelledBoxes> {
  const { labels, results, key, signal, onRow = () => {} } = wanted;
  const classes = await readClasses(labels.pool, labels.at, signal);
  const images = new ImageNumbers();
  if (wanted.images !== null) {
    for await (const [image] of (await streamQuery(wanted.images.pool, wanted.images.sql, signal)).rows)
      if (image !== null) images.add(String(image));
  }
  const numberOf = (image: unknown) =>
    wanted.images === null ? images.add(String(image)) : images.numberOf(String(image));
  const truth = new Boxes();
  for await (const row of (await streamQuery(labels.pool, truthQuery(labels.at, key), signal)).rows) {
    onRow();
    const [image, name, id, x, y, width, height, area, crowd] = row;
    const [at, classNo] = [numberOf(image), classes.numberOf(name as string | null, id)];
    if (at === undefined || classNo === undefined) continue;
    truth.add(at, classNo, [Number(x), Number(y), Number(width), Number(height)], Number(area), Number(crowd) === 1);
  }
  const found = new Boxes();
  const unknown = new Map<string, number>();
  let strays = 0;
  for await (const row of (await streamQuery(results.pool, results.sql, signal)).rows) {
    onRow();
    const [image, name, id, x, y, width, height, score] = row;
    const [at, classNo] = [numberOf(image), classes.numberOf(name as string | null, id)];
    if (at === undefined) strays++;
    else if (classNo === undefined) unknown.set(String(name ?? id), (unknown.get(String(name ?? id)) ?? 0) + 1);
    else found.add(at, classNo, [Number(x), Number(y), Number(width), Number(height)], Number(score));
  }
  const order = images.inOrder();
  truth.renumberImages(order);
  found.renumberImages(order);
  const { list } = classes;
  return { truth, found, classes: list, images: images.size, unknown: unknownClasses(unknown, list), strays };
}

function truthQuery({ table, images, className, classId, box, joins, columns }: LabelTable, key: string): string {
  const [, , width, height] = box!;
  const area = columns.has('area') ? 't.area' : `(${width}) * (${height})`;
  const crowd = columns.has('iscrowd') ? 't.iscrowd' : '0';
  return `SELECT ${[images.get(key), className ?? 'NULL', classId ?? 'NULL', ...box!, area, crowd].join(', ')}
     FROM ${quoteTable(table)} AS t${joins}`;
}

/** The boxes of a table of results, in its order. */
export function resultQuery(
  { table, images, className, classId, box, joins }: LabelTable,
  key: string,
  order: readonly string[],
): string {
  const by = order.length === 0 ? '' : ` ORDER BY ${order.join(', ')}`;
  return `SELECT ${[images.get(key), className ?? 'NULL', classId ?? 'NULL', ...box!, 't.score'].join(', ')}
     FROM ${quoteTable(table)} AS t${joins}${by}`;
}

/** The keys of the images of a dataset. */
export function imagesQuery(images: TableName, key: string): string {
  return `SELECT ${key === 'image_id' ? 'image_id' : 'file_name'} FROM ${quoteTable(images)}`;
}
