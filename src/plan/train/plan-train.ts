import type { Catalog } from '../../catalog/catalog.ts';
import { MillraceError } from '../../errors.ts';
import type { ModelReference } from '../../model-task.ts';
import { nearestName } from '../../nearest-name.ts';
import type { Search } from '../../programs/search/search.ts';
import { modelNameError } from '../../sql/model-name.ts';
import type { Attribute, TrainStatement } from '../../sql/statement.ts';
import type { TrainValue } from '../../train-task.ts';
import { findModel, modelReference, unknownModel } from '../model-catalog.ts';
import { checkOwner } from '../model-owner.ts';
import type { Step, TrainStep } from '../plan.ts';
import { stepProfile, withProfile } from '../profile.ts';
import { readAttributes } from '../read-attributes.ts';
import { isDomain, variedName } from '../search/read-domain.ts';
import { automaticName, automaticSpaces, driverOf, isOfSearch, readSearch } from '../search/read-search.ts';
import { sampledAttributes } from '../search/sample-attributes.ts';
import { columnNamed, unknownColumn } from '../selected-columns.ts';
import { plainValue } from './attribute-forms.ts';
import { checkLabelKind, checkValidationQuery, columnsOf, featureColumns, labelColumn } from './check-train-columns.ts';
import { splitEstimator, trainerImage } from './estimator-image.ts';
import { type Estimator, estimators, findEstimator } from './estimators.ts';
import { readFeatures } from './read-features.ts';
import { outputOf, readTrainAttributes, stepAttributes, trainerName } from './read-train-attributes.ts';
import { trainCost } from './train-cost.ts';

type Report = (error: MillraceError) => void;

/** Plans TO TRAIN as a step; null after reporting its errors. */
export function planTrain(
  statement: TrainStatement,
  place: Pick<Step, 'name' | 'needs'>,
  catalog: Catalog,
  reportTo: Report,
): TrainStep | null {
  let failed = false;
  const report = (error: MillraceError) => {
    failed = true;
    reportTo(error);
  };
  const { image, name } = splitEstimator(statement.estimator.text);
  const automatic = automaticSpaces(statement.estimator.text);
  const estimator =
    automatic === null
      ? estimatorOf(name, image, statement, catalog, report)
      : (findEstimator(automatic[0]!.estimator) ?? null);
  const search = readSearch(statement, report);
  if (search !== null && image !== null && image !== trainerImage) report(ownImage(statement));
  const [ofStep, ofTrainer] = splitAttributes(statement.attributes);
  const written = { ...readAttributes(ofStep, stepAttributes, 'TO TRAIN', report), parallelism: null };
  const settings = withProfile(written, ofStep, catalog, report);
  const isOwn = image === null || image === trainerImage;
  if (isOwn) checkGpu(ofStep, report);
  const attributes =
    estimator === null
      ? plainAttributes(
          ofTrainer.filter((attribute) => !isOfSearch(attribute)),
          image !== null,
          report,
        )
      : trialAttributes(statement, ofTrainer, automatic?.map(ofSpace) ?? [estimator], report);
  const read = readColumns(statement, attributes, estimator, catalog, report);
  const from = startOf(statement, estimator, catalog, report);
  const wrongName = modelNameError(statement.into);
  if (wrongName !== null) report(wrongName);
  checkOwner(statement.into, catalog, 'add a version to', report);
  if (failed) return null;
  const training: TrainStep['training'] = {
    estimator: automatic === null ? (estimator?.name ?? name) : automaticName(statement.estimator.text),
    attributes,
    ...read,
    validation: statement.validation?.text ?? null,
    seed: settings.seed,
    search: search && (automatic === null && estimator !== null ? withEstimator(search, estimator) : search),
    from,
    into: statement.into.text,
  };
  const cost = trainCost(training, statement.query.text, catalog.costs);
  return {
    kind: 'train',
    ...place,
    image: image ?? trainerImage,
    select: statement.query.text,
    training,
    ...(cost !== null && { cost }),
    actor: catalog.actor,
    retries: settings.retries,
    timeoutSeconds: settings.timeout,
    // A profile gives GPUs to detectors; the trainer has no use for them.
    resources: { cpu: settings.cpu, memory: settings.memory, gpu: isOwn ? 0 : settings.gpu },
    priority: settings.priority,
    nodeSelector: settings.node_selector,
    profile: stepProfile(settings.profile, catalog),
    pendingSeconds: settings.pending_timeout,
    volumes: settings.volume,
    span: statement.span,
  };
}

const ownImage = ({ estimator: { text, span } }: TrainStatement) =>
  new MillraceError('SEARCH_DRIVER', `${text} is an estimator of another image, of which a search has no trainer`, {
    span,
    hint: 'search with an estimator without an image, or give each attribute one value',
  });

/** Attributes that all trials have. Each value that a trial may have is checked for each estimator; a mistake is reported once. */
function trialAttributes(
  statement: TrainStatement,
  attributes: readonly Attribute[],
  estimators: readonly Estimator[],
  report: Report,
): Readonly<Record<string, TrainValue>> {
  const own = attributes.filter((attribute) => isDomain(attribute) || !isOfSearch(attribute));
  const seen = new Set<string>();
  const reportOnce = (error: MillraceError) => {
    const key = JSON.stringify([error.code, error.span]);
    if (!seen.has(key)) report(error);
    seen.add(key);
  };
  const read = estimators.flatMap((estimator) =>
    sampledAttributes(own).map((sample) => readTrainAttributes(statement, sample, estimator, reportOnce)),
  );
  const varied = own.filter(isDomain).map((attribute) => nameIn(estimators[0]!, variedName(attribute)));
  return Object.fromEntries(Object.entries(read[0]!).filter(([name]) => !varied.includes(name)));
}

const ofSpace = ({ estimator }: { readonly estimator: string }): Estimator => findEstimator(estimator)!;

const nameIn = (estimator: Estimator, written: string): string =>
  trainerName(
    written,
    estimator.attributes(() => null),
  ) ?? written;

/** With the names that the trainer knows. */
function withEstimator(search: Search, estimator: Estimator): Search {
  const spaces = search.spaces.map(({ domains, ...space }) => {
    const named = Object.entries(domains).map(([name, domain]) => [nameIn(estimator, name), domain]);
    return { ...space, estimator: estimator.name, domains: Object.fromEntries(named) };
  });
  return { ...search, spaces };
}

/** null: one of a user's image, or unknown, which is reported. */
function estimatorOf(
  name: string,
  image: string | null,
  { estimator: { span, text } }: TrainStatement,
  catalog: Catalog,
  report: Report,
): Estimator | null {
  if (image !== null && image !== trainerImage) {
    if (!catalog.otherImages) {
      const message = `the image ${image} cannot run on this machine`;
      report(
        new MillraceError('UNKNOWN_IMAGE', message, {
          span,
          hint: 'run it on Kubernetes, or use an estimator without an image',
        }),
      );
    }
    return null;
  }
  const known = findEstimator(name);
  if (known !== undefined) return known;
  const names = estimators.map((each) => each.name);
  const nearest = nearestName(name.replace(/^sqlflow_models\./i, ''), names);
  const hint =
    nearest === undefined ? `use one of ${names.join(', ')}, or an image of your own` : `did you mean ${nearest}?`;
  report(new MillraceError('TRAIN_ESTIMATOR_UNKNOWN', `unknown estimator '${text}'`, { span, hint }));
  return null;
}

function splitAttributes(attributes: readonly Attribute[]): readonly [readonly Attribute[], readonly Attribute[]] {
  const isOfStep = ({ name }: Attribute) => Object.hasOwn(stepAttributes, name);
  return [attributes.filter(isOfStep), attributes.filter((attribute) => !isOfStep(attribute))];
}

function checkGpu(attributes: readonly Attribute[], report: Report): void {
  const gpu = attributes.find(({ name, value }) => name === 'gpu' && !(value.kind === 'number' && value.value === 0));
  if (gpu === undefined) return;
  const hint = 'remove it, or use an image of your own that trains on a GPU: TO TRAIN image/Estimator';
  report(
    new MillraceError('UNKNOWN_ATTRIBUTE', `the attribute 'gpu' has no effect on ${trainerImage}`, {
      span: gpu.nameSpan,
      hint,
    }),
  );
}

/** The attributes of an estimator that only its image knows. @param isKnown whether there is such an image */
function plainAttributes(
  attributes: readonly Attribute[],
  isKnown: boolean,
  report: Report,
): Readonly<Record<string, TrainValue>> {
  if (!isKnown) return {};
  const read = attributes.flatMap((attribute) => {
    if (attribute.name === 'validation.select') return [];
    const value = plainValue(attribute.value);
    if (value !== undefined) return [[attribute.name, value] as const];
    const hint = 'give a number, a text, TRUE, FALSE, or a list of them';
    const message = `the attribute '${attribute.name}' has a value that no estimator can read`;
    report(new MillraceError('WRONG_ATTRIBUTE', message, { span: attribute.value.span, hint }));
    return [];
  });
  return Object.fromEntries(read);
}

function readColumns(
  statement: TrainStatement,
  attributes: Readonly<Record<string, TrainValue>>,
  estimator: Estimator | null,
  catalog: Catalog,
  report: Report,
): Pick<TrainStep['training'], 'features' | 'label'> {
  const columns = columnsOf(statement.query, catalog, report);
  const label = statement.label && labelColumn(statement.label, columns, report);
  if (statement.label === null && estimator?.needsLabel) {
    const message = `${estimator.name} learns a label, but the statement has no LABEL`;
    const hint = "add LABEL and the column's name";
    report(new MillraceError('TRAIN_LABEL_MISSING', message, { span: statement.estimator.span, hint }));
  }
  if (estimator !== null && outputOf(statement.attributes, estimator) === 'regressor')
    checkLabelKind(statement, catalog, report);
  const others = otherColumns(statement, attributes, columns, report);
  const excluded = [...(label === null ? [] : [label]), ...others];
  const features = readFeatures(statement.columns, { estimator, columns, excluded, report });
  const raw = columns?.filter((column) => columnNamed(column, excluded) === undefined) ?? null;
  if (raw?.length === 0 && features === null) {
    const message = 'the query selects no column besides the label';
    report(
      new MillraceError('TRAIN_NO_FEATURES', message, { span: statement.query.span, hint: 'select features too' }),
    );
  }
  const needed = raw && [...featureColumns(features, raw), ...(label === null ? [] : [label])];
  checkValidationQuery(statement, needed, catalog, report);
  return { features, label };
}

/** Columns that attributes name: weights, and those that are not features. */
function otherColumns(
  { attributes: written }: TrainStatement,
  attributes: Readonly<Record<string, TrainValue>>,
  columns: readonly string[] | null,
  report: Report,
): readonly string[] {
  return ['weight_column', 'excluded_columns'].flatMap((name) => {
    const value = attributes[`model.${name}`];
    if (typeof value !== 'string') return [];
    const span = written.findLast((attribute) => attribute.name.endsWith(name))!.value.span;
    const named = value.split(',').map((each) => each.trim());
    return named.flatMap((each) => {
      const column = columns === null ? each : columnNamed(each, columns);
      if (column === undefined) report(unknownColumn({ text: each, span }, columns ?? []));
      return column ?? [];
    });
  });
}

/** The model of USING. */
function startOf(
  { using }: TrainStatement,
  estimator: Estimator | null,
  catalog: Catalog,
  report: Report,
): ModelReference | null {
  if (using === null || driverOf({ using }) !== null) return null;
  const model = findModel(using.text, catalog);
  const reference = model && modelReference(model);
  const other = model?.registered?.tabular?.estimator ?? null;
  if (reference?.isInDatabase && other !== null && estimator !== null && other !== estimator.name) {
    const message = `the model '${using.text}' is a ${other}, not a ${estimator.name}`;
    report(new MillraceError('TRAIN_GOING_ON', message, { span: using.span, hint: `TO TRAIN ${other}` }));
  }
  if (reference?.isInDatabase) return reference;
  if (model === null) report(unknownModel(using, catalog));
  else {
    const message = `the model '${using.text}' was not trained by TO TRAIN`;
    const hint = 'name a model that TO TRAIN has made';
    report(new MillraceError('TRAIN_NOT_OURS', message, { span: using.span, hint }));
  }
  return null;
}

/** The name by which trainings of an estimator are measured; null: it is of a user's image, or unknown. */
export function plannedEstimator(written: string): string | null {
  const { image, name } = splitEstimator(written);
  if (image !== null && image !== trainerImage) return null;
  return automaticSpaces(written) === null ? (findEstimator(name)?.name ?? null) : automaticName(written);
}
