import type { Catalog } from '../../catalog/catalog.ts';
import type { CatalogModel } from '../../catalog/catalog-model.ts';
import { MillraceError } from '../../errors.ts';
import { checkInputs } from '../../programs/predict/check-inputs.ts';
import type { Query } from '../../sql/statement.ts';
import { placeOf } from '../selected-columns.ts';

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
