import type { Pool } from 'mysql2/promise';
import { quoteTable } from '../datasource/identifiers.ts';
import { streamQuery } from '../datasource/table-rows.ts';
import { nearestName } from '../nearest-name.ts';
import { type LabelTable, unusable } from './label-columns.ts';

export interface LabelClass {
  /** The labels' id of the class; null: they have names only. */
  readonly id: number | null;
  readonly name: string;
}

/** The classes of the labels, numbered in the order of their ids or, without ids, of their names. */
export interface LabelClasses {
  readonly list: readonly LabelClass[];
  /** The number of a class by its name or, if the labels have no names, by its id; undefined: the labels do not have it. */
  numberOf(name: string | null, id: unknown): number | undefined;
}

/** @throws {MillraceError} LABELS_UNUSABLE if the labels tell no classes, DATABASE_… */
export async function readClasses(pool: Pool, labels: LabelTable, signal: AbortSignal): Promise<LabelClasses> {
  const { className, classId, table, dataset } = labels;
  if (className === null && classId === null)
    throw unusable(table, 'has no column that tells the class', 'give it a column class_name or category_id');
  const categories = className === 'c.name' ? dataset.categories : null;
  const sql =
    categories === null
      ? `SELECT DISTINCT ${classId ?? 'NULL'} AS id, ${className ?? 'NULL'} AS name FROM ${quoteTable(table)} AS t${labels.joins}`
      : `SELECT category_id AS id, name FROM ${quoteTable(categories)}`;
  const found: LabelClass[] = [];
  for await (const [id, name] of (await streamQuery(pool, sql, signal)).rows) {
    const number = id === null ? null : Number(id);
    found.push({ id: number, name: name === null ? `class ${id}` : String(name) });
  }
  const list = unique(found).sort((a, b) => (a.id ?? 0) - (b.id ?? 0) || compare(a.name, b.name));
  const byName = new Map(list.map(({ name }, index) => [name, index]));
  const byId = new Map(list.map(({ id }, index) => [id, index]));
  return {
    list,
    numberOf: (name, id) => (className === null || name === null ? byId.get(Number(id)) : byName.get(name)),
  };
}

/** One class has one name, and one id. */
function unique(classes: readonly LabelClass[]): LabelClass[] {
  return [...new Map(classes.map((each) => [each.name, each])).values()];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A class of the results that the labels do not have. */
export interface UnknownClass {
  readonly name: string;
  readonly rows: number;
  /** The labels' class that may be meant. */
  readonly nearest: string | null;
}

export function unknownClasses(
  counts: ReadonlyMap<string, number>,
  classes: readonly LabelClass[],
): readonly UnknownClass[] {
  const names = classes.map(({ name }) => name);
  return [...counts].map(([name, rows]) => ({ name, rows, nearest: nearestName(name, names) ?? null }));
}
