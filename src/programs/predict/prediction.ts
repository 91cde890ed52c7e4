import * as v from 'valibot';

/** What TO PREDICT asks of a model of a table. The planner makes it. */
export interface Prediction {
  /** What the result calls what is predicted; null: as the label that the model learnt. */
  readonly column: string | null;
  /** Whether a column for each class says how probable it is. */
  readonly probabilities: boolean;
}

export const predictionSchema: v.GenericSchema<Prediction> = v.strictObject({
  column: v.nullable(v.string()),
  probabilities: v.boolean(),
});
