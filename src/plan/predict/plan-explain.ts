import type { Catalog } from '../../catalog/catalog.ts';
import type { CatalogModel } from '../../catalog/catalog-model.ts';
import { MillraceError } from '../../errors.ts';
import { nearestName } from '../../nearest-name.ts';
import { explain } from '../../programs/predict/explain.ts';
import { type Explainer, explainers } from '../../programs/predict/explanation.ts';
import type { Attribute, ExplainStatement, RunStatement, Value } from '../../sql/statement.ts';
import { oneOf, wholeNumber } from '../attribute-values.ts';
import { runAttributes } from '../attributes.ts';
import type { RunStep } from '../plan.ts';
import { trainerImage } from '../train/estimator-image.ts';
import { ownAttributes, planTableStep, type Report } from './table-step.ts';

const verb = 'TO EXPLAIN';

/** shap's violins are drawn as points. */
const plotTypes = ['dot', 'bar', 'violin', 'layered_violin', 'compact_dot'] as const;

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

/** Those of the summary, which SQLFlow has from shap.summary_plot. */
const summaryAttributes = {
  'summary.plot_type': {
    expects: `one of ${plotTypes.join(', ')}`,
    read: (value: Value) => oneOf(value, plotTypes),
    otherwise: null as (typeof plotTypes)[number] | null,
  },
  'summary.sort': {
    expects: 'true or false',
    read: (value: Value) => (value.kind === 'boolean' ? value.value : undefined),
    otherwise: true as boolean,
  },
  'summary.max_display': {
    expects: 'a whole number from 1 to 10000',
    read: (value: Value) => wholeNumber(value, 1, 10_000),
    otherwise: null as number | null,
  },
};

/** All attributes that the verb takes. */
export const explainAttributeNames: readonly string[] = [
  ...Object.keys(explainAttributes),
  ...Object.keys(summaryAttributes),
  ...Object.keys(runAttributes).filter(
    (name) => name !== 'partitions' && !(explain.unusedAttributes as readonly string[]).includes(name),
  ),
];

/** How shap draws, and for columns to leave out: only those that the model reads are explained. */
const withoutEffect: readonly string[] = [
  ...['alpha', 'axis_color', 'auto_size_plot', 'class_inds', 'class_names', 'color', 'color_bar', 'color_bar_label'],
  ...['feature_names', 'features', 'layered_violin_max_num_bins', 'plot_size', 'show', 'title', 'use_log_scale'],
].map((name) => `summary.${name}`);

const columnsElsewhere: readonly string[] = ['plots', 'label_col', 'label_column'];

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
  const attributes = statement.attributes.map(withUsualName);
  const isIgnored = ({ name }: Attribute) => withoutEffect.includes(name) || columnsElsewhere.includes(name);
  const ignored = attributes.filter(isIgnored).map(({ name }) => name);
  const readers = { ...explainAttributes, ...summaryAttributes };
  const given = ownAttributes(
    attributes.filter((attribute) => !isIgnored(attribute)),
    readers,
    verb,
    {},
    report,
  );
  const named = explainerNamed(statement, report);
  if (statement.into === null) checkWriteMode(statement, report);
  const table = { verb, contract: explain, run, model: statement.model, needsTable: false };
  const step = planTableStep(table, place, catalog, report, (model) => {
    checkOurs(statement, model, report);
    const explainer = explainerOf(named, statement, model, report);
    if (explainer === 'TreeExplainer') checkKernelAttributes(statement, report);
    const { 'explain.samples': samples, 'explain.background': background, seed } = given;
    const explanation = { explainer, samples, background, seed, ...summaryOf(given) };
    return { name: 'explain', settings: { model: model.file, explanation } };
  });
  if (step === null) return null;
  const command = [...step.command, ...ignored.map((name) => `--${name}`)];
  return { ...step, image: trainerImage, command, partitions: 1, parallelism: 1, commitRows: null };
}

/** SQLFlow's `shap_summary.sort` is `summary.sort`. */
function withUsualName(attribute: Attribute): Attribute {
  const { name } = attribute;
  return name.startsWith('shap_summary.') ? { ...attribute, name: name.slice('shap_'.length) } : attribute;
}

/** Only what differs from the usual summary. */
function summaryOf(given: {
  readonly 'summary.plot_type': (typeof plotTypes)[number] | null;
  readonly 'summary.sort': boolean;
  readonly 'summary.max_display': number | null;
}) {
  const { 'summary.plot_type': plot, 'summary.sort': isSorted, 'summary.max_display': features } = given;
  return {
    ...(plot !== null && { plot: plot === 'bar' ? ('bar' as const) : ('dot' as const) }),
    ...(!isSorted && { unsorted: true }),
    ...(features !== null && { features }),
  };
}

function checkWriteMode({ attributes }: ExplainStatement, report: Report): void {
  const found = attributes.find(({ name }) => name === 'write_mode');
  if (found === undefined) return;
  const message = `the attribute 'write_mode' has no effect: the statement names no table`;
  const hint = 'remove it, or add INTO and a table at the end';
  report(new MillraceError('WRONG_ATTRIBUTE', message, { span: found.nameSpan, hint }));
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
