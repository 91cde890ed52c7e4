import { nearestName } from '../../nearest-name.ts';

export type ModelOutput = 'classifier' | 'regressor' | 'clusters';

/** Metrics of each kind of model: trainer/millrace_trainer/metrics.py. */
export const metricsOf: Readonly<Record<ModelOutput, readonly string[]>> = {
  classifier: ['accuracy', 'precision', 'recall', 'f1', 'auc', 'log_loss'],
  regressor: ['mae', 'mse', 'rmse', 'mape', 'r2'],
  clusters: ['mean_squared_distance'],
};

/** Names of Keras and scikit-learn, in lower case and without underscores. */
export const metricSynonyms: Readonly<Record<string, string>> = {
  accuracyscore: 'accuracy',
  binaryaccuracy: 'accuracy',
  categoricalaccuracy: 'accuracy',
  sparsecategoricalaccuracy: 'accuracy',
  precisionscore: 'precision',
  recallscore: 'recall',
  f1score: 'f1',
  rocaucscore: 'auc',
  rocauc: 'auc',
  logloss: 'log_loss',
  meanabsoluteerror: 'mae',
  meansquarederror: 'mse',
  rootmeansquarederror: 'rmse',
  meanabsolutepercentageerror: 'mape',
  r2score: 'r2',
  meansquareddistance: 'mean_squared_distance',
};

/** The first of the names, separated by commas, that the kind of model does not have, and what to do about it; null: there is none. */
export function unknownMetric(
  names: string,
  kind: ModelOutput,
): { readonly name: string; readonly hint: string } | null {
  const known = metricsOf[kind];
  for (const name of names.split(',').map((each) => each.trim())) {
    const key = name.toLowerCase().replaceAll(/[_ ]/g, '');
    const metric = Object.hasOwn(metricSynonyms, key) ? metricSynonyms[key]! : key;
    if (known.includes(metric)) continue;
    const nearest = nearestName(name, known);
    return { name, hint: nearest === undefined ? `a ${kind} has ${known.join(', ')}` : `did you mean ${nearest}?` };
  }
  return null;
}
