import type { Catalog } from '../../catalog/catalog.ts';
import { MillraceError, type Span } from '../../errors.ts';
import type { Query, Reference, TrainStatement } from '../../sql/statement.ts';
import type { FeatureNode, TrainFeature } from '../../train-task.ts';
import { columnNamed, placeOf, unknownColumn } from '../selected-columns.ts';

type Report = (error: MillraceError) => void;

/** The columns of a query before TO TRAIN, after reporting what is wrong with them; null: not known yet. */
export function columnsOf(query: Query, catalog: Catalog, report: Report): readonly string[] | null {
  const facts = catalog.queries[query.text] ?? { kind: 'unknown' };
  const { span } = query;
  if (facts.kind === 'refused')
    report(new MillraceError('QUERY_REFUSED', facts.message, { span, hint: 'fix the query' }));
  if (facts.kind !== 'columns') return null;
  const seen = new Set<string>();
  for (const column of facts.columns) {
    const name = column.toLowerCase();
    if (seen.has(name)) report(duplicate(column, span));
    seen.add(name);
  }
  facts.columns.forEach((column, at) => {
    if (facts.kinds?.[at] === 'binary') report(binary(column, query));
    if (column === '' || column.endsWith(' ')) report(unnamed(column, span));
  });
  return facts.columns;
}

function binary(column: string, query: Query): MillraceError {
  const message = `column '${column}' holds binary data, which no estimator reads`;
  const hint = 'leave the column out, or convert it to a number or text';
  return new MillraceError('TRAIN_COLUMN_BINARY', message, { span: placeOf(column, query), hint });
}

function unnamed(column: string, span: Span): MillraceError {
  const message = `the name of column '${column}' is empty or ends with a space`;
  return new MillraceError('TRAIN_COLUMN_NAME', message, { span, hint: 'give the column a name: … AS x' });
}

/** What a regressor learns are numbers. */
export function checkLabelKind({ query, label, estimator }: TrainStatement, catalog: Catalog, report: Report): void {
  const facts = catalog.queries[query.text];
  if (label === null || facts?.kind !== 'columns') return;
  const column = labelColumn(label, facts.columns, () => {});
  if (column === null || facts.kinds?.[facts.columns.indexOf(column)] !== 'text') return;
  const message = `the label '${column}' holds text, and ${estimator.text} learns numbers`;
  const hint = `use a classifier, or select CAST(${column} AS DOUBLE) AS ${column}`;
  report(new MillraceError('TRAIN_COLUMN_KIND', message, { span: label.span, hint }));
}

function duplicate(column: string, span: Span): MillraceError {
  const hint = `give one of them another name: … AS ${column}_2`;
  return new MillraceError('DUPLICATE_COLUMN', `the query selects two columns named '${column}'`, { span, hint });
}

/** The label as the query spells it; `table.column` is a column of the query, too. Without known columns, it is as written. */
export function labelColumn(
  { text, span }: Reference,
  columns: readonly string[] | null,
  report: Report,
): string | null {
  if (columns === null) return text;
  const last = text.slice(text.lastIndexOf('.') + 1);
  const column = columnNamed(text, columns) ?? columnNamed(last, columns);
  if (column === undefined) report(unknownColumn({ text, span }, columns));
  return column ?? null;
}

/** The rows of `validation.select` are measured as the others: they need the same columns. */
export function checkValidationQuery(
  { validation }: TrainStatement,
  needed: readonly string[] | null,
  catalog: Catalog,
  report: Report,
): void {
  if (validation === null) return;
  const { span, facts } = validation;
  if (facts.effect !== null) {
    const message = `the query of validation.select must only read, but ${facts.effect}`;
    report(new MillraceError('QUERY_REFUSED', message, { span, hint: 'write a SELECT' }));
    return;
  }
  const columns = columnsOf(validation, catalog, report);
  const missing = columns && needed?.find((name) => columnNamed(name, columns) === undefined);
  if (!missing) return;
  const message = `validation.select does not select '${missing}', which the query selects`;
  report(new MillraceError('UNKNOWN_COLUMN', message, { span, hint: `add ${missing} to it` }));
}

/** The columns that features are computed from. @param raw the columns that can be features */
export function featureColumns(features: readonly TrainFeature[] | null, raw: readonly string[]): readonly string[] {
  if (features === null) return raw;
  const names = features.flatMap((item) =>
    columnsIn(typeof item === 'object' && 'for' in item ? item.column : item, raw),
  );
  return [...new Set(names)];
}

/** Other words in a function, such as COMMA, are not its first argument. */
function columnsIn(node: FeatureNode, raw: readonly string[]): readonly string[] {
  if (node === '*') return raw;
  if (typeof node === 'string') return [node];
  if (typeof node === 'number') return [];
  if ('function' in node) return columnsIn(node.arguments[0]!, raw);
  return node.flatMap((item) => columnsIn(item, raw));
}
