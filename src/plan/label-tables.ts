import { type Catalog, tableKey } from '../catalog/catalog.ts';
import { foldName } from '../sql/facts/word.ts';
import type { Query, Reference, SqlStatement } from '../sql/statement.ts';
import type { TableTarget } from '../task.ts';
import { attributeText } from './attribute-text.ts';

/** What a statement says of its labels, outside its query: a table, or for TO EVALUATE perhaps a selected column; null: nothing. */
export function labelsNamedBy(statement: SqlStatement): Reference | null {
  if (statement.kind === 'evaluate') return statement.label;
  if (statement.kind !== 'find') return null;
  const value = statement.attributes.findLast(({ name }) => name === 'labels')?.value;
  return value === undefined ? null : { text: attributeText(value), span: value.span };
}

/** The table of labels that a statement names; its database is null if neither the statement nor the DSN names one. */
export function labelTable(name: string, { database, labels = {} }: Catalog): TableTarget {
  const named = namedTable(name);
  const here = { ...named, database: named.database ?? database };
  return named.database !== null || (labels[tableKey(here)] ?? null) !== null ? here : named;
}

/** `database.table`, as LABEL and options write it. */
export function namedTable(name: string): TableTarget {
  const dot = name.indexOf('.');
  return dot < 0 ? { database: null, table: name } : { database: name.slice(0, dot), table: name.slice(dot + 1) };
}

/** The tables that are read for labels: beside a dataset's annotations, those of its images and classes may be. */
export function tablesOfLabels({ database, table }: TableTarget): readonly TableTarget[] {
  return [...new Set([table, 'images', 'categories'])].map((name) => ({ database, table: name }));
}

/** The query as one that also reads the labels: the step waits for who writes them, and must not replace them. */
export function withLabels(query: Query, { text, span }: Reference, catalog: Catalog): Query {
  const read = tablesOfLabels(labelTable(text, catalog));
  const { tables, references } = query.facts;
  const reads = new Set([...tables.reads.keys(), ...read.map(({ table }) => foldName(table))]);
  const named = read.map((table) => ({ ...table, span }));
  const facts = { ...query.facts, tables: { ...tables, reads }, references: [...references, ...named] };
  return { ...query, facts };
}
