import {
  type AttributeTable,
  above,
  boolean,
  choice,
  ignored,
  integer,
  named,
  number,
  text,
  weights,
} from './attribute-forms.ts';

/** A part of a network. In an estimator that has both, their attributes have prefixes. */
export type Tower = 'deep' | 'wide';

const largestLayer = 65_536;

/** Parameters of each optimizer besides its learning rate, with their ranges: trainer/millrace_trainer/network/optimizers.py. */
export const optimizers: Readonly<Record<string, Readonly<Record<string, readonly [number, number]>>>> = {
  adagrad: {},
  adam: { beta_1: [0, 0.9999], beta_2: [0, 0.99999], epsilon: [1e-12, 1] },
  ftrl: { l1_regularization_strength: [0, 1e6], l2_regularization_strength: [0, 1e6] },
  momentum: { momentum: [0, 0.9999] },
  rmsprop: { rho: [0, 0.9999], epsilon: [1e-12, 1] },
  sgd: {},
};

/** SQLFlow's attributes that say how TensorFlow works, not what it learns. */
const withoutEffect = [
  ...['train.verbose', 'train.num_workers', 'train.num_ps', 'train.worker_cpu', 'train.worker_gpu', 'train.disk_cache'],
  ...['train.save_checkpoints_steps', 'train.log_every_n_iter', 'validation.start_delay_secs'],
  ...['validation.throttle_secs', 'validation.steps'],
];

/** @param optimizerOf the optimizer that the statement chooses for a tower; null: the usual one */
export function networkAttributes(
  towers: readonly Tower[],
  classifies: boolean,
  optimizerOf: (attribute: string) => string | null,
): AttributeTable {
  const both = towers.length > 1;
  return {
    ...Object.assign({}, ...towers.map((tower) => towerAttributes(tower, both, optimizerOf))),
    ...named(choice('relu', 'tanh', 'sigmoid'), 'model.activation_fn', 'model.dnn_activation_fn'),
    ...named(number(0, 0.99), 'model.dropout', 'model.dnn_dropout'),
    ...named(boolean, 'model.batch_norm'),
    ...named(integer(1, 2 ** 20), 'train.batch_size', 'model.batch_size'),
    ...named(integer(1, 1_000_000), 'train.epoch', 'train.epochs'),
    ...named(integer(), 'train.max_steps'),
    ...named(integer(0), 'train.early_stopping_epochs'),
    ...named(text, 'model.weight_column'),
    ...(classifies
      ? { ...named(integer(2, 100_000), 'model.n_classes'), ...named(weights, 'model.class_weights') }
      : named(integer(1, 1), 'model.label_dimension')),
    ...Object.assign({}, ...withoutEffect.map((name) => named(ignored, name))),
  };
}

function towerAttributes(
  tower: Tower,
  both: boolean,
  optimizerOf: (attribute: string) => string | null,
): AttributeTable {
  const prefix = both ? { deep: 'dnn_', wide: 'linear_' }[tower] : '';
  const attribute = `model.${prefix}optimizer`;
  const optimizer = optimizerOf(attribute) ?? (tower === 'wide' ? 'ftrl' : 'adagrad');
  const parameters = Object.entries(optimizers[optimizer] ?? {}).map(([name, [least, most]]) =>
    named(number(least, most), `${prefix}optimizer.${name}`),
  );
  const form = { is: 'choice', of: Object.keys(optimizers), suffix: 'optimizer' } as const;
  return {
    ...(tower === 'deep' ? named({ is: 'integers', most: largestLayer }, `model.${prefix}hidden_units`) : {}),
    ...named(form, attribute, ...(both ? [] : ['train.optimizer'])),
    ...named(above(0, 100), `${prefix}optimizer.learning_rate`),
    ...Object.assign({}, ...parameters),
  };
}
