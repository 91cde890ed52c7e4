import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AttributeForm, AttributeTable } from '../../src/plan/train/attribute-forms.ts';
import {
  objectives,
  parameters,
  refusedParameters,
  renamedObjectives,
} from '../../src/plan/train/booster-attributes.ts';
import { estimators } from '../../src/plan/train/estimators.ts';
import { featureFunctions, mostCategories, separators } from '../../src/plan/train/feature-functions.ts';
import { metricsByPlainName, metricsOf } from '../../src/plan/train/metric-names.ts';
import { optimizers } from '../../src/plan/train/network-attributes.ts';
import { trainerFolder } from '../../src/worker/train/environment.ts';
import { hasPython, INSTALL_MS, trainerPython } from './python.ts';

type Table = Readonly<Record<string, readonly unknown[]>>;

interface Trainer {
  readonly estimators: readonly string[];
  readonly attributes: readonly Table[];
  readonly takes: Readonly<Record<string, Readonly<Record<string, boolean>>>>;
  readonly parameters: readonly string[];
  readonly refused: readonly string[];
  readonly objectives: Readonly<Record<string, number | null>>;
  readonly renamed: Readonly<Record<string, string>>;
  readonly optimizers: unknown;
  readonly functions: Readonly<Record<string, readonly [least: number, most: number, form: string]>>;
  readonly separators: readonly string[];
  readonly categories: number;
  readonly metrics: unknown;
  readonly synonyms: unknown;
}

type Given = Readonly<Record<string, string>>;

/** Statements that differ in which attributes there are. */
const asked: readonly (readonly [string, Given])[] = [
  ...estimators.filter(({ family }) => family !== 'booster').map(({ name }) => [name, {}] as const),
  ...Object.keys(optimizers).map((optimizer) => ['DNNClassifier', { 'model.optimizer': optimizer }] as const),
  ...Object.keys(optimizers).map((optimizer) => ['LinearRegressor', { 'train.optimizer': optimizer }] as const),
  ['DNNLinearCombinedClassifier', { 'model.dnn_optimizer': 'adam', 'model.linear_optimizer': 'momentum' }],
  ...estimators
    .filter(({ family }) => family === 'booster')
    .flatMap(({ name }) => Object.keys(objectives).map((objective) => [name, { objective }] as const)),
];

/** A value of each parameter, with the objective that has it. */
const values: Readonly<Record<string, unknown>> = {
  alpha: 1,
  base_score: 0.5,
  colsample_bylevel: 0.5,
  colsample_bynode: 0.5,
  colsample_bytree: 0.5,
  eta: 0.1,
  feature_selector: 'cyclic',
  gamma: 1,
  grow_policy: 'depthwise',
  lambda: 1,
  learning_rate: 0.1,
  max_bin: 16,
  max_delta_step: 1,
  max_depth: 2,
  max_leaves: 2,
  min_child_weight: 1,
  min_split_loss: 1,
  normalize_type: 'tree',
  num_parallel_tree: 2,
  one_drop: 1,
  rate_drop: 0.1,
  reg_alpha: 1,
  reg_lambda: 1,
  sample_type: 'uniform',
  sampling_method: 'uniform',
  skip_drop: 0.1,
  subsample: 0.5,
  tree_method: 'hist',
  tweedie_variance_power: [1.5, 'reg:tweedie'],
  huber_slope: [1, 'reg:pseudohubererror'],
  quantile_alpha: [0.5, 'reg:quantileerror'],
  scale_pos_weight: [2, 'binary:logistic'],
};

describe.skipIf(!hasPython)('The planner and the trainer agree on', () => {
  let trainer: Trainer;
  beforeAll(async () => {
    const boosters = ['xgboost.gbtree', 'xgboost.dart', 'xgboost.gblinear'];
    const takes = Object.fromEntries(boosters.map((name) => [name, values]));
    const program = fileURLToPath(new URL('attribute_table.py', import.meta.url));
    const { stdout, stderr, status } = spawnSync(await trainerPython(), [program], {
      env: { PATH: process.env.PATH, PYTHONPATH: trainerFolder },
      input: JSON.stringify({ attributes: asked, takes }),
      encoding: 'utf8',
    });
    expect(status, stderr).toBe(0);
    trainer = JSON.parse(stdout);
  }, INSTALL_MS);

  it('the estimators', () => {
    const lower = (names: readonly string[]) => names.map((name) => name.toLowerCase()).sort();
    expect(lower(estimators.map(({ name }) => name))).toEqual(lower(trainer.estimators));
  });

  it('the attributes of each, with types and ranges, whatever else the statement says', () => {
    for (const [index, [name, given]] of asked.entries()) {
      const estimator = estimators.find((each) => each.name === name)!;
      const table = estimator.attributes((attribute) => given[attribute] ?? null);
      const own = estimator.family === 'booster' ? withoutParameters(table) : table;
      const read =
        name === 'xgboost.gblinear' ? withoutStopping(trainer.attributes[index]!) : trainer.attributes[index];
      expect(formsOf(own), `${name} ${JSON.stringify(given)}`).toEqual(read);
    }
  });

  it("XGBoost's parameters and objectives", () => {
    const known = trainer.parameters.filter((name) => !Object.hasOwn(refusedParameters, name) && name !== 'seed');
    expect([...parameters].sort()).toEqual(known.toSorted());
    expect(Object.keys(refusedParameters).sort()).toEqual(trainer.refused.toSorted());
    expect(objectives).toEqual(trainer.objectives);
    expect(renamedObjectives).toEqual(trainer.renamed);
  });

  it('which parameters each booster takes, as XGBoost itself says', () => {
    for (const [name, taken] of Object.entries(trainer.takes)) {
      const estimator = estimators.find((each) => each.name === name)!;
      const table = estimator.attributes((attribute) => (attribute === 'objective' ? 'binary:logistic' : null));
      for (const [parameter, isTaken] of Object.entries(taken))
        expect([name, parameter, Object.hasOwn(table, parameter)]).toEqual([name, parameter, isTaken]);
    }
  });

  it('optimizers, functions of COLUMN and metrics', () => {
    expect(optimizers).toEqual(trainer.optimizers);
    const functions = Object.entries(featureFunctions).map(([name, { least, takes, form }]) => [
      name,
      [least, takes.length, form],
    ]);
    expect(Object.fromEntries(functions)).toEqual(trainer.functions);
    expect(separators).toEqual(trainer.separators);
    expect(mostCategories).toBe(trainer.categories);
    expect(metricsOf).toEqual(trainer.metrics);
    expect(Object.fromEntries(metricsByPlainName)).toEqual(trainer.synonyms);
  });
});

/** The trainer reads it of every booster, and refuses it then. */
function withoutStopping(read: Table): Table {
  return Object.fromEntries(Object.entries(read).filter(([name]) => !name.endsWith('early_stopping_rounds')));
}

/** The trainer gives XGBoost its own parameters as they are. */
function withoutParameters(table: AttributeTable): AttributeTable {
  const own = Object.entries(table).filter(
    ([name]) => !parameters.includes(name) || ['objective', 'num_class'].includes(name),
  );
  return Object.fromEntries(own);
}

function formsOf(table: AttributeTable): Table {
  return Object.fromEntries(Object.entries(table).map(([name, { form }]) => [name, formOf(name, form)]));
}

function formOf(name: string, form: AttributeForm): readonly unknown[] {
  switch (form.is) {
    case 'integer':
      return ['integer', form.least, form.most];
    case 'number':
      return ['number', form.least, form.most, form.isAbove];
    case 'integers':
      return ['integers', form.most];
    case 'weights':
      return ['weights', 'balanced'];
    case 'choice':
      // The trainer reads an optimizer as text, because of its suffix.
      return name.endsWith('optimizer') ? ['text'] : ['choice', ...form.of];
    default:
      return [form.is];
  }
}
