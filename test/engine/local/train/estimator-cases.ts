/** A statement of TO TRAIN, and what it learns of a table of scikit-learn. */
export interface Case {
  readonly table: Dataset;
  readonly estimator: string;
  readonly attributes: Readonly<Record<string, number | string | readonly number[]>>;
  /** null: nothing, as of clusters. */
  readonly label: string | null;
}

export type Dataset = 'iris' | 'cancer' | 'diabetes';

const datasets = ['iris', 'cancer', 'diabetes'] as const satisfies readonly Dataset[];
const rounds = { 'train.num_boost_round': 8 };
const deep = {
  'model.hidden_units': [16],
  'train.epoch': 60,
  'model.optimizer': 'adam',
  'optimizer.learning_rate': 0.01,
};
const combined = { 'model.dnn_hidden_units': [16], 'train.epoch': 60 };

/** Estimators of classes and of numbers, with their attributes. */
const classifiers: Readonly<Record<string, Case['attributes']>> = {
  DNNClassifier: deep,
  DNNLinearCombinedClassifier: combined,
  LinearClassifier: { 'train.epoch': 40 },
  LogisticRegression: { 'model.C': 0.5 },
  'xgboost.gbtree': { objective: 'multi:softprob', max_depth: 4, subsample: 0.8, ...rounds },
  'xgboost.dart': { objective: 'multi:softmax', rate_drop: 0.3, ...rounds },
  'xgboost.gblinear': { objective: 'multi:softprob', eta: 0.3, ...rounds },
  'xgboost.Estimator': { objective: 'multi:softmax', eta: 0.4, ...rounds },
  'xgboost.XGBClassifier': { max_depth: 3, ...rounds },
  'xgboost.XGBRFClassifier': { 'model.tree_num': 10 },
};
const regressors: Readonly<Record<string, Case['attributes']>> = {
  DNNRegressor: deep,
  DNNLinearCombinedRegressor: combined,
  LinearRegressor: { 'train.epoch': 60 },
  'xgboost.gbtree': { objective: 'reg:squarederror', max_depth: 3, colsample_bytree: 0.7, ...rounds },
  'xgboost.dart': { objective: 'reg:squarederror', rate_drop: 0.3, max_depth: 3, ...rounds },
  'xgboost.gblinear': { objective: 'reg:squarederror', eta: 0.5, ...rounds },
  'xgboost.XGBRegressor': { max_depth: 3, eta: 0.4, ...rounds },
  'xgboost.XGBRanker': { objective: 'rank:pairwise', ...rounds },
  'xgboost.XGBRFRegressor': { 'model.tree_num': 10, max_depth: 4 },
};

const inTable = (table: Dataset): readonly Case[] => [
  ...Object.entries(classifiers).map(([estimator, attributes]) => ({ table, estimator, attributes, label: 'class' })),
  ...Object.entries(regressors).map(([estimator, attributes]) => ({
    table,
    estimator,
    attributes,
    label: estimator === 'xgboost.XGBRanker' ? 'grade' : 'number',
  })),
  { table, estimator: 'KMeans', attributes: { 'model.n_clusters': 3 }, label: null },
];

/** Every estimator on every table. */
const everywhere = datasets.flatMap(inTable);

/** XGBoost's objectives, and a label of diabetes for each. */
const objectives: Readonly<Record<string, string>> = {
  'reg:squarederror': 'number',
  'reg:squaredlogerror': 'number',
  'reg:pseudohubererror': 'number',
  'reg:absoluteerror': 'number',
  'reg:quantileerror': 'number',
  'reg:logistic': 'share',
  'reg:gamma': 'number',
  'reg:tweedie': 'number',
  'count:poisson': 'tally',
  'survival:cox': 'number',
  'survival:aft': 'number',
  'rank:pairwise': 'grade',
  'rank:ndcg': 'grade',
  'rank:map': 'half',
  'binary:logistic': 'half',
  'binary:logitraw': 'half',
  'binary:hinge': 'half',
  'multi:softmax': 'class',
  'multi:softprob': 'class',
};

const parameters: Readonly<Record<string, Case['attributes']>> = {
  'reg:quantileerror': { quantile_alpha: 0.7 },
  'reg:tweedie': { tweedie_variance_power: 1.3 },
  'reg:pseudohubererror': { huber_slope: 2 },
  'survival:aft': { aft_loss_distribution: 'logistic', aft_loss_distribution_scale: 1.2 },
};

/** XGBoost itself adapts leaves only: gblinear has no such objective. */
const notLinear = ['reg:absoluteerror'];

/** Every objective with every booster, on diabetes. */
const everyObjective = Object.entries(objectives).flatMap(([objective, label]) =>
  ['xgboost.gbtree', 'xgboost.dart', 'xgboost.gblinear']
    .filter((estimator) => estimator !== 'xgboost.gblinear' || !notLinear.includes(objective))
    .map((estimator): Case => {
      const own: Case['attributes'] = estimator === 'xgboost.dart' ? { rate_drop: 0.2 } : {};
      return {
        table: 'diabetes',
        estimator,
        attributes: { objective, ...parameters[objective], ...own, ...rounds },
        label,
      };
    }),
);

/** Each estimator once, on one of the tables. */
const eachOnce = [
  ...Object.entries(classifiers).map(([estimator], at) => ({ estimator, table: datasets[at % 2]!, label: 'class' })),
  ...Object.entries(regressors).map(([estimator]) => ({ estimator, table: 'diabetes', label: 'number' })),
  { estimator: 'KMeans', table: 'iris', label: null },
].flatMap(({ estimator, table, label }) =>
  everywhere.filter(
    (each) => each.estimator === estimator && each.table === table && (each.label === 'class') === (label === 'class'),
  ),
);

export const cases = { everywhere, everyObjective, eachOnce };

export function titleOf({ estimator, table, label, attributes: { objective } }: Case): string {
  return `${estimator} of ${table}${label === null ? '' : `.${label}`}${objective === undefined ? '' : `, ${objective}`}`;
}
