import * as v from 'valibot';

/** What TO EVALUATE asks about a model of a table. The planner makes it. */
export interface TableMeasurement {
  /** The selected column with the true values. */
  readonly label: string;
  /** Figures as the statement names them, and the trainer's names of them; null: all that the model has. */
  readonly metrics: readonly { readonly name: string; readonly metric: string }[] | null;
}

export const measurementSchema: v.GenericSchema<TableMeasurement> = v.strictObject({
  label: v.string(),
  metrics: v.nullable(v.array(v.strictObject({ name: v.string(), metric: v.string() }))),
});
