import type { Pool, RowDataPacket } from 'mysql2/promise';
import { describeTable } from '../../datasource/describe.ts';
import { quoteTable } from '../../datasource/identifiers.ts';
import { streamQuery } from '../../datasource/table-rows.ts';
import { MillraceError } from '../../errors.ts';
import { visibleLine } from '../../visible-text.ts';
import { type CocoBox, fromCorners, type PictureSize } from '../boxes.ts';
import { safeName } from '../file-names.ts';
import { type NamedRow, namedRows } from '../read-rows.ts';

/** Where boxes come from: the annotations of a dataset, or a table of boxes such as a result of detection. */
export interface BoxesFrom {
  /** The database of the dataset, which has the images and categories. */
  readonly dataset: string;
  /** A table with columns image_id, class_name, x1, y1, x2, y2 and maybe score; null: the dataset's own annotations. */
  readonly boxes: TableName | null;
}

export interface TableName {
  readonly database: string;
  readonly table: string;
}

export interface ExportedImage extends PictureSize {
  readonly id: number;
  readonly fileName: string;
  readonly boxes: readonly ExportedBox[];
}

export interface ExportedBox extends CocoBox {
  readonly categoryId: number;
  readonly row: NamedRow;
}

export interface Category {
  readonly id: number;
  readonly name: string;
}

/** In the order of their ids. */
export async function readCategories(pool: Pool, dataset: string): Promise<readonly Category[]> {
  const table = quoteTable({ database: dataset, table: 'categories' });
  const [rows] = await pool.query<RowDataPacket[]>(`SELECT category_id AS id, name FROM ${table} ORDER BY category_id`);
  return rows.map(({ id, name }) => ({ id: Number(id), name }));
}

/** Streams the images in the order of their ids, each with its boxes. @throws {MillraceError} DATASET_NAME_UNSAFE */
export async function* readImages(
  pool: Pool,
  from: BoxesFrom,
  categories: readonly Category[],
): AsyncGenerator<ExportedImage> {
  const ids = new Map(categories.map(({ id, name }) => [name, id]));
  let image = noImage;
  for await (const row of boxRows(pool, from)) {
    const id = Number(row.image_no);
    if (image.id !== id) {
      if (image !== noImage) yield image;
      const fileName = safeName(String(row.image_file), `image ${id}`);
      image = { id, fileName, width: Number(row.image_width), height: Number(row.image_height), boxes: [] };
    }
    if (row.image_id !== null)
      image.boxes.push(from.boxes === null ? annotationOf(row) : detectionOf(row, from.boxes, ids));
  }
  if (image !== noImage) yield image;
}

type OpenImage = ExportedImage & { readonly boxes: ExportedBox[] };

/** Before the first image. */
const noImage: OpenImage = { id: -1, fileName: '', width: 0, height: 0, boxes: [] };

const imageColumns =
  'i.image_id AS image_no, i.file_name AS image_file, i.width AS image_width, i.height AS image_height';

/** Every image, with each of its boxes or, if it has none, with nulls. */
async function* boxRows(pool: Pool, { dataset, boxes }: BoxesFrom): AsyncGenerator<NamedRow> {
  const images = quoteTable({ database: dataset, table: 'images' });
  const table = quoteTable(boxes ?? { database: dataset, table: 'annotations' });
  const order = boxes === null ? 'b.annotation_id' : 'b.class_name, b.x1, b.y1, b.x2, b.y2';
  const sql = `SELECT ${imageColumns}, b.* FROM ${images} AS i LEFT JOIN ${table} AS b ON b.image_id = i.image_id
     ORDER BY i.image_id, ${order}`;
  yield* namedRows(await streamQuery(pool, sql, new AbortController().signal));
}

function annotationOf(row: NamedRow): ExportedBox {
  const [x, y, width, height] = [row.x, row.y, row.width, row.height].map(Number) as [number, number, number, number];
  return { x, y, width, height, categoryId: Number(row.category_id), row };
}

function detectionOf(row: NamedRow, { database, table }: TableName, ids: ReadonlyMap<string, number>): ExportedBox {
  const name = String(row.class_name);
  const categoryId = ids.get(name);
  if (categoryId === undefined) {
    const message = `${database}.${table} has the class '${visibleLine(name)}', which is not a category of the dataset`;
    throw new MillraceError('DATASET_REFERENCE', message, {
      hint: 'name the dataset of the same classes in --dataset',
    });
  }
  const [x1, y1, x2, y2] = [row.x1, row.y1, row.x2, row.y2].map(Number) as [number, number, number, number];
  return { ...fromCorners({ x1, y1, x2, y2 }), categoryId, row };
}

const boxColumns = ['image_id', 'class_name', 'x1', 'y1', 'x2', 'y2'];

/** @throws {MillraceError} DATASET_MISSING if it is not a table of boxes */
export async function checkBoxTable(pool: Pool, table: TableName): Promise<void> {
  const found = await describeTable(pool, table);
  const names = found?.columns.map(({ name }) => name.toLowerCase()) ?? [];
  const missing = boxColumns.filter((name) => !names.includes(name));
  if (missing.length === 0) return;
  const what = found === null ? 'does not exist' : `has no column ${missing.join(', ')}`;
  const hint = `name a table with the columns ${boxColumns.join(', ')}`;
  throw new MillraceError('DATASET_MISSING', `${table.database}.${table.table} ${what}`, { hint });
}
