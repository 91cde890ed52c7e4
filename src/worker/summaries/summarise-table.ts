import { quoteTable } from '../../datasource/identifiers.ts';
import { streamQuery } from '../../datasource/table-rows.ts';
import { MillraceError } from '../../errors.ts';
import { clusterMetrics, valueMetrics } from '../../evaluation/tabular.ts';
import { classMetrics } from '../../evaluation/tabular-classes.ts';
import type { SettingsOf } from '../../programs/programs.ts';
import type { TabularFacts } from '../../tabular-model.ts';
import { modelAt } from '../programs/predict/open-predict.ts';
import type { RowSummary, SummaryPlace } from '../row-program.ts';
import { tableSummary } from './metrics.ts';

/** The figures of a model of a table. @throws {MillraceError} TRAIN_NO_ROWS, TRAIN_METRIC_UNKNOWN, MODEL_…, DATABASE_… */
export function summariseTable(settings: SettingsOf<'evaluate-table'>): Omit<RowSummary, 'columns'> {
  return {
    check: async () => {},
    async compute(place) {
      const { facts, classNames } = await modelAt(settings.model, place.volumes);
      const rows = await readOutputs(place);
      if (rows.predicted.length === 0) {
        const message = `no row has a label that the model knows in the column '${settings.measurement.label}'`;
        throw new MillraceError('TRAIN_NO_ROWS', message, { hint: 'select rows with a label' });
      }
      const { truth, predicted, scores } = rows;
      const known = {
        class: () => measures(classMetrics, { truth, predicted, scores, classes: classNames.length }),
        value: () => measures(valueMetrics, { truth, predicted }),
        cluster: () => measures(clusterMetrics, predicted),
      }[facts.output]();
      const asked =
        settings.measurement.metrics ?? usualMetrics[facts.output].map((metric) => ({ name: metric, metric }));
      const figures = asked.map(({ name, metric }) => [name, figureOf(known, metric, name)] as const);
      return tableSummary(Object.fromEntries(figures), predicted.length, place.speed);
    },
  };
}

/** What a model is measured by if the statement names nothing: also trainer/millrace_trainer/metrics.py. */
const usualMetrics: Readonly<Record<TabularFacts['output'], readonly string[]>> = {
  class: ['accuracy', 'precision', 'recall', 'f1', 'auc', 'log_loss'],
  value: ['mae', 'mse', 'rmse', 'mape', 'r2'],
  cluster: ['mean_squared_distance'],
};

type Figures = Readonly<Record<string, () => number | null>>;

function measures<Rows>(metrics: Readonly<Record<string, (rows: Rows) => number | null>>, rows: Rows): Figures {
  return Object.fromEntries(Object.entries(metrics).map(([name, measure]) => [name, () => measure(rows)]));
}

function figureOf(known: Figures, metric: string, name: string): number | null {
  const measure = Object.hasOwn(known, metric) ? known[metric] : undefined;
  if (measure !== undefined) {
    const value = measure();
    // What the model predicted is not a number.
    return value !== null && Number.isFinite(value) ? value : null;
  }
  throw new MillraceError('TRAIN_METRIC_UNKNOWN', `this kind of model has no metric '${name}'`, {
    hint: `use ${Object.keys(known).join(', ')}`,
  });
}

async function readOutputs({ pool, outputs, selection, signal }: SummaryPlace) {
  const [truth, predicted, scores]: [number[], number[], (readonly number[])[]] = [[], [], []];
  const sql = `SELECT millrace_truth, millrace_predicted, millrace_scores FROM ${quoteTable(outputs)}
    WHERE millrace_selection = ${selection} ORDER BY millrace_row`;
  for await (const [label, said, all] of (await streamQuery(pool, sql, signal)).rows) {
    truth.push(Number(label));
    predicted.push(said === null ? Number.NaN : Number(said));
    // JSON has no NaN.
    if (all !== null)
      scores.push((JSON.parse(String(all)) as readonly (number | null)[]).map((each) => each ?? Number.NaN));
  }
  return { truth, predicted, scores: scores.length === 0 ? null : scores };
}
