import { MillraceError } from '../../errors.ts';
import { nearestName } from '../../nearest-name.ts';
import { valueText } from '../../sql/expression-nodes.ts';
import type { Attribute, TrainStatement } from '../../sql/statement.ts';
import type { TrainValue } from '../../train-task.ts';
import { duration, wholeNumber } from '../attribute-values.ts';
import { runAttributes } from '../attributes.ts';
import { unknownAttribute } from '../read-attributes.ts';
import { type AttributeTable, expected, plainValue, readForm } from './attribute-forms.ts';
import { objectives, parameters, refusedParameters, renamedObjectives } from './booster-attributes.ts';
import type { Estimator } from './estimators.ts';
import { readEvaluationMetrics, type UnknownMetric } from './evaluation-metrics.ts';
import { type ModelOutput, unknownMetric } from './metric-names.ts';

type Report = (error: MillraceError) => void;

const { gpu, cpu, memory, retries, volume, priority, node_selector, profile, pending_timeout } = runAttributes;

/** WITH attributes of TO TRAIN that say where and how it runs. */
export const stepAttributes = {
  ...{ gpu, cpu, memory, retries, volume, priority, node_selector, profile, pending_timeout },
  timeout: { expects: runAttributes.timeout.expects, read: duration, otherwise: null as number | null },
  seed: {
    expects: `a whole number from 0 to ${2 ** 31 - 1}`,
    read: (value: Attribute['value']) => wholeNumber(value, 0, 2 ** 31 - 1),
    otherwise: 1,
  },
};

/** Attributes of every estimator that the trainer does not read as its own. */
const ofAll = ['validation.select', 'validation.metrics'];

/** The given attribute's value as text, in lower case; null: it is not given, or not a word. */
function givenText(attributes: readonly Attribute[], name: string): string | null {
  const value = attributes.find((attribute) => attribute.name === name)?.value;
  const plain = value === undefined ? undefined : plainValue(value);
  return typeof plain === 'string' ? plain.toLowerCase() : null;
}

/**
 * The estimator's attributes for the trainer, by its names of them, after reporting each that is unknown or of the wrong kind.
 * @param given the attributes that are not the step's or the search's
 */
export function readTrainAttributes(
  statement: TrainStatement,
  given: readonly Attribute[],
  estimator: Estimator,
  report: Report,
): Readonly<Record<string, TrainValue>> {
  const table = estimator.attributes((name) => givenText(given, name));
  const read = given.flatMap((attribute) => {
    const value = readOne(attribute, estimator, table, report);
    const name = trainerName(attribute.name, table);
    return value === undefined || name === null ? [] : [[name, value] as const];
  });
  checkTwice(given, table, report);
  checkValidation(statement, given, report);
  if (estimator.family === 'booster') checkObjective(statement, given, estimator, report);
  checkMetrics(given, outputOf(given, estimator), report);
  return { ...estimator.usual, ...Object.fromEntries(read), ...evaluationMetrics(given, estimator, report) };
}

/** eval_metric of XGBoost. */
function evaluationMetrics(
  given: readonly Attribute[],
  estimator: Estimator,
  report: Report,
): Readonly<Record<string, TrainValue>> {
  const written = given.findLast(({ name }) => name === 'eval_metric');
  const plain = written && plainValue(written.value);
  if (plain === undefined || estimator.family !== 'booster') return {};
  const objective = objectiveOf(given, estimator) ?? '';
  const read = readEvaluationMetrics(plain, Object.hasOwn(objectives, objective) ? objectives[objective]! : null);
  if (typeof read !== 'object' || Array.isArray(read)) return { eval_metric: read };
  const { name, hint } = read as UnknownMetric;
  const { span } = written!.value;
  report(new MillraceError('TRAIN_METRIC_UNKNOWN', `XGBoost has no metric '${name}'`, { span, hint }));
  return {};
}

/** The trainer's name of an attribute; null: it has none. */
export function trainerName(written: string, table: AttributeTable): string | null {
  const known = Object.hasOwn(table, written) ? table[written] : undefined;
  return known?.isUnknownToTrainer ? null : (known?.alias ?? written);
}

function readOne(
  attribute: Attribute,
  estimator: Estimator,
  table: AttributeTable,
  report: Report,
): TrainValue | undefined {
  const { name, value } = attribute;
  if (name === 'validation.select') {
    if (value.kind !== 'string') report(wrongValue(attribute, 'a query in quotes'));
    return undefined;
  }
  if (name === 'validation.metrics') {
    const plain = plainValue(value);
    const names = Array.isArray(plain) ? plain.join(',') : plain;
    if (typeof names !== 'string') report(wrongValue(attribute, "names of metrics, e.g. 'Accuracy,AUC'"));
    return typeof names === 'string' ? names : undefined;
  }
  const known = Object.hasOwn(table, name) ? table[name] : undefined;
  if (known === undefined) {
    report(
      estimator.family === 'booster'
        ? unknownParameter(attribute, table, estimator)
        : unknownOf(attribute, table, estimator),
    );
    return undefined;
  }
  const read = readForm(known.form, value);
  if (read === undefined) report(wrongValue(attribute, expected(known.form)));
  return read;
}

const unknownOf = (attribute: Attribute, table: AttributeTable, { name }: Estimator) =>
  unknownAttribute(attribute, knownNames(table), name);

const documentation = 'https://xgboost.readthedocs.io/en/release_3.2.0/parameter.html';

function unknownParameter(attribute: Attribute, table: AttributeTable, estimator: Estimator): MillraceError {
  const { name, nameSpan: span } = attribute;
  if (Object.hasOwn(refusedParameters, name))
    return new MillraceError('TRAIN_PARAMETER_REFUSED', `${name} cannot be set`, {
      span,
      hint: refusedParameters[name],
    });
  const message = `${estimator.name} has no parameter '${name}'`;
  if (parameters.includes(name)) {
    const hint = 'remove it, or use an estimator with another booster or objective';
    return new MillraceError('TRAIN_PARAMETER_UNKNOWN', message, { span, hint });
  }
  if (name.includes('.')) return unknownOf(attribute, table, estimator);
  const nearest = nearestName(name, [...knownNames(table), ...parameters]);
  const hint = nearest === undefined ? `XGBoost's parameters are at ${documentation}` : `did you mean ${nearest}?`;
  return new MillraceError('TRAIN_PARAMETER_UNKNOWN', message, { span, hint });
}

/** The names to suggest: those of a table, of every estimator, and of the step. */
export function knownNames(table: AttributeTable): readonly string[] {
  const own = Object.entries(table).filter(([, { form, alias }]) => form.is !== 'ignored' && alias === undefined);
  return [...own.map(([name]) => name), ...ofAll, ...Object.keys(stepAttributes)];
}

function wrongValue({ name, value }: Attribute, expects: string): MillraceError {
  return new MillraceError('WRONG_ATTRIBUTE', `the attribute '${name}' cannot be ${valueText(value)}`, {
    span: value.span,
    hint: `give ${expects}`,
  });
}

function checkTwice(given: readonly Attribute[], table: AttributeTable, report: Report): void {
  const seen = new Map<string, string>();
  for (const { name, nameSpan } of given) {
    const meant = trainerName(name, table) ?? name;
    const other = seen.get(meant);
    seen.set(meant, name);
    if (other === undefined) continue;
    const message = `the attributes '${other}' and '${name}' mean the same`;
    report(new MillraceError('TRAIN_ATTRIBUTE_TWICE', message, { span: nameSpan, hint: `remove ${name}` }));
  }
}

const earlyStopping = ['train.early_stopping_epochs', 'train.early_stopping_rounds', 'early_stopping_rounds'];

function checkValidation({ validation }: TrainStatement, given: readonly Attribute[], report: Report): void {
  if (validation !== null) return;
  for (const { name, nameSpan, value } of given) {
    if (!earlyStopping.includes(name) || (value.kind === 'number' && value.value === 0)) continue;
    report(
      new MillraceError('TRAIN_VALIDATION_MISSING', `${name} needs validation rows`, {
        span: nameSpan,
        hint: "add validation.select = 'SELECT …'",
      }),
    );
  }
}

function objectiveOf(given: readonly Attribute[], { objective }: Estimator): string | null {
  const written = givenText(given, 'objective') ?? givenText(given, 'train.objective');
  return written === null ? (objective ?? null) : (renamedObjectives[written] ?? written);
}

function checkObjective(statement: TrainStatement, given: readonly Attribute[], estimator: Estimator, report: Report) {
  const objective = objectiveOf(given, estimator);
  if (objective === null) {
    if (given.some(({ name }) => name === 'objective' || name === 'train.objective')) return;
    report(
      new MillraceError('TRAIN_OBJECTIVE_MISSING', `${estimator.name} has no objective`, {
        span: statement.estimator.span,
        hint: "set objective = 'reg:squarederror' for numbers, 'binary:logistic' for two classes or 'multi:softprob' for more",
      }),
    );
  } else if (!Object.hasOwn(objectives, objective)) {
    const names = Object.keys(objectives);
    const nearest = nearestName(objective, names);
    report(
      new MillraceError('TRAIN_OBJECTIVE_UNKNOWN', `XGBoost has no objective '${objective}'`, {
        span: given.find(({ name }) => name.endsWith('objective'))?.value.span,
        hint: nearest === undefined ? `use one of ${names.join(', ')}` : `did you mean '${nearest}'?`,
      }),
    );
  }
}

/** What the trained model predicts; null: it is not known. */
export function outputOf(given: readonly Attribute[], estimator: Estimator): ModelOutput | null {
  if (estimator.family === 'kmeans') return 'clusters';
  if (estimator.family === 'logistic') return 'classifier';
  if (estimator.family === 'network') return estimator.name.endsWith('Classifier') ? 'classifier' : 'regressor';
  const objective = objectiveOf(given, estimator);
  if (objective === null || !Object.hasOwn(objectives, objective)) return null;
  return objectives[objective] === null ? 'regressor' : 'classifier';
}

function checkMetrics(given: readonly Attribute[], output: ModelOutput | null, report: Report): void {
  const attribute = given.find(({ name }) => name === 'validation.metrics');
  const plain = attribute && plainValue(attribute.value);
  const names = Array.isArray(plain) ? plain.join(',') : plain;
  if (attribute === undefined || typeof names !== 'string' || output === null) return;
  const unknown = unknownMetric(names, output);
  if (unknown === null) return;
  report(
    new MillraceError('TRAIN_METRIC_UNKNOWN', `a ${output} has no metric '${unknown.name}'`, {
      span: attribute.value.span,
      hint: unknown.hint,
    }),
  );
}
