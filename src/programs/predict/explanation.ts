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
  /** The picture that the summary is for; absent: `dot` of a model with one output, `bar` of several classes. */
  readonly plot?: ExplanationPlot | undefined;
  /** Whether the summary has the features in their order, instead of the most important first; absent: it does not. */
  readonly unsorted?: boolean | undefined;
  /** Maximum number of features of the summary; absent: all. */
  readonly features?: number | undefined;
}

/** `dot`: a point for each of some rows; `bar`: means only. */
const explanationPlots = ['dot', 'bar'] as const;

export type ExplanationPlot = (typeof explanationPlots)[number];

export const explanationSchema: v.GenericSchema<Explanation> = v.strictObject({
  explainer: v.nullable(v.picklist(explainers)),
  samples: v.number(),
  background: v.number(),
  seed: v.number(),
  plot: v.optional(v.picklist(explanationPlots)),
  unsorted: v.optional(v.boolean()),
  features: v.optional(v.number()),
});
