import type { SearchSpace } from '../../programs/search/search.ts';

const trees: SearchSpace['domains'] = {
  max_depth: { domain: 'int', low: 3, high: 10, step: 1 },
  eta: { domain: 'loguniform', low: 0.01, high: 0.3 },
  subsample: { domain: 'uniform', low: 0.6, high: 1 },
  colsample_bytree: { domain: 'uniform', low: 0.5, high: 1 },
  min_child_weight: { domain: 'loguniform', low: 0.5, high: 20 },
  'train.num_boost_round': { domain: 'int', low: 50, high: 300, step: 50 },
};

const network: SearchSpace['domains'] = {
  'model.hidden_units': { domain: 'choice', choices: [[32], [64, 32], [128, 64], [256, 128]] },
  'model.optimizer': { domain: 'choice', choices: ['Adagrad', 'Adam'] },
  'optimizer.learning_rate': { domain: 'loguniform', low: 0.0005, high: 0.1 },
  'train.batch_size': { domain: 'choice', choices: [32, 64, 128] },
};

const linear: SearchSpace['domains'] = {
  'optimizer.learning_rate': { domain: 'loguniform', low: 0.001, high: 0.5 },
  'train.batch_size': { domain: 'choice', choices: [32, 128] },
};

const usual = (estimator: string, domains: SearchSpace['domains']): SearchSpace => ({
  estimator,
  attributes: {},
  domains,
});

/** Estimators among which AutoClassifier and AutoRegressor choose, with their usual domains. */
export const usualSpaces: Readonly<Record<string, readonly SearchSpace[]>> = {
  AutoClassifier: [
    usual('xgboost.XGBClassifier', trees),
    usual('DNNClassifier', network),
    usual('LogisticRegression', { 'model.C': { domain: 'loguniform', low: 0.001, high: 100 } }),
  ],
  AutoRegressor: [
    usual('xgboost.XGBRegressor', trees),
    usual('DNNRegressor', network),
    usual('LinearRegressor', linear),
  ],
};
