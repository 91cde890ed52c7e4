import { type Catalog, tableKey } from '../catalog/catalog.ts';
import { foldName } from '../sql/facts/word.ts';
import type { Query, Reference } from '../sql/statement.ts';
import type { TableTarget } from '../task.ts';

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

/** The query as one that also reads the labels: the step waits for who writes them, and must not replace them. */
export function withLabels(query: Query, { text, span }: Reference, catalog: Catalog): Query {
  const table = labelTable(text, catalog);
  const { tables, references } = query.facts;
  const reads = new Set([...tables.reads.keys(), foldName(table.table)]);
  const facts = { ...query.facts, tables: { ...tables, reads }, references: [...references, { ...table, span }] };
  return { ...query, facts };
}
