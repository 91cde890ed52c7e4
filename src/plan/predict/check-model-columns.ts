import type { Catalog } from '../../catalog/catalog.ts';
import type { CatalogModel } from '../../catalog/catalog-model.ts';
import { MillraceError, type Span } from '../../errors.ts';
import { checkInputs } from '../../programs/predict/check-inputs.ts';
import type { Query } from '../../sql/statement.ts';

/** Reports columns that the model reads and the query does not select, or selects with other types. */
export function checkModelColumns(
  query: Query,
  { name, registered }: CatalogModel,
  catalog: Catalog,
  report: (error: MillraceError) => void,
): void {
  const facts = catalog.queries[query.text] ?? { kind: 'unknown' };
  if (facts.kind !== 'columns' || registered?.tabular === undefined) return;
  const selected = facts.columns.map((column, at) => {
    const kind = facts.kinds?.[at];
    return { name: column, ...(kind !== undefined && { kind }) };
  });
  for (const { code, column, message, hint } of checkInputs(name, registered.tabular.inputs, selected)) {
    const span = column === null ? query.span : placeOf(column, query);
    report(new MillraceError(code, message, { span, hint }));
  }
}

/** The first place of a column's name in the query; the query if it has none, as after `SELECT *`. */
function placeOf(column: string, { text, span }: Query): Span {
  const [wanted, whole] = [column.toLowerCase(), text.toLowerCase()];
  for (let at = whole.indexOf(wanted); at >= 0; at = whole.indexOf(wanted, at + 1)) {
    const isWord = [whole[at - 1], whole[at + wanted.length]].every((each) => each === undefined || !/\w/.test(each));
    if (isWord) return { start: span.start + at, end: span.start + at + wanted.length };
  }
  return span;
}
