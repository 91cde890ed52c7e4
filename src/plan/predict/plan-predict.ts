import type { Catalog } from '../../catalog/catalog.ts';
import type { CatalogModel } from '../../catalog/catalog-model.ts';
import { MillraceError } from '../../errors.ts';
import { predict } from '../../programs/predict/predict.ts';
import type { Attribute, PredictStatement, RunStatement } from '../../sql/statement.ts';
import { type RunAttributes, runAttributes, withPods } from '../attributes.ts';
import { checkColumns } from '../check-columns.ts';
import { checkProgramAttributes } from '../check-program-attributes.ts';
import { imageSettings } from '../image-settings.ts';
import { modelReference } from '../model-catalog.ts';
import type { RunStep } from '../plan.ts';
import { withProfile } from '../profile.ts';
import { readAttributes, unknownAttribute } from '../read-attributes.ts';
import { findTarget } from '../result-target.ts';
import { allowedBuckets } from '../volumes.ts';
import { checkModelColumns } from './check-model-columns.ts';
import { tabularModel } from './tabular-model.ts';

type Report = (error: MillraceError) => void;

/** WITH attributes of TO PREDICT for a model of a table, besides those of TO RUN. */
const predictAttributes = {
  'predict.probabilities': {
    expects: 'true or false',
    read: (value: Attribute['value']) => (value.kind === 'boolean' ? value.value : undefined),
    otherwise: false as boolean,
  },
};

/** All attributes that the verb takes. */
export const predictAttributeNames: readonly string[] = [
  ...Object.keys(predictAttributes),
  ...Object.keys(runAttributes).filter((name) => !(predict.unusedAttributes as readonly string[]).includes(name)),
];

/** SQLFlow's, and what to do instead. */
const attributesElsewhere: Readonly<Record<string, string>> = {
  'predict.num_workers': 'write partitions = …',
  'predict.extra_outputs': 'write predict.probabilities = true',
  'predict.batch_size': 'leave it out: rows are predicted in batches of 1024',
  num_classes: 'leave it out: the model knows its classes',
};

/** Plans `TO PREDICT` with a model of a table as a step; null after reporting its errors. */
export function planPredict(
  statement: PredictStatement,
  run: RunStatement,
  place: Pick<RunStep, 'name' | 'needs'>,
  catalog: Catalog,
  report: Report,
): RunStep | null {
  const written = withPods(readAttributes(run.attributes, runAttributes, 'TO PREDICT', report));
  const attributes = withProfile(written, run.attributes, catalog, report);
  const own = statement.attributes.filter((attribute) => isOwn(attribute, report));
  const { 'predict.probabilities': probabilities } = readAttributes(own, predictAttributes, 'TO PREDICT', report);
  checkProgramAttributes(run, { ...predict, name: 'TO PREDICT' }, attributes, report);
  const model = tabularModel(statement.using, catalog, report);
  const into = findTarget(run, catalog, report);
  if (model === null || into === null) return null;
  checkColumns(run, attributes.partition_by, predict.result(), catalog, report);
  checkModelColumns(statement.query, model, catalog, report);
  checkProbabilities(statement, model, probabilities, report);
  const prediction = { column: statement.into.column, probabilities };
  return {
    kind: 'run',
    ...place,
    ...commonParts(run, attributes, catalog),
    command: ['predict', statement.using.text],
    into,
    writeMode: attributes.write_mode,
    commitRows: attributes.commit_rows === 'auto' ? null : attributes.commit_rows,
    maxFailedRows: attributes.max_failed_rows,
    program: { name: 'predict', settings: { model: model.file, prediction } },
    model: modelReference(model),
    ...allowedBuckets(catalog),
  };
}

function isOwn(attribute: Attribute, report: Report): boolean {
  const { name } = attribute;
  if (Object.hasOwn(runAttributes, name)) return false;
  if (Object.hasOwn(predictAttributes, name)) return true;
  const instead = Object.hasOwn(attributesElsewhere, name) ? attributesElsewhere[name] : undefined;
  report(unknownAttribute(attribute, predictAttributeNames, 'TO PREDICT', instead));
  return false;
}

function commonParts(run: RunStatement, attributes: RunAttributes, catalog: Catalog) {
  const settings = imageSettings(run, attributes, catalog);
  const image = catalog.images.find(({ name }) => name === run.image.name);
  return { ...settings, image: image?.runs ?? run.image.text, resources: { ...settings.resources, gpu: 0 } };
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
