import type { Catalog } from '../../catalog/catalog.ts';
import type { CatalogModel } from '../../catalog/catalog-model.ts';
import { MillraceError } from '../../errors.ts';
import type { Reference } from '../../sql/statement.ts';
import { findModel, unknownModel } from '../model-catalog.ts';

/** The model of a table that a statement names. An earlier statement of the program may make it. Null after reporting its errors. */
export function tabularModel(
  reference: Reference,
  catalog: Catalog,
  report: (error: MillraceError) => void,
): CatalogModel | null {
  const { text, span } = reference;
  const model = findModel(text, catalog);
  if (model === null) {
    report(unknownModel(reference, catalog));
    return null;
  }
  if (model.registered === undefined) {
    const message = `the model '${text}' is a file that is not registered, so its kind and its columns are not known`;
    const hint = `register it first: CREATE MODEL ${text} FROM '/models/${text}.onnx'`;
    report(new MillraceError('UNKNOWN_MODEL', message, { span, hint }));
    return null;
  }
  const { kind = 'tabular', madeBy } = model.registered;
  if (kind === 'tabular') return model;
  const message = `the model '${text}' is a ${kind}, which reads pictures and not columns`;
  const hint =
    madeBy === null ? 'name a model that TO TRAIN has made' : 'run CREATE MODEL in a program of its own, first';
  report(new MillraceError('MODEL_UNSUPPORTED', message, { span, hint }));
  return null;
}
