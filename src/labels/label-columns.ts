import type { Pool } from 'mysql2/promise';
import { describeTable } from '../datasource/describe.ts';
import { quoteName, quoteTable } from '../datasource/identifiers.ts';
import type { TableName } from '../datasource/table-rows.ts';
import { MillraceError } from '../errors.ts';

/** Columns by which images are known to labels and results alike, the likeliest first. */
const imageKeys = ['image_id', 'file_name', 'filename', 'image_path', 'path', 'file', 'image'];

const classNameColumns = ['class_name', 'category_name', 'category', 'label', 'name'];
const classIdColumns = ['category_id', 'class_id'];

/** Where a box's numbers are, as SQL of x, y, width, height. */
const boxForms: readonly { readonly columns: readonly string[]; readonly numbers: (c: Named) => readonly string[] }[] =
  [
    { columns: ['x', 'y', 'width', 'height'], numbers: (c) => [c('x'), c('y'), c('width'), c('height')] },
    {
      columns: ['x1', 'y1', 'x2', 'y2'],
      numbers: (c) => [c('x1'), c('y1'), `${c('x2')} - ${c('x1')}`, `${c('y2')} - ${c('y1')}`],
    },
  ];

type Named = (column: string) => string;

/** A table of ground truth or results, as `SELECT`s of it are written: `t` is the table. */
export interface LabelTable {
  readonly table: TableName;
  /** Columns in lower case. */
  readonly columns: ReadonlySet<string>;
  /** SQL of an image's key, by the columns that may hold it, the likeliest first. */
  readonly images: ReadonlyMap<string, string>;
  /** SQL of x, y, width and height; null: the table has no boxes, but classes of images. */
  readonly box: readonly string[] | null;
  /** SQL of the class's name and id; null: the table does not say it. */
  readonly className: string | null;
  readonly classId: string | null;
  /** Joins of the tables `images` and `categories` of a dataset; empty if they are not needed. */
  readonly joins: string;
  /** The dataset's other tables, if there are any. */
  readonly dataset: { readonly images: TableName | null; readonly categories: TableName | null };
}

/**
 * Finds what the columns of a table hold: those of a dataset's `annotations`, of a result table, or of any table with such names.
 * @throws {MillraceError} LABELS_UNUSABLE, DATABASE_…
 */
export async function lookAtLabels(pool: Pool, table: TableName): Promise<LabelTable> {
  const columns = await columnsOf(pool, table);
  if (columns === null) throw unusable(table, 'does not exist', 'name an existing table as database.table');
  const named: Named = (column) => `t.${quoteName(column)}`;
  const first = (names: readonly string[]) => names.find((name) => columns.has(name));
  const sibling = async (name: string, ...needed: readonly string[]) => {
    const other = { database: table.database, table: name };
    if (table.table.toLowerCase() === name) return null;
    const there = await columnsOf(pool, other);
    return there !== null && needed.every((column) => there.has(column)) ? other : null;
  };
  const [nameColumn, idColumn] = [first(classNameColumns), first(classIdColumns)];
  const isCategory = columns.has('category_id');
  const categories = isCategory ? await sibling('categories', 'category_id', 'name') : null;
  const images = columns.has('image_id') ? await sibling('images', 'image_id', 'file_name') : null;
  const keys = imageKeys.filter((name) => columns.has(name)).map((name) => [name, named(name)] as const);
  const viaImages = images !== null && !columns.has('file_name') ? [['file_name', 'i.file_name'] as const] : [];
  const form = boxForms.find(({ columns: needed }) => needed.every((name) => columns.has(name)));
  return {
    table,
    columns,
    images: new Map([...keys, ...viaImages]),
    box: form?.numbers(named) ?? null,
    className: nameColumn !== undefined ? named(nameColumn) : categories !== null ? 'c.name' : null,
    classId: idColumn === undefined ? null : named(idColumn),
    joins: [
      categories === null || nameColumn !== undefined
        ? ''
        : ` LEFT JOIN ${quoteTable(categories)} AS c ON c.category_id = t.category_id`,
      viaImages.length === 0 ? '' : ` LEFT JOIN ${quoteTable(images!)} AS i ON i.image_id = t.image_id`,
    ].join(''),
    dataset: { images, categories },
  };
}

async function columnsOf(pool: Pool, table: TableName): Promise<ReadonlySet<string> | null> {
  const found = await describeTable(pool, table);
  return found === null ? null : new Set(found.columns.map(({ name }) => name.toLowerCase()));
}

/**
 * The column by which two tables know images. @param others columns of the results
 * @throws {MillraceError} LABELS_UNUSABLE
 */
export function commonImageKey({ table, images }: LabelTable, others: Iterable<string>): string {
  const there = new Set([...others].map((name) => name.toLowerCase()));
  const key = [...images.keys()].find((name) => there.has(name));
  if (key !== undefined) return key;
  const what =
    images.size === 0 ? 'has no column that tells the image' : `tells images by ${[...images.keys()].join(', ')}`;
  const hint = `select one of ${(images.size === 0 ? imageKeys : [...images.keys()]).join(', ')} in both`;
  throw unusable(table, `${what}; the results have ${[...there].join(', ')}`, hint);
}

export function unusable({ database, table }: TableName, problem: string, hint: string): MillraceError {
  const name = database === null ? table : `${database}.${table}`;
  return new MillraceError('LABELS_UNUSABLE', `the table ${name} ${problem}`, { hint });
}
