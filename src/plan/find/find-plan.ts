import type { SearchedCascades } from '../../catalog/cascades.ts';
import type { Goal } from '../optimize/problem.ts';
import type { Strategy } from '../optimize/strategies.ts';

/** Why the models of a TO FIND are asked in their order. */
export interface FindPlan extends SearchedCascades {
  readonly goal: Goal;
  /** The one whose plan is run. */
  readonly strategy: Strategy;
  /** What is known of how often pictures show the classes. */
  readonly presence: { readonly kind: 'joint' | 'independent'; readonly from: string };
  /** What was taken for granted. */
  readonly notes: readonly string[];
}
