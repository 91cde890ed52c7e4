import { nearestName } from '../../nearest-name.ts';
import type { TrainValue } from '../../train-task.ts';

/** https://xgboost.readthedocs.io/en/release_3.2.0/parameter.html#learning-task-parameters */
const names = [
  ...['rmse', 'rmsle', 'mae', 'mape', 'mphe', 'logloss', 'error', 'merror', 'mlogloss', 'auc', 'aucpr', 'pre', 'ndcg'],
  ...['map', 'poisson-nloglik', 'gamma-nloglik', 'cox-nloglik', 'gamma-deviance', 'tweedie-nloglik', 'aft-nloglik'],
  ...['interval-regression-accuracy', 'quantile', 'expectile'],
];

/** SQLFlow's names, which are those of scikit-learn. XGBoost measures the share of errors, not that of hits. */
function meaningOf(name: string, classes: 0 | 2 | null): string {
  switch (name) {
    case 'accuracy_score':
      return classes === 2 ? 'error' : 'merror';
    case 'log_loss':
      return classes === 2 ? 'logloss' : 'mlogloss';
    case 'roc_auc_score':
      return 'auc';
    case 'mean_absolute_error':
      return 'mae';
    case 'mean_squared_error':
      return 'rmse';
    default:
      return name;
  }
}

/** A name that XGBoost does not have, and what to do about it. */
export interface UnknownMetric {
  readonly name: string;
  readonly hint: string;
}

/**
 * The value of eval_metric as XGBoost has it: a name, or a list of them.
 * @param classes of the objective, as `objectives` has them
 */
export function readEvaluationMetrics(given: TrainValue, classes: 0 | 2 | null): TrainValue | UnknownMetric {
  const read = (Array.isArray(given) ? given : [given]).map((each) => meaningOf(String(each), classes));
  const unknown = read.find((name) => !isKnown(name));
  if (unknown === undefined) return Array.isArray(given) ? read : read[0]!;
  const nearest = nearestName(unknown, names);
  const hint = nearest === undefined ? `use one of ${names.join(', ')}` : `did you mean '${nearest}'?`;
  return { name: unknown, hint };
}

/** `ndcg@5-` and `error@0.7` have a number. */
function isKnown(metric: string): boolean {
  const [name = '', number] = metric.replace(/-$/, '').split('@');
  return names.includes(name) && (number === undefined || Number.isFinite(Number.parseFloat(number)));
}
