import * as v from 'valibot';
import { type ModelReference, modelReferenceSchema } from './model-task.ts';
import { type Search, searchSchema } from './programs/search/search.ts';

/** What is trained, on the rows of a query: the same for a step and its task. */
export interface Training {
  /** The estimator as trainer/README.md names it, or one of a user's image. */
  readonly estimator: string;
  /** Attributes for the trainer, by name. */
  readonly attributes: Readonly<Record<string, TrainValue>>;
  /** Items of COLUMN; null: they follow from the columns' types. */
  readonly features: readonly TrainFeature[] | null;
  readonly label: string | null;
  /** The query for validation rows; null: there are none. */
  readonly validation: string | null;
  readonly seed: number;
  /** What varies, and how the best is found; null: one model is trained. */
  readonly search: Search | null;
  /** The trained model to continue from. */
  readonly from: ModelReference | null;
  /** Name of the model that gets a version. */
  readonly into: string;
}

export type TrainValue = string | number | boolean | readonly (string | number | boolean)[];

/** A column's name, `*`, another word, a number, a list, or a function of such. */
export type FeatureNode = string | number | readonly FeatureNode[] | FeatureCall;

export interface FeatureCall {
  readonly function: string;
  readonly arguments: readonly FeatureNode[];
}

/** An item of COLUMN, and the estimator's input that FOR names. */
export type TrainFeature = FeatureNode | { readonly for: string; readonly column: FeatureNode };

const scalar = v.union([v.string(), v.number(), v.boolean()]);

const node: v.GenericSchema<FeatureNode> = v.lazy(() =>
  v.union([v.string(), v.number(), v.array(node), v.strictObject({ function: v.string(), arguments: v.array(node) })]),
);

/** As plans and tasks have it. */
export const trainingEntries = {
  estimator: v.string(),
  attributes: v.record(v.string(), v.union([scalar, v.array(scalar)])),
  features: v.nullable(v.array(v.union([node, v.strictObject({ for: v.string(), column: node })]))),
  label: v.nullable(v.string()),
  validation: v.nullable(v.string()),
  seed: v.pipe(v.number(), v.integer(), v.minValue(0)),
  search: v.nullable(searchSchema),
  from: v.nullable(modelReferenceSchema),
  into: v.string(),
};
/** What a training costs, by earlier ones of its estimator. */
export interface TrainCost {
  /** Seconds beside the passes over the rows: rows are selected, the trainer starts, the model is exported. */
  readonly startSeconds: number;
  /** Seconds of a row in a pass over the rows: an epoch, a round, or a trial that runs whole. */
  readonly rowSeconds: number;
  /** Rows of the query; null: they were not counted. */
  readonly rows: number | null;
  /** Passes over the rows: at most, if the training may stop early. */
  readonly passes: number;
  /** Trainings that were measured, and when the latest of them was. */
  readonly runs: number;
  readonly at: string;
}

/** @param rows of the query */
export function predictedSeconds({ startSeconds, rowSeconds, passes }: TrainCost, rows: number): number {
  return startSeconds + rows * passes * rowSeconds;
}
