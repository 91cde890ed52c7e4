import { searchMetrics } from './search.ts';

/** What trials are compared by. */
interface ComparedTrial {
  readonly trial: number;
  readonly state: string;
  /** SHA-256 of its state; null: it was never trained. */
  readonly checkpoint: string | null;
  /** Less is better; null: there is no value, which counts as the worst. */
  readonly loss: number | null;
}

/** The trial that becomes the model: that with the least loss, of equal ones the first; null: none was trained. */
export function bestTrial<T extends ComparedTrial>(trials: readonly T[]): T | null {
  return trials.filter(isTrained).toSorted(byLoss)[0] ?? null;
}

const isTrained = ({ state, checkpoint }: ComparedTrial) => state !== 'failed' && checkpoint !== null;

/** The best first. Failed ones, and those without a loss, come last. */
export function byLoss(one: ComparedTrial, other: ComparedTrial): number {
  const loss = (trial: ComparedTrial) => (isTrained(trial) ? trial.loss : null) ?? Number.POSITIVE_INFINITY;
  const [a, b] = [loss(one), loss(other)];
  return a === b ? one.trial - other.trial : a < b ? -1 : 1;
}

/** The value of a search's metric that a loss stands for. */
export function metricValue(metric: string, loss: number): number {
  return searchMetrics[metric] === 'more' ? -loss : loss;
}
