import {
  type AttributeForm,
  type AttributeTable,
  any,
  choice,
  ignored,
  integer,
  named,
  number,
  text,
  weights,
} from './attribute-forms.ts';

export type Booster = 'gbtree' | 'dart' | 'gblinear';

/** Objectives of XGBoost, and the number of classes that they predict: 0 for as many as the label has, null for numbers. */
export const objectives: Readonly<Record<string, 0 | 2 | null>> = {
  'reg:squarederror': null,
  'reg:squaredlogerror': null,
  'reg:pseudohubererror': null,
  'reg:absoluteerror': null,
  'reg:quantileerror': null,
  'reg:logistic': null,
  'reg:gamma': null,
  'reg:tweedie': null,
  'count:poisson': null,
  'survival:cox': null,
  'survival:aft': null,
  'rank:pairwise': null,
  'rank:ndcg': null,
  'rank:map': null,
  'binary:logistic': 2,
  'binary:logitraw': 2,
  'binary:hinge': 2,
  'multi:softmax': 0,
  'multi:softprob': 0,
};

/** Old names, which SQLFlow's examples use. */
export const renamedObjectives: Readonly<Record<string, string>> = { 'reg:linear': 'reg:squarederror' };

const flag = integer(0, 1);
const share: AttributeForm = number(0, 1);
const anyNumber = number(-1e30);

/**
 * XGBoost's parameters with the ranges of its documentation:
 * https://xgboost.readthedocs.io/en/release_3.2.0/parameter.html
 */
const ofAll: Readonly<Record<string, AttributeForm>> = {
  base_score: any,
  disable_default_eval_metric: flag,
  eta: number(),
  eval_metric: any,
  learning_rate: number(),
  objective: text,
  seed_per_iteration: any,
  alpha: number(),
  lambda: number(),
  reg_alpha: number(),
  reg_lambda: number(),
  num_class: integer(1, 100_000),
};

/** Parameters of objectives: of one that the statement does not choose, XGBoost says so itself. */
const ofObjectives: Readonly<Record<string, AttributeForm>> = {
  aft_loss_distribution: choice('normal', 'logistic', 'extreme'),
  aft_loss_distribution_scale: number(),
  huber_slope: number(),
  lambdarank_bias_norm: number(),
  lambdarank_normalization: any,
  lambdarank_num_pair_per_sample: integer(),
  lambdarank_pair_method: choice('mean', 'topk'),
  lambdarank_score_normalization: any,
  lambdarank_unbiased: any,
  ndcg_exp_gain: any,
  quantile_alpha: any,
  scale_pos_weight: number(),
  tweedie_variance_power: number(1, 2),
};

const ofTrees: Readonly<Record<string, AttributeForm>> = {
  colsample_bylevel: share,
  colsample_bynode: share,
  colsample_bytree: share,
  extmem_single_page: any,
  gamma: number(),
  grow_policy: choice('depthwise', 'lossguide'),
  interaction_constraints: any,
  max_bin: integer(2),
  max_cached_hist_node: integer(),
  max_cat_threshold: integer(),
  max_cat_to_onehot: integer(),
  max_delta_step: number(),
  max_depth: integer(0),
  max_leaves: integer(0),
  min_child_weight: number(),
  min_split_loss: number(),
  monotone_constraints: any,
  num_parallel_tree: integer(),
  refresh_leaf: flag,
  sampling_method: choice('uniform', 'gradient_based'),
  sketch_ratio: anyNumber,
  subsample: share,
  tree_method: choice('auto', 'exact', 'approx', 'hist'),
};

const ofDart: Readonly<Record<string, AttributeForm>> = {
  normalize_type: choice('tree', 'forest'),
  one_drop: any,
  rate_drop: share,
  sample_type: choice('uniform', 'weighted'),
  skip_drop: share,
};

const ofLinear: Readonly<Record<string, AttributeForm>> = {
  feature_selector: choice('cyclic', 'shuffle', 'random', 'greedy', 'thrifty'),
  top_k: integer(0),
};

const parametersOf: Readonly<Record<Booster, Readonly<Record<string, AttributeForm>>>> = {
  gbtree: { ...ofAll, ...ofObjectives, ...ofTrees, updater: text },
  dart: { ...ofAll, ...ofObjectives, ...ofTrees, ...ofDart, updater: text },
  gblinear: { ...ofAll, ...ofObjectives, ...ofLinear, updater: text },
};

/** All parameters that some booster takes. */
export const parameters: readonly string[] = Object.keys({ ...parametersOf.dart, ...parametersOf.gblinear });

/** Parameters that the trainer decides, or whose result cannot be exported, and what to do instead. */
export const refusedParameters: Readonly<Record<string, string>> = {
  booster: 'name the booster in the estimator: TO TRAIN xgboost.dart',
  device: 'use an image of your own with the package xgboost and a GPU',
  process_type: 'remove it; USING continues from a model',
  multi_strategy: 'remove it: one tree is grown for each output',
  nthread: 'remove it, and write cpu = … for the number of threads',
  n_jobs: 'remove it, and write cpu = … for the number of threads',
  verbosity: 'remove it',
  validate_parameters: 'remove it; parameters are always checked',
  base_margin: 'remove it',
};

const withoutEffect = [
  ...['train.batch_size', 'train.epoch', 'train.disk_cache', 'train.num_workers', 'train.verbose', 'validation.steps'],
];

/** @param classes of the objective, as `objectives` has them */
export function boosterAttributes(booster: Booster, classes: 0 | 2 | null, isForest: boolean): AttributeTable {
  const own = Object.entries(parametersOf[booster]).map(([name, form]) => named(form, name));
  return {
    ...Object.assign({}, ...own),
    ...named(text, 'objective', 'train.objective'),
    ...named(integer(1, 100_000), 'train.num_boost_round', 'num_boost_round'),
    ...(booster === 'gblinear' ? {} : named(integer(0), 'train.early_stopping_rounds', 'early_stopping_rounds')),
    ...(classes === null
      ? named(integer(1, 1), 'num_class')
      : {
          ...named(integer(2, 100_000), 'num_class', 'model.n_classes'),
          ...named(weights, 'model.class_weights', 'train.class_weights'),
        }),
    ...named(text, 'model.weight_column', 'train.weight_column'),
    ...(isForest ? named(integer(), 'model.tree_num') : {}),
    ...Object.assign({}, ...withoutEffect.map((name) => named(ignored, name))),
  };
}
