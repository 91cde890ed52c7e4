import type { Catalog } from '../../catalog/catalog.ts';
import type { CatalogModel } from '../../catalog/catalog-model.ts';
import { MillraceError } from '../../errors.ts';
import { predict } from '../../programs/predict/predict.ts';
import type { PredictStatement, RunStatement, Value } from '../../sql/statement.ts';
import { runAttributes } from '../attributes.ts';
import type { RunStep } from '../plan.ts';
import { ownAttributes, planTableStep, type Report } from './table-step.ts';

const verb = 'TO PREDICT';

/** WITH attributes of TO PREDICT for a model of a table, besides those of TO RUN. */
const predictAttributes = {
  'predict.probabilities': {
    expects: 'true or false',
    read: (value: Value) => (value.kind === 'boolean' ? value.value : undefined),
    otherwise: false as boolean,
  },
};

/** All attributes that the verb takes. */
export const predictAttributeNames: readonly string[] = [
  ...Object.keys(predictAttributes),
  ...Object.keys(runAttributes).filter((name) => !(predict.unusedAttributes as readonly string[]).includes(name)),
];

const attributesElsewhere: Readonly<Record<string, string>> = {
  'predict.extra_outputs': 'write predict.probabilities = true',
  'predict.batch_size': 'leave it out: rows are predicted in batches of 1024',
};

/** SQLFlow's. */
const withoutEffect: readonly string[] = ['predict.num_workers', 'num_classes'];

/** Plans `TO PREDICT` with a model of a table as a step; null after reporting its errors. */
export function planPredict(
  statement: PredictStatement,
  run: RunStatement,
  place: Pick<RunStep, 'name' | 'needs'>,
  catalog: Catalog,
  report: Report,
): RunStep | null {
  const written = statement.attributes.filter(({ name }) => !withoutEffect.includes(name));
  const given = ownAttributes(written, predictAttributes, verb, attributesElsewhere, report);
  const probabilities = given['predict.probabilities'];
  const table = { verb, contract: predict, run, model: statement.using };
  return planTableStep(table, place, catalog, report, (model) => {
    checkProbabilities(statement, model, probabilities, report);
    const prediction = { column: statement.into.column, probabilities };
    return { name: 'predict', settings: { model: model.file, prediction } };
  });
}

function checkProbabilities(
  { attributes, using }: PredictStatement,
  { registered }: CatalogModel,
  asked: boolean,
  report: Report,
): void {
  if (!asked || registered?.tabular === undefined || registered.tabular.hasProbabilities) return;
  const span = attributes.findLast(({ name }) => name === 'predict.probabilities')?.span;
  const message = `the model '${using.text}' does not tell how probable its classes are`;
  report(new MillraceError('MODEL_UNSUPPORTED', message, { span, hint: 'remove predict.probabilities' }));
}
