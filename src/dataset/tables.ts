import { quoteName } from '../datasource/identifiers.ts';

/** The tables of a dataset, after Figure 3.7 of the thesis and COCO's instance files. https://cocodataset.org/#format-data */
export const tableNames = ['info', 'licenses', 'categories', 'images', 'annotations'] as const;

export type DatasetTable = (typeof tableNames)[number];

/** A row of one of the tables; its values are in the order of the table's columns. */
export interface DatasetRow {
  readonly table: DatasetTable;
  readonly values: readonly (string | number | null)[];
}

/** Which columns the table `annotations` has in addition to the common ones. */
export interface Shape {
  /** Outlines of the objects, as JSON. */
  readonly segmentations: boolean;
  /** What PASCAL VOC says about an object: pose, truncated, difficult, occluded. */
  readonly remarks: boolean;
}

interface Column {
  readonly name: string;
  readonly type: string;
}

interface Table {
  readonly columns: readonly Column[];
  /** Column of the primary key; null: the table has one row. */
  readonly key: string | null;
  /** Columns that have an index each. */
  readonly indexes: readonly string[];
}

const id = 'BIGINT UNSIGNED NOT NULL';
const size = 'INT UNSIGNED NOT NULL';
const flag = 'TINYINT UNSIGNED';

/** Maximum length of each text in characters. */
export const lengths = { fileName: 512, name: 255, url: 1024, date: 64, text: 4000 } as const;

const text = (length: number) => `VARCHAR(${length})`;

/** Names compare by their bytes, as files and classes do. */
const collation = 'CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';

export function tableOf(table: DatasetTable, shape: Shape): Table {
  return tables[table](shape);
}

const tables: Readonly<Record<DatasetTable, (shape: Shape) => Table>> = {
  info: () => ({
    columns: columnsOf({
      description: text(lengths.text),
      url: text(lengths.url),
      version: text(lengths.name),
      year: 'INT',
      contributor: text(lengths.name),
      date_created: text(lengths.date),
    }),
    key: null,
    indexes: [],
  }),
  licenses: () => ({
    columns: columnsOf({ license_id: id, name: text(lengths.name), url: text(lengths.url) }),
    key: 'license_id',
    indexes: [],
  }),
  categories: () => ({
    columns: columnsOf({ category_id: id, name: `${text(lengths.name)} NOT NULL`, supercategory: text(lengths.name) }),
    key: 'category_id',
    indexes: [],
  }),
  images: () => ({
    columns: columnsOf({
      image_id: id,
      file_name: `${text(lengths.fileName)} NOT NULL`,
      height: size,
      width: size,
      license: 'BIGINT UNSIGNED',
      coco_url: text(lengths.url),
      date_captured: text(lengths.date),
    }),
    key: 'image_id',
    indexes: ['file_name'],
  }),
  annotations: ({ segmentations, remarks }) => ({
    columns: columnsOf({
      annotation_id: id,
      image_id: id,
      category_id: id,
      x: 'DOUBLE NOT NULL',
      y: 'DOUBLE NOT NULL',
      width: 'DOUBLE NOT NULL',
      height: 'DOUBLE NOT NULL',
      area: 'DOUBLE NOT NULL',
      iscrowd: `${flag} NOT NULL`,
      ...(segmentations && { segmentation: 'JSON' }),
      ...(remarks && { pose: text(lengths.name), truncated: flag, difficult: flag, occluded: flag }),
    }),
    key: 'annotation_id',
    indexes: ['image_id', 'category_id'],
  }),
};

function columnsOf(types: Readonly<Record<string, string>>): readonly Column[] {
  return Object.entries(types).map(([name, type]) => ({ name, type }));
}

/** The body of CREATE TABLE: columns, primary key and, if asked for, the indexes. */
export function definitionOf(table: DatasetTable, shape: Shape, { indexes }: { readonly indexes: boolean }): string {
  const { columns, key, indexes: indexed } = tableOf(table, shape);
  const parts = [
    ...columns.map(({ name, type }) => `${quoteName(name)} ${type}`),
    ...(key === null ? [] : [`PRIMARY KEY (${quoteName(key)})`]),
    ...(indexes ? indexed.map(indexOf) : []),
  ];
  return `(${parts.join(', ')}) ENGINE=InnoDB ${collation}`;
}

export function indexOf(column: string): string {
  return `KEY ${quoteName(column)} (${quoteName(column)})`;
}
