import type { NamedRow } from '../read-rows.ts';
import type { DatasetTable } from '../tables.ts';

/** The order of an instance file's parts. */
const parts: readonly DatasetTable[] = ['info', 'licenses', 'images', 'annotations', 'categories'];

/**
 * Writes an instance file, an entry a line. The same rows give the same text.
 * @param rowsOf the rows of a table in the order of their ids
 */
export async function* writeCoco(rowsOf: (table: DatasetTable) => AsyncIterable<NamedRow>): AsyncGenerator<string> {
  let before = '{';
  for (const part of parts) {
    yield `${before}\n"${part}": `;
    if (part === 'info') yield await infoText(rowsOf('info'));
    else yield* listText(part, rowsOf(part));
    before = ',';
  }
  yield '\n}\n';
}

async function infoText(rows: AsyncIterable<NamedRow>): Promise<string> {
  for await (const row of rows) return JSON.stringify(entryOf.info(row));
  return '{}';
}

async function* listText(part: DatasetTable, rows: AsyncIterable<NamedRow>): AsyncGenerator<string> {
  let before = '[';
  let text = '';
  for await (const row of rows) {
    text += `${before}\n${JSON.stringify(entryOf[part](row))}`;
    before = ',';
    if (text.length < 256 * 1024) continue;
    yield text;
    text = '';
  }
  yield before === '[' ? '[]' : `${text}\n]`;
}

const entryOf: Readonly<Record<DatasetTable, (row: NamedRow) => object>> = {
  info: (row) => present(row, ['description', 'url', 'version', 'year', 'contributor', 'date_created']),
  licenses: (row) => ({ id: number(row.license_id), ...present(row, ['name', 'url']) }),
  categories: (row) => ({ id: number(row.category_id), ...present(row, ['name', 'supercategory']) }),
  images: (row) => ({
    id: number(row.image_id),
    ...present(row, ['file_name', 'height', 'width']),
    ...(row.license === null ? {} : { license: number(row.license) }),
    ...present(row, ['coco_url', 'date_captured']),
  }),
  annotations: (row) => ({
    id: number(row.annotation_id),
    image_id: number(row.image_id),
    category_id: number(row.category_id),
    bbox: [row.x, row.y, row.width, row.height].map(Number),
    area: number(row.area),
    iscrowd: number(row.iscrowd),
    ...segmentationOf(row.segmentation),
    ...present(row, ['pose', 'truncated', 'difficult', 'occluded']),
  }),
};

/** MySQL sorts the keys of JSON, MariaDB keeps its text. */
function segmentationOf(stored: unknown): object {
  if (typeof stored !== 'string') return {};
  const value = JSON.parse(stored);
  return { segmentation: Array.isArray(value) ? value : { counts: value.counts, size: value.size } };
}

function present(row: NamedRow, names: readonly string[]): object {
  return Object.fromEntries(names.flatMap((name) => (row[name] == null ? [] : [[name, row[name]]])));
}

/** Ids are BIGINT, which the client gives as texts. */
function number(value: unknown): number {
  return Number(value);
}
