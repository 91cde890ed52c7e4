import * as v from 'valibot';

export const explainers = ['TreeExplainer', 'KernelExplainer'] as const;

export type Explainer = (typeof explainers)[number];

/** What TO EXPLAIN asks of a model of a table. The planner makes it. */
export interface Explanation {
  /** null: TreeExplainer for trees, KernelExplainer for other models. */
  readonly explainer: Explainer | null;
  /** Combinations of features that KernelExplainer asks the model about for a row. */
  readonly samples: number;
  /** Rows among which it takes the values of the features that a combination leaves out. */
  readonly background: number;
  /** Of the choice of both. */
  readonly seed: number;
}

export const explanationSchema: v.GenericSchema<Explanation> = v.strictObject({
  explainer: v.nullable(v.picklist(explainers)),
  samples: v.number(),
  background: v.number(),
  seed: v.number(),
});
