import { nearestName } from '../../nearest-name.ts';

export type ModelOutput = 'classifier' | 'regressor' | 'clusters';

/** Metrics of each kind of model: trainer/millrace_trainer/metrics.py. */
export const metricsOf: Readonly<Record<ModelOutput, readonly string[]>> = {
  classifier: [
    ...['accuracy', 'precision', 'recall', 'f1', 'auc', 'log_loss', 'average_precision', 'balanced_accuracy'],
    ...['brier_score', 'cohen_kappa', 'hamming_loss', 'hinge_loss', 'zero_one_loss', 'top_k_categorical_accuracy'],
    ...['true_positives', 'true_negatives', 'false_positives', 'false_negatives'],
  ],
  regressor: [
    ...['mae', 'mse', 'rmse', 'mape', 'r2'],
    ...['explained_variance', 'mean_squared_log_error', 'median_absolute_error'],
  ],
  clusters: ['mean_squared_distance'],
};

/** Names of Keras and scikit-learn, in lower case and without underscores. */
const synonyms: Readonly<Record<string, string>> = {
  accuracyscore: 'accuracy',
  averageprecisionscore: 'average_precision',
  balancedaccuracyscore: 'balanced_accuracy',
  binaryaccuracy: 'accuracy',
  brierscoreloss: 'brier_score',
  categoricalaccuracy: 'accuracy',
  cohenkappascore: 'cohen_kappa',
  explainedvariancescore: 'explained_variance',
  sparsecategoricalaccuracy: 'accuracy',
  precisionscore: 'precision',
  recallscore: 'recall',
  f1score: 'f1',
  rocaucscore: 'auc',
  rocauc: 'auc',
  meanabsoluteerror: 'mae',
  meansquarederror: 'mse',
  rootmeansquarederror: 'rmse',
  meanabsolutepercentageerror: 'mape',
  r2score: 'r2',
};

const plain = (name: string) => name.toLowerCase().replaceAll(/[_ ]/g, '');

/** Metrics by all their names, in lower case and without underscores. */
export const metricsByPlainName: ReadonlyMap<string, string> = new Map([
  ...Object.entries(synonyms),
  ...Object.values(metricsOf).flatMap((names) => names.map((name) => [plain(name), name] as const)),
]);

/** The metric that a name of ours, Keras or scikit-learn means; of another name, itself. */
export function metricOf(name: string): string {
  return metricsByPlainName.get(plain(name)) ?? name;
}

/** What to do about a metric that the kind of model does not have. */
export function metricHint(name: string, kind: ModelOutput): string {
  const nearest = nearestName(name, metricsOf[kind]);
  return nearest === undefined ? `a ${kind} has ${metricsOf[kind].join(', ')}` : `did you mean ${nearest}?`;
}

/** The first of the names, separated by commas, that the kind of model does not have, and what to do about it; null: there is none. */
export function unknownMetric(
  names: string,
  kind: ModelOutput,
): { readonly name: string; readonly hint: string } | null {
  const unknown = names
    .split(',')
    .map((each) => each.trim())
    .find((each) => !metricsOf[kind].includes(metricOf(each)));
  return unknown === undefined ? null : { name: unknown, hint: metricHint(unknown, kind) };
}
