import { searchMetrics } from '../../../programs/search/search.ts';

type Metrics = Readonly<Record<string, number | null>>;

/**
 * What trials are compared by; less is better.
 * @returns null if the model has no such figure: it counts as the worst
 */
export function metricLoss(metric: string, metrics: Metrics): number | null {
  const value = metrics[metric] ?? (metric === 'valid_loss' ? usualLoss(metrics) : null);
  if (value === null || !Number.isFinite(value)) return null;
  return searchMetrics[metric] === 'more' ? -value : value;
}

/** Of estimators that do not tell a loss. */
const usualLoss = (metrics: Metrics) =>
  metrics.log_loss ??
  metrics.mse ??
  metrics.mean_squared_distance ??
  (typeof metrics.accuracy === 'number' ? 1 - metrics.accuracy : null);
