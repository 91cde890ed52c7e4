import * as v from 'valibot';
import { type ModelReference, modelReferenceSchema, type Simulation, simulationSchema } from '../model-task.ts';
import type { Predicate } from './predicate/predicate.ts';

/** Which models are asked about a picture, in which order, until they decide a predicate. The planner makes it. */
export interface CascadeSetting {
  readonly predicate: Predicate;
  /** In the order in which they are asked. A model may be asked twice, for other classes. */
  readonly models: readonly CascadeModel[];
}

export interface CascadeModel {
  /** What a person calls it: `yolov5s@3`, `demo`. */
  readonly name: string;
  /** The path of its file inside a volume, or `name@version` if it is in the system schema. */
  readonly file: string;
  /** null: the file is not registered. */
  readonly reference: ModelReference | null;
  /** Names of its classes that CREATE MODEL gave; null: the file's. */
  readonly classNames: readonly string[] | null;
  /** What it simulates; null: it is a model of its own. */
  readonly simulation: Simulation | null;
  readonly kind: 'detector' | 'classifier';
  /** Classes of the predicate whose answers count. The model's own names of them may differ in case. */
  readonly classes: readonly string[];
  /** The predicted share of pictures that reach it. */
  readonly reach: number;
  /** Predicted milliseconds of a picture; null: not measured. */
  readonly cost: number | null;
}

const objects = v.pipe(v.number(), v.integer(), v.minValue(0));

const predicateSchema: v.GenericSchema<Predicate> = v.lazy(() =>
  v.variant('kind', [
    v.strictObject({ kind: v.literal('count'), class: v.string(), least: objects, most: v.nullable(objects) }),
    v.strictObject({ kind: v.literal('not'), of: predicateSchema }),
    v.strictObject({ kind: v.picklist(['all', 'any']), of: v.array(predicateSchema) }),
  ]),
);

export const cascadeSchema: v.GenericSchema<CascadeSetting> = v.strictObject({
  predicate: predicateSchema,
  models: v.array(
    v.strictObject({
      name: v.string(),
      file: v.string(),
      reference: v.nullable(modelReferenceSchema),
      classNames: v.nullable(v.array(v.string())),
      simulation: v.nullable(simulationSchema),
      kind: v.picklist(['detector', 'classifier']),
      classes: v.array(v.string()),
      reach: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
      cost: v.nullable(v.pipe(v.number(), v.minValue(0))),
    }),
  ),
});
