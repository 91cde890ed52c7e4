import type { Catalog } from '../../catalog/catalog.ts';
import type { CatalogModel } from '../../catalog/catalog-model.ts';
import { MillraceError } from '../../errors.ts';
import { nearestName } from '../../nearest-name.ts';
import { evaluateTable } from '../../programs/predict/evaluate-table.ts';
import type { TableMeasurement } from '../../programs/predict/measurement.ts';
import type { EvaluateStatement, RunStatement, Value } from '../../sql/statement.ts';
import { texts } from '../attribute-values.ts';
import type { RunStep } from '../plan.ts';
import { metricHint, metricOf, metricsOf } from '../train/metric-names.ts';
import { ownAttributes, planTableStep, type Report } from './table-step.ts';
import { tabularModel } from './tabular-model.ts';

const verb = 'TO EVALUATE';

const evaluateAttributes = {
  'validation.metrics': {
    expects: "names of metrics, e.g. 'Accuracy,AUC'",
    read: (value: Value) => {
      const names = texts(value)?.flatMap((each) => each.split(',').map((name) => name.trim()));
      return names?.includes('') ? undefined : names;
    },
    otherwise: null as readonly string[] | null,
  },
};

/** Plans `TO EVALUATE` with a model of a table as a step; null after reporting its errors. */
export function planEvaluateTable(
  statement: EvaluateStatement,
  run: RunStatement,
  place: Pick<RunStep, 'name' | 'needs'>,
  catalog: Catalog,
  report: Report,
): RunStep | null {
  if (tabularModel(statement.model, catalog, report) === null) return null;
  const given = ownAttributes(statement.attributes, evaluateAttributes, verb, {}, report);
  const table = { verb, contract: evaluateTable, run, model: statement.model };
  return planTableStep(table, place, catalog, report, (model) => {
    const label = selectedLabel(statement, catalog, report);
    const metrics = metricsNamed(given['validation.metrics'], statement, model, report);
    return { name: 'evaluate-table', settings: { model: model.file, measurement: { label, metrics } } };
  });
}

/** The label as the query spells it. */
function selectedLabel({ label, query }: EvaluateStatement, catalog: Catalog, report: Report): string {
  const facts = catalog.queries[query.text] ?? { kind: 'unknown' };
  if (facts.kind !== 'columns') return label.text;
  const column = facts.columns.find((each) => each.toLowerCase() === label.text.toLowerCase());
  if (column !== undefined) return column;
  const nearest = nearestName(label.text, facts.columns);
  const hint = nearest === undefined ? `select ${label.text}` : `did you mean ${nearest}?`;
  const message = `LABEL names '${label.text}', which the query does not select`;
  report(new MillraceError('UNKNOWN_COLUMN', message, { span: label.span, hint }));
  return label.text;
}

const kinds = { class: 'classifier', value: 'regressor', cluster: 'clusters' } as const;

/** An earlier statement of the program may make the model: then the worker compares its kind with the metrics. */
function metricsNamed(
  names: readonly string[] | null,
  { attributes }: EvaluateStatement,
  { registered }: CatalogModel,
  report: Report,
): TableMeasurement['metrics'] {
  if (names === null) return null;
  const output = registered?.tabular?.output;
  const known = output === undefined ? Object.values(metricsOf).flat() : metricsOf[kinds[output]];
  return names.map((name) => {
    const metric = metricOf(name);
    if (!known.includes(metric)) {
      const span = attributes.findLast((each) => each.name === 'validation.metrics')?.value.span;
      const kind = kinds[output ?? 'class'];
      const hint = output === undefined ? `use ${known.join(', ')}` : metricHint(name, kind);
      const message = output === undefined ? `there is no metric '${name}'` : `a ${kind} has no metric '${name}'`;
      report(new MillraceError('TRAIN_METRIC_UNKNOWN', message, { span, hint }));
    }
    return { name, metric };
  });
}
