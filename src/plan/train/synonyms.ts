import type { TrainValue } from '../../train-task.ts';
import { type AttributeTable, above, ignored, integer, number } from './attribute-forms.ts';

/** An estimator of SQLFlow that one of ours trains. */
export interface Synonym {
  readonly name: string;
  /** Name of the estimator that trains it. */
  readonly means: string;
  /** Attributes that it has besides those of the estimator. An alias is the estimator's name of it. */
  readonly attributes: AttributeTable;
  /** Values of the estimator's attributes that the statement does not give. */
  readonly usual: Readonly<Record<string, TrainValue>>;
}

/** https://www.tensorflow.org/versions/r2.12/api_docs/python/tf/estimator/BoostedTreesClassifier */
const boostedTrees = {
  attributes: {
    ...renamed('train.num_boost_round', 'model.n_trees', integer(1, 100_000)),
    ...renamed('max_depth', 'model.max_depth', integer(0)),
    ...renamed('eta', 'model.learning_rate', above(0)),
    ...renamed('alpha', 'model.l1_regularization', number()),
    ...renamed('lambda', 'model.l2_regularization', number()),
    ...renamed('gamma', 'model.tree_complexity', number()),
    ...renamed('min_child_weight', 'model.min_node_weight', number()),
    ...without('model.n_batches_per_layer', 'model.center_bias', 'model.pruning_mode', 'model.quantile_sketch_epsilon'),
    ...without('train.num_ps', 'train.max_steps'),
  },
  usual: { 'train.num_boost_round': 100, eta: 0.1, lambda: 0, min_child_weight: 0 },
};

const forest = { attributes: renamed('model.tree_num', 'tree_num', integer()), usual: {} };

/** Examples of https://github.com/sql-machine-learning/models, which are networks of fully connected layers. */
const network = {
  attributes: { ...renamed('optimizer.learning_rate', 'model.learning_rate', above(0, 100)) },
  usual: {},
};

/** Other names of estimators, in SQLFlow's examples and tests. */
export const synonyms: readonly Synonym[] = [
  { name: 'BoostedTreesClassifier', means: 'xgboost.XGBClassifier', ...boostedTrees },
  { name: 'BoostedTreesRegressor', means: 'xgboost.XGBRegressor', ...boostedTrees },
  { name: 'RandomForests', means: 'xgboost.XGBRFClassifier', ...forest },
  { name: 'dnnclassifier_functional_model', means: 'DNNClassifier', ...network },
  { name: 'CustomClassifier', means: 'DNNClassifier', ...network },
];

function renamed(name: string, written: string, form: AttributeTable[string]['form']): AttributeTable {
  return { [written]: { form, alias: name } };
}

/** SQLFlow's attributes that say how another library works. The trainer does not know them. */
function without(...names: readonly string[]): AttributeTable {
  return Object.assign({}, ...names.map((name) => ({ [name]: { form: ignored, isUnknownToTrainer: true } })));
}
