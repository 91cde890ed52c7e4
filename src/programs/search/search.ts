import * as v from 'valibot';

/** A value of an attribute, as the trainer gets it. */
export type PlainValue = number | string | boolean | readonly PlainValue[];

/** The values that an attribute may have in a search. */
export type Domain =
  | { readonly domain: 'choice'; readonly choices: readonly PlainValue[] }
  | { readonly domain: 'uniform' | 'loguniform'; readonly low: number; readonly high: number }
  | {
      readonly domain: 'int' | 'quniform' | 'qloguniform';
      readonly low: number;
      readonly high: number;
      readonly step: number;
    };

/** How the parameters of the next trial are chosen. */
export const searchDrivers = ['grid', 'random', 'asha', 'tpe'] as const;

export type SearchDriver = (typeof searchDrivers)[number];

/** An estimator with what may vary of it. */
export interface SearchSpace {
  readonly estimator: string;
  /** Values that a search of this estimator sets, besides those of the statement. */
  readonly attributes: Readonly<Record<string, PlainValue>>;
  readonly domains: Readonly<Record<string, Domain>>;
}

/** A model search: many trials of training, of which the best becomes the model. */
export interface Search {
  readonly driver: SearchDriver;
  /** One of the keys of `searchMetrics`. */
  readonly metric: string;
  readonly trials: number;
  readonly seed: number;
  /** ASHA: one trial of so many goes on to the next rung, with so many times the epochs. */
  readonly eta: number;
  /** Trainers that run at once. */
  readonly workers: number;
  /** Parts of the rows. A model that hops trains on one after the other. */
  readonly shards: number;
  /** `hop`: models hop from shard to shard; `task`: each trial runs whole on all rows. */
  readonly mode: 'hop' | 'task';
  /** `sync`: as many models as workers are trained at once, and the next ones wait for all of them; default: no model waits for another. */
  readonly scheduler?: 'sync';
  /** `false`: trainers read a shard for each unit; default: they keep the shards that they have read. */
  readonly cache?: false;
  /** Trial n takes space n modulo their number. */
  readonly spaces: readonly SearchSpace[];
}

/** Metrics of validation rows by which trials can be compared, and whether more is better. */
export const searchMetrics: Readonly<Record<string, 'less' | 'more'>> = {
  valid_loss: 'less',
  accuracy: 'more',
  precision: 'more',
  recall: 'more',
  f1: 'more',
  auc: 'more',
  log_loss: 'less',
  mae: 'less',
  mse: 'less',
  rmse: 'less',
  mape: 'less',
  r2: 'more',
  mean_squared_distance: 'less',
};

const plainValue: v.GenericSchema<PlainValue> = v.lazy(() =>
  v.union([v.number(), v.string(), v.boolean(), v.array(plainValue)]),
);

const domainSchema: v.GenericSchema<Domain> = v.variant('domain', [
  v.strictObject({ domain: v.literal('choice'), choices: v.array(plainValue) }),
  v.strictObject({ domain: v.picklist(['uniform', 'loguniform']), low: v.number(), high: v.number() }),
  v.strictObject({
    domain: v.picklist(['int', 'quniform', 'qloguniform']),
    low: v.number(),
    high: v.number(),
    step: v.number(),
  }),
]);

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** As plans and tasks have it. */
export const searchSchema: v.GenericSchema<Search> = v.strictObject({
  driver: v.picklist(searchDrivers),
  metric: v.string(),
  trials: count,
  seed: count,
  eta: count,
  workers: count,
  shards: count,
  mode: v.picklist(['hop', 'task']),
  scheduler: v.optional(v.literal('sync')),
  cache: v.optional(v.literal(false)),
  spaces: v.array(
    v.strictObject({
      estimator: v.string(),
      attributes: v.record(v.string(), plainValue),
      domains: v.record(v.string(), domainSchema),
    }),
  ),
});

/** Epochs of a model that hops, if the statement does not say. */
export const usualEpochs = 10;
