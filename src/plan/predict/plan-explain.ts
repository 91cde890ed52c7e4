import type { Catalog } from '../../catalog/catalog.ts';
import type { CatalogModel } from '../../catalog/catalog-model.ts';
import { MillraceError } from '../../errors.ts';
import { nearestName } from '../../nearest-name.ts';
import { explain } from '../../programs/predict/explain.ts';
import { type Explainer, explainers } from '../../programs/predict/explanation.ts';
import type { ExplainStatement, RunStatement, Value } from '../../sql/statement.ts';
import { wholeNumber } from '../attribute-values.ts';
import { runAttributes } from '../attributes.ts';
import type { RunStep } from '../plan.ts';
import { trainerImage } from '../train/estimator-image.ts';
import { ownAttributes, planTableStep, type Report } from './table-step.ts';

const verb = 'TO EXPLAIN';

/** WITH attributes of TO EXPLAIN, besides those of TO RUN. All of them are KernelExplainer's. */
const explainAttributes = {
  'explain.samples': {
    expects: 'a whole number from 1 to 100000',
    read: (value: Value) => wholeNumber(value, 1, 100_000),
    otherwise: 512,
  },
  'explain.background': {
    expects: 'a whole number from 1 to 10000',
    read: (value: Value) => wholeNumber(value, 1, 10_000),
    otherwise: 50,
  },
  seed: {
    expects: `a whole number from 0 to ${2 ** 31 - 1}`,
    read: (value: Value) => wholeNumber(value, 0, 2 ** 31 - 1),
    otherwise: 1,
  },
};

/** All attributes that the verb takes. */
export const explainAttributeNames: readonly string[] = [
  ...Object.keys(explainAttributes),
  ...Object.keys(runAttributes).filter(
    (name) => name !== 'partitions' && !(explain.unusedAttributes as readonly string[]).includes(name),
  ),
];

/** SQLFlow's, for its picture, which is not drawn, and for columns to leave out: only those that the model reads are explained. */
const withoutEffect: readonly string[] = [
  ...['plot_type', 'sort', 'alpha', 'max_display'].flatMap((name) => [`summary.${name}`, `shap_summary.${name}`]),
  ...['plots', 'label_col', 'label_column'],
];

/** SQLFlow's name of TreeExplainer for XGBoost's models. */
const synonyms: Readonly<Record<string, Explainer>> = { xgboostexplainer: 'TreeExplainer' };

/** Plans `TO EXPLAIN` as a step; null after reporting its errors. */
export function planExplain(
  statement: ExplainStatement,
  run: RunStatement,
  place: Pick<RunStep, 'name' | 'needs'>,
  catalog: Catalog,
  report: Report,
): RunStep | null {
  const ignored = statement.attributes.flatMap(({ name }) => (withoutEffect.includes(name) ? [name] : []));
  const written = statement.attributes.filter(({ name }) => !ignored.includes(name));
  const given = ownAttributes(written, explainAttributes, verb, elsewhere(written), report);
  const named = explainerNamed(statement, report);
  if (statement.into === null) {
    report(missingInto(statement));
    return null;
  }
  const table = { verb, contract: explain, run, model: statement.model };
  const step = planTableStep(table, place, catalog, report, (model) => {
    checkOurs(statement, model, report);
    const explainer = explainerOf(named, statement, model, report);
    if (explainer === 'TreeExplainer') checkKernelAttributes(statement, report);
    const { 'explain.samples': samples, 'explain.background': background, seed } = given;
    return { name: 'explain', settings: { model: model.file, explanation: { explainer, samples, background, seed } } };
  });
  if (step === null) return null;
  const command = [...step.command, ...ignored.map((name) => `--${name}`)];
  return { ...step, image: trainerImage, command, partitions: 1, parallelism: 1, commitRows: null };
}

/** Others of SQLFlow's attributes for its picture. */
function elsewhere(attributes: ExplainStatement['attributes']): Readonly<Record<string, string>> {
  const drawn = attributes.filter(({ name }) => /^(?:shap_)?summary\./.test(name));
  return Object.fromEntries(
    drawn.map(({ name }) => [name, 'leave it out: the statement returns bars, and draws no picture']),
  );
}

function missingInto({ model: { span } }: ExplainStatement): MillraceError {
  const message = `${verb} writes a table with a row for each value, but the statement names none`;
  return new MillraceError('MISSING_INTO', message, { span, hint: 'add INTO and a table at the end' });
}

/** null: none is named, or an unknown one, which is reported. */
function explainerNamed({ explainer }: ExplainStatement, report: Report): Explainer | null {
  if (explainer === null) return null;
  const word = explainer.text.toLowerCase();
  const known = explainers.find((each) => each.toLowerCase() === word);
  if (known !== undefined) return known;
  if (Object.hasOwn(synonyms, word)) return synonyms[word]!;
  const nearest = nearestName(explainer.text, explainers);
  const hint = nearest === undefined ? `use ${explainers.join(' or ')}` : `did you mean ${nearest}?`;
  const message = `unknown explainer '${explainer.text}'`;
  report(new MillraceError('UNKNOWN_EXPLAINER', message, { span: explainer.span, hint }));
  return null;
}

/** Values need the state that TO TRAIN stores in the model. */
function checkOurs({ model: { text, span } }: ExplainStatement, { registered }: CatalogModel, report: Report): void {
  if (registered?.tabular === undefined || registered.tabular.estimator !== null) return;
  const message = `the model '${text}' was not trained by TO TRAIN`;
  report(new MillraceError('TRAIN_NOT_OURS', message, { span, hint: 'name a model that TO TRAIN has made' }));
}

/** An earlier statement of the program may make the model: then the trainer chooses, or rejects. */
function explainerOf(
  named: Explainer | null,
  { explainer, model: { text } }: ExplainStatement,
  { registered }: CatalogModel,
  report: Report,
): Explainer | null {
  const estimator = registered?.tabular?.estimator ?? null;
  if (estimator === null) return named;
  const hasTrees = estimator.startsWith('xgboost.');
  if (named !== 'TreeExplainer' || hasTrees) return named ?? (hasTrees ? 'TreeExplainer' : 'KernelExplainer');
  const message = `${explainer!.text} explains trees, and the model '${text}' is a ${estimator}`;
  report(new MillraceError('TRAIN_EXPLAINER', message, { span: explainer!.span, hint: 'USING KernelExplainer' }));
  return named;
}

function checkKernelAttributes({ attributes }: ExplainStatement, report: Report): void {
  for (const { name, nameSpan: span } of attributes) {
    if (!Object.hasOwn(explainAttributes, name)) continue;
    const message = `the attribute '${name}' has no effect on TreeExplainer, whose values are exact`;
    report(
      new MillraceError('UNKNOWN_ATTRIBUTE', message, { span, hint: 'remove it, or write USING KernelExplainer' }),
    );
  }
}
