import { expect, it } from 'vitest';
import type { Visit } from '../../src/ledger/trial-visits.ts';
import type { Trial } from '../../src/ledger/trials.ts';
import type { Search } from '../../src/programs/search/search.ts';
import { searchPicture } from '../../src/service/models/search-trials.ts';

const search = {
  ...{ driver: 'asha', metric: 'accuracy', mode: 'hop' },
  spaces: [
    {
      estimator: 'DNNClassifier',
      attributes: {},
      domains: { 'optimizer.learning_rate': { domain: 'loguniform', low: 0.001, high: 0.1 } },
    },
  ],
} as unknown as Search;

const trial = (number: number, state: Trial['state'], loss: number | null): Trial =>
  ({
    ...{ trial: number, state, loss, checkpoint: loss === null ? null : 'a', estimator: 'DNNClassifier' },
    parameters: { 'optimizer.learning_rate': 0.012345678 * (number + 1) },
  }) as Partial<Trial> as Trial;

const visit = (number: number, loss: number | null): Visit =>
  ({ trial: number, loss, metrics: loss === null ? null : { accuracy: -loss } }) as Visit;

it('a search is drawn by its metric, with the best trial and its parameters', () => {
  const trials = [trial(0, 'stopped', -0.7), trial(1, 'done', -0.9), trial(2, 'done', -0.8), trial(3, 'failed', null)];
  const visits = [visit(0, -0.7), visit(1, null), visit(1, -0.6), visit(1, null), visit(1, -0.9), visit(2, -0.8)];
  const picture = searchPicture('best@1', search, trials, visits);
  expect(picture).toMatchObject({
    title: 'Search of best@1',
    notes: [
      'asha, 4 trials of DNNClassifier, by accuracy; 1 failed',
      'chosen: trial 1, accuracy 0.9',
      'optimizer.learning_rate = 0.02469',
    ],
    ...{ metric: 'accuracy', x: 'epoch', logarithmic: ['optimizer.learning_rate'] },
  });
  expect(picture.trials.map(({ became, curve, value }) => [became, curve, value])).toEqual([
    ['stopped', [0.7], 0.7],
    ['chosen', [0.6, 0.9], 0.9],
    ['complete', [0.8], 0.8],
    ['stopped', [], null],
  ]);
});

it('estimators that a search chooses among are told apart', () => {
  const trials = [trial(0, 'done', -0.7), { ...trial(1, 'done', -0.9), estimator: 'xgboost.XGBClassifier' }];
  const { notes, trials: drawn } = searchPicture('best@1', search, trials, []);
  expect(notes[0]).toBe('asha, 2 trials of DNNClassifier, xgboost.XGBClassifier, by accuracy');
  expect(drawn.map(({ parameters }) => parameters.estimator)).toEqual(['DNNClassifier', 'xgboost.XGBClassifier']);
});
