/** What a search found for one TO FIND, as plain data. */
export interface SearchedCascades {
  readonly strategies: Readonly<Record<'baseline' | 'basic' | 'order', SearchedStrategy>>;
  /** Costs and accuracies of the plans worth having, ascending; null: there are too many classes to search them all. */
  readonly front: readonly { readonly cost: number; readonly accuracy: number }[] | null;
}

export interface SearchedStrategy {
  /** Whether the plan keeps the bound of the statement. */
  readonly reachesGoal: boolean;
  /** The plan, or the one that comes nearest to the bound; null: the strategy found none. */
  readonly cascade: SearchedCascade | null;
}

export interface SearchedCascade {
  readonly steps: readonly SearchedStep[];
  /** Milliseconds of a picture. */
  readonly cost: number;
  /** The probability that all answers are right. */
  readonly accuracy: number;
  /** The probability that the predicate's value is right; null: there are too many classes to compute it. */
  readonly agreement: number | null;
}

export interface SearchedStep {
  readonly model: string;
  /** Milliseconds of a picture that reaches it. */
  readonly cost: number;
  readonly classes: readonly string[];
  /** The share of pictures that reach it. */
  readonly reach: number;
  /** The shares of pictures that are decided once it has answered; null: there are too many classes to compute them. */
  readonly decided: { readonly found: number; readonly rejected: number } | null;
}
