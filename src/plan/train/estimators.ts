import type { TrainValue } from '../../train-task.ts';
import { type AttributeTable, above, ignored, integer, named, text, weights } from './attribute-forms.ts';
import { type Booster, boosterAttributes, objectives, renamedObjectives } from './booster-attributes.ts';
import { networkAttributes, type Tower } from './network-attributes.ts';
import { type Synonym, synonyms } from './synonyms.ts';

/** An estimator of the trainer: trainer/millrace_trainer/estimators.py. */
export interface Estimator {
  readonly name: string;
  readonly family: 'network' | 'booster' | 'logistic' | 'kmeans';
  /** The inputs that COLUMN … FOR can name; a single one needs no FOR. */
  readonly inputs: readonly string[];
  /** Whether a category can stand in COLUMN as it is. */
  readonly takesCategories: boolean;
  /** Whether it learns EMBEDDING. */
  readonly embeds: boolean;
  readonly needsLabel: boolean;
  /** What its progress is counted in. */
  readonly unit: 'epoch' | 'round';
  /** @param given the value of an attribute of the statement as text, in lower case; null: it is not given */
  readonly attributes: (given: (name: string) => string | null) => AttributeTable;
  /** The objective of XGBoost if the statement names none; null: it must name one. */
  readonly objective?: string | null;
  /** Values of attributes that the statement does not give. */
  readonly usual?: Readonly<Record<string, TrainValue>>;
}

const deepInput = 'dnn_feature_columns';
const wideInput = 'linear_feature_columns';

function network(name: string, towers: readonly Tower[], classifies: boolean): Estimator {
  return {
    name,
    family: 'network',
    inputs:
      towers.length > 1 ? [wideInput, deepInput] : [towers[0] === 'wide' ? wideInput : deepInput, 'feature_columns'],
    takesCategories: !towers.includes('deep'),
    embeds: true,
    needsLabel: true,
    unit: 'epoch',
    attributes: (given) =>
      networkAttributes(towers, classifies, (attribute) => {
        const written = given(attribute) ?? (attribute === 'model.optimizer' ? given('train.optimizer') : null);
        return written === null ? null : written.replace(/optimizer$/, '');
      }),
  };
}

const oneMatrix = {
  inputs: [deepInput, 'feature_columns'],
  takesCategories: true,
  embeds: false,
  unit: 'round',
} as const;

function booster(name: string, kind: Booster, objective: string | null): Estimator {
  const isForest = name.startsWith('XGBRF');
  return {
    name: `xgboost.${name}`,
    family: 'booster',
    ...oneMatrix,
    needsLabel: true,
    objective,
    attributes: (given) => {
      const written = given('objective') ?? given('train.objective') ?? objective ?? '';
      const meant = renamedObjectives[written] ?? written;
      return boosterAttributes(kind, Object.hasOwn(objectives, meant) ? objectives[meant]! : 0, isForest);
    },
  };
}

export const estimators: readonly Estimator[] = [
  network('DNNClassifier', ['deep'], true),
  network('DNNRegressor', ['deep'], false),
  network('DNNLinearCombinedClassifier', ['deep', 'wide'], true),
  network('DNNLinearCombinedRegressor', ['deep', 'wide'], false),
  network('LinearClassifier', ['wide'], true),
  network('LinearRegressor', ['wide'], false),
  {
    name: 'KMeans',
    family: 'kmeans',
    ...oneMatrix,
    needsLabel: false,
    attributes: () => ({
      ...named(integer(1, 10_000), 'model.n_clusters', 'center_count', 'model.center_count'),
      ...named(integer(1, 100_000), 'model.max_iter'),
      ...named(integer(1, 1000), 'model.n_init'),
      ...named(text, 'model.excluded_columns', 'excluded_columns'),
      ...named(ignored, 'model.idx_table_name', 'idx_table_name'),
    }),
  },
  {
    name: 'LogisticRegression',
    family: 'logistic',
    ...oneMatrix,
    needsLabel: true,
    attributes: () => ({
      ...named(integer(2, 100_000), 'model.n_classes'),
      ...named(above(0, 1e12), 'model.C'),
      ...named(integer(1, 1_000_000), 'model.max_iter'),
      ...named(weights, 'model.class_weights'),
      ...named(text, 'model.weight_column'),
    }),
  },
  booster('gbtree', 'gbtree', null),
  booster('dart', 'dart', null),
  booster('gblinear', 'gblinear', null),
  booster('Estimator', 'gbtree', null),
  booster('XGBClassifier', 'gbtree', 'multi:softprob'),
  booster('XGBRegressor', 'gbtree', 'reg:squarederror'),
  booster('XGBRanker', 'gbtree', 'rank:ndcg'),
  booster('XGBRFClassifier', 'gbtree', 'multi:softprob'),
  booster('XGBRFRegressor', 'gbtree', 'reg:squarederror'),
];

/** The names as SQLFlow's examples write them, too: in any case, with its package, and synonyms. */
export function findEstimator(written: string): Estimator | undefined {
  const key = written.toLowerCase().replace(/^sqlflow_models\./, '');
  const byName = ({ name }: { readonly name: string }) => name.toLowerCase() === key;
  return estimators.find(byName) ?? meaningOf(synonyms.find(byName));
}

function meaningOf(synonym: Synonym | undefined): Estimator | undefined {
  if (synonym === undefined) return undefined;
  const { means, usual, attributes } = synonym;
  const estimator = estimators.find(({ name }) => name === means)!;
  return { ...estimator, usual, attributes: (given) => ({ ...estimator.attributes(given), ...attributes }) };
}
