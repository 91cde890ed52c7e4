import type { AskedClass, Predicate } from '../../programs/predicate/predicate.ts';
import type { Presence } from './presence.ts';
import type { CandidateModel } from './repository.ts';

/** Which models shall answer a predicate, in which order. */
export interface Problem {
  readonly predicate: Predicate;
  readonly classes: readonly AskedClass[];
  readonly models: readonly CandidateModel[];
  readonly presence: Presence;
}

/** What a person accepts: a cost in milliseconds per picture, or a probability that all answers are right; neither: the best accuracy. */
export type Goal =
  | { readonly kind: 'best' }
  | { readonly kind: 'maxCost'; readonly cost: number }
  | { readonly kind: 'minAccuracy'; readonly accuracy: number };

/** Models in the order in which they are asked. */
export interface Cascade {
  readonly steps: readonly CascadeStep[];
  /** Milliseconds per picture. */
  readonly cost: number;
  /** The probability that all answers are right. */
  readonly accuracy: number;
}

export interface CascadeStep {
  readonly model: CandidateModel;
  /** The classes whose answers count, in the order of the predicate. */
  readonly classes: readonly string[];
  /** The share of pictures that reach it. */
  readonly reach: number;
}

/** The plan of a strategy. If no plan reaches the goal, `nearest` comes nearest to it. */
export type Choice =
  | { readonly kind: 'chosen'; readonly cascade: Cascade }
  | { readonly kind: 'missed'; readonly nearest: Cascade | null };
