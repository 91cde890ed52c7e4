import type { CatalogCosts, TrainingRun } from '../../catalog/costs.ts';
import { rungsOf } from '../../programs/search/asha.ts';
import { type Search, usualEpochs } from '../../programs/search/search.ts';
import type { TrainCost, Training } from '../../train-task.ts';
import { fitRunCost } from '../cost/fit-run-cost.ts';
import { findEstimator } from './estimators.ts';

/** @param query of the rows. @returns null: no training of this estimator was measured */
export function trainCost(training: Training, query: string, costs: CatalogCosts | undefined): TrainCost | null {
  const all = costs?.trainings?.[training.estimator] ?? [];
  const runs = all.filter(({ isSearch }) => isSearch === (training.search !== null));
  const measured = runs.map(({ seconds, startSeconds, rows, passes }) => {
    const images = rows * (countsPasses(training) ? passes : 1);
    return { images, seconds, startSeconds, partitions: 1, fitting: 1 };
  });
  const cost = fitRunCost(measured);
  if (cost === null) return null;
  const rows = costs?.rows[query] ?? null;
  return {
    startSeconds: cost.startSeconds,
    rowSeconds: cost.imageSeconds * (1 + cost.contention),
    rows,
    passes: passesOf(training, rows),
    runs: runs.length,
    at: runs
      .map((run: TrainingRun) => run.at)
      .toSorted()
      .at(-1)!,
  };
}

/** Others pass over the rows until they converge: a training counts as one pass. */
const countsPasses = ({ search, estimator }: Training) =>
  search !== null || ['network', 'booster'].includes(findEstimator(estimator)?.family ?? '');

function passesOf(training: Training, rows: number | null): number {
  const { search, attributes, estimator } = training;
  if (search !== null) return passesOfSearch(search, attributes);
  switch (findEstimator(estimator)?.family) {
    case 'network': {
      const batch = Number(attributes['train.batch_size'] ?? 32);
      const usual = Math.max(
        usualEpochs,
        Math.ceil((leastSteps * batch) / Math.max(1, rows ?? Number.POSITIVE_INFINITY)),
      );
      return Number(attributes['train.epoch'] ?? usual);
    }
    case 'booster':
      return Number(attributes['train.num_boost_round'] ?? (estimator.startsWith('xgboost.XGBRF') ? 1 : 10));
    default:
      return 1;
  }
}

/** Steps of a network of whose epochs the statement says nothing. */
const leastSteps = 1000;

/** Of each worker. ASHA is expected to let one in η trials go on from each rung. */
function passesOfSearch({ mode, trials, workers, driver, eta }: Search, attributes: Training['attributes']): number {
  const atOnce = Math.min(workers, trials);
  if (mode === 'task') return trials / atOnce;
  const epochs = Number(attributes['train.epoch'] ?? usualEpochs);
  if (driver !== 'asha') return (trials * epochs) / atOnce;
  const rungs = rungsOf(epochs, eta);
  const expected = rungs.reduce((sum, rung, at) => sum + (trials / eta ** at) * (rung - (rungs[at - 1] ?? 0)), 0);
  return expected / atOnce;
}
