import {
  type Entry,
  entryOf,
  invalid,
  numberField,
  optionalText,
  optionalWhole,
  scalarText,
  textField,
  wholeField,
} from '../fields.ts';
import { safeName } from '../file-names.ts';
import { type DatasetRow, type DatasetTable, lengths, type Shape } from '../tables.ts';

/**
 * The row of one entry of an instance file.
 * @param where its place in the file, for messages
 * @throws {MillraceError} DATASET_INVALID, DATASET_NAME_UNSAFE
 */
export function rowOf(
  table: DatasetTable,
  value: unknown,
  where: string,
  shape: Pick<Shape, 'segmentations'>,
): DatasetRow {
  return { table, values: values[table](entryOf(value ?? {}, where), shape) };
}

type Values = DatasetRow['values'];

const values: Readonly<Record<DatasetTable, (entry: Entry, shape: Pick<Shape, 'segmentations'>) => Values>> = {
  info: (entry) => [
    optionalText(entry, 'description', lengths.text),
    optionalText(entry, 'url', lengths.url),
    scalarText(entry, 'version', lengths.name),
    yearOf(entry),
    scalarText(entry, 'contributor', lengths.name),
    scalarText(entry, 'date_created', lengths.date),
  ],
  licenses: (entry) => [
    wholeField(entry, 'id'),
    optionalText(entry, 'name', lengths.name),
    optionalText(entry, 'url', lengths.url),
  ],
  categories: (entry) => [
    wholeField(entry, 'id'),
    textField(entry, 'name', lengths.name),
    optionalText(entry, 'supercategory', lengths.name),
  ],
  images: (entry) => [
    wholeField(entry, 'id'),
    safeName(textField(entry, 'file_name', lengths.fileName), entry.where),
    wholeField(entry, 'height', 1),
    wholeField(entry, 'width', 1),
    optionalWhole(entry, 'license'),
    optionalText(entry, 'coco_url', lengths.url),
    scalarText(entry, 'date_captured', lengths.date),
  ],
  annotations: annotationOf,
};

function annotationOf(entry: Entry, { segmentations }: Pick<Shape, 'segmentations'>): Values {
  const [x, y, width, height] = boxOf(entry);
  const area = entry.fields.area === undefined ? width * height : numberField(entry, 'area');
  return [
    wholeField(entry, 'id'),
    wholeField(entry, 'image_id'),
    wholeField(entry, 'category_id'),
    x,
    y,
    width,
    height,
    area,
    crowdOf(entry),
    ...(segmentations ? [segmentationOf(entry)] : []),
  ];
}

function boxOf({ where, fields: { bbox } }: Entry): readonly [number, number, number, number] {
  if (!Array.isArray(bbox) || bbox.length !== 4) throw invalid(`${where}.bbox`, bbox, 'a list of 4 numbers');
  for (const [index, value] of bbox.entries()) {
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw invalid(`${where}.bbox[${index}]`, value, 'a number');
    if (index >= 2 && value < 0) throw invalid(`${where}.bbox[${index}]`, value, '0 or more');
  }
  return bbox as unknown as readonly [number, number, number, number];
}

function crowdOf({ where, fields: { iscrowd = 0 } }: Entry): number {
  if (iscrowd === 0 || iscrowd === 1 || typeof iscrowd === 'boolean') return Number(iscrowd);
  throw invalid(`${where}.iscrowd`, iscrowd, '0 or 1');
}

/** Polygons, or a mask in run lengths; null: there is none. */
function segmentationOf({ where, fields: { segmentation } }: Entry): string | null {
  if (segmentation === undefined || segmentation === null) return null;
  if (typeof segmentation === 'object') return JSON.stringify(segmentation);
  throw invalid(`${where}.segmentation`, segmentation, 'polygons or a mask');
}

/** Some tools write the year as a text. */
function yearOf(entry: Entry): number | null {
  const { year } = entry.fields;
  if (typeof year === 'string' && /^\d{1,4}$/.test(year)) return Number(year);
  return optionalWhole(entry, 'year');
}
