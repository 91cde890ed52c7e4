import type { Pool, RowDataPacket } from 'mysql2/promise';
import { quoteTable } from '../datasource/identifiers.ts';
import { streamQuery, type TableName } from '../datasource/table-rows.ts';
import { MillraceError } from '../errors.ts';
import { type LabelTable, lookAtLabels, unusable } from '../labels/label-columns.ts';
import type { LabelledPictures, UnusableLabels } from './repository.ts';

/**
 * Counts the objects in the pictures of a table of labels. Only classes that are asked for are told apart, so that few numbers are kept
 * however many pictures there are.
 * @param asked names of classes, in lower case
 * @throws {MillraceError} DATABASE_…
 */
export async function loadPictures(
  pool: Pool,
  table: TableName,
  asked: ReadonlySet<string>,
): Promise<LabelledPictures | UnusableLabels> {
  try {
    return await countObjects(pool, await lookAtLabels(pool, table), asked);
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'LABELS_UNUSABLE') throw error;
    return { problem: error.message, hint: error.hint ?? '' };
  }
}

async function countObjects(pool: Pool, labels: LabelTable, asked: ReadonlySet<string>): Promise<LabelledPictures> {
  const { table } = labels;
  const [key] = labels.images.values();
  if (key === undefined || labels.className === null)
    throw unusable(table, 'does not tell the images and the names of their classes', 'name a table that has both');
  const sql = `SELECT ${key}, LOWER(${labels.className}), COUNT(*) FROM ${quoteTable(table)} AS t${labels.joins} GROUP BY 1, 2 ORDER BY 1`;
  const tally = new Tally();
  const signal = new AbortController().signal;
  for await (const [image, name, objects] of (await streamQuery(pool, sql, signal)).rows)
    tally.add(String(image), String(name), Number(objects), asked);
  return tally.pictures(await countImages(pool, labels));
}

/** Pictures come one after the other, each with its classes. */
class Tally {
  readonly #shown = new Map<string, { readonly objects: Readonly<Record<string, number>>; images: number }>();
  #images = 0;
  #current: string | null = null;
  #objects: Record<string, number> = {};

  add(image: string, name: string, objects: number, asked: ReadonlySet<string>): void {
    if (image !== this.#current) this.#end();
    this.#current = image;
    if (asked.has(name)) this.#objects[name] = objects;
  }

  /** @param all number of pictures, with those that have no labels; null: not known */
  pictures(all: number | null): LabelledPictures {
    this.#end();
    this.#current = null;
    const empty = Math.max(0, (all ?? 0) - this.#images);
    if (empty > 0) this.#count({}, empty);
    return { images: this.#images, shown: [...this.#shown.values()] };
  }

  #end(): void {
    if (this.#current !== null) this.#count(this.#objects, 1);
    this.#objects = {};
  }

  #count(objects: Readonly<Record<string, number>>, images: number): void {
    const key = JSON.stringify(Object.entries(objects).sort(([a], [b]) => (a < b ? -1 : 1)));
    const same = this.#shown.get(key) ?? { objects, images: 0 };
    this.#shown.set(key, same);
    same.images += images;
    this.#images += images;
  }
}

/** A dataset has a table of its images: some may show nothing. */
async function countImages(pool: Pool, { dataset: { images } }: LabelTable): Promise<number | null> {
  if (images === null) return null;
  const [rows] = await pool.query<RowDataPacket[]>(`SELECT COUNT(*) AS n FROM ${quoteTable(images)}`);
  return Number(rows[0]?.n);
}
