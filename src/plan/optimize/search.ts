import { countsObjects } from '../../programs/predicate/predicate.ts';
import { Front } from './front.ts';
import type { Cascade, Problem } from './problem.ts';
import type { Reach } from './reach.ts';
import { type CandidateModel, type Cover, listCovers } from './repository.ts';

/** A part of a plan: `model` is asked for the classes `asked`, after the steps of `before`. */
interface Label {
  readonly cost: number;
  readonly accuracy: number;
  readonly steps: number;
  readonly step: {
    readonly before: Label;
    readonly asked: number;
    readonly model: CandidateModel;
    readonly reach: number;
  } | null;
}

export interface SearchRules {
  /** The share of pictures for which a step has to be paid. */
  readonly reach: Reach;
  /** Whether the order of the steps makes no difference. */
  readonly anyOrder: boolean;
}

/**
 * Finds all plans worth having (FIND.md: label-setting over the set of classes answered so far). Yields between sets, so that a caller can
 * stop it. @returns the front, in ascending order of cost and accuracy; empty if no model covers a class
 */
export function* searchCascades(
  { classes, models }: Pick<Problem, 'classes' | 'models'>,
  { reach, anyOrder }: SearchRules,
): Generator<void, readonly Cascade[]> {
  const covers = listCovers(
    classes.map((asked) => ({ name: asked.name, counted: countsObjects(asked) })),
    models,
  );
  const all = (1 << classes.length) - 1;
  const fronts = Array.from({ length: all + 1 }, () => new Front<Label>(isPreferred));
  const complete = fronts[all]!;
  const best = bestAccuracies(covers, classes.length);
  fronts[0]!.add(0, 1, () => ({ cost: 0, accuracy: 1, steps: 0, step: null }));
  for (let answered = 0; answered < all; answered++) {
    const open = all & ~answered;
    const labels = fronts[answered]!.plans.filter(
      ({ cost, accuracy }) => !complete.covers(cost, accuracy * best[open]!),
    );
    if (labels.length === 0) continue;
    const lowest = open & -open;
    for (let asked = open; asked > 0; asked = (asked - 1) & open) {
      if (anyOrder && (asked & lowest) === 0) continue;
      if (covers[asked]!.length > 0)
        extend(fronts[answered | asked]!, labels, asked, covers[asked]!, reach(answered, asked));
    }
    yield;
  }
  return complete.plans.map((label) => toCascade(label, classes));
}

function extend(
  front: Front<Label>,
  labels: readonly Label[],
  asked: number,
  covers: readonly Cover[],
  reach: number,
): void {
  for (const before of labels) {
    for (const { model, accuracy: own } of covers) {
      const cost = before.cost + reach * model.cost;
      const accuracy = before.accuracy * own;
      front.add(cost, accuracy, () => ({
        cost,
        accuracy,
        steps: before.steps + 1,
        step: { before, asked, model, reach },
      }));
    }
  }
}

/** For each set of classes, the highest accuracy that any plan can have for it. */
function bestAccuracies(covers: readonly (readonly Cover[])[], classes: number): Float64Array {
  const best = new Float64Array(1 << classes).fill(1);
  for (let set = 1; set < best.length; set++) {
    const lowest = set & -set;
    best[set] = best[set ^ lowest]! * (covers[lowest]!.at(-1)?.accuracy ?? 0);
  }
  return best;
}

/** Of two plans of the same worth, the one with fewer steps, then with the lower names. */
function isPreferred(a: Label, b: Label): boolean {
  if (a.steps !== b.steps) return a.steps < b.steps;
  const [nameOfA, nameOfB] = [nameOf(a), nameOf(b)];
  return nameOfA < nameOfB;
}

function nameOf(label: Label): string {
  const parts: string[] = [];
  for (let { step } = label; step !== null; step = step.before.step) parts.push(`${step.model.name} ${step.asked}`);
  return parts.reverse().join('\n');
}

function toCascade({ cost, accuracy, step: last }: Label, classes: Problem['classes']): Cascade {
  const steps = [];
  for (let step = last; step !== null; step = step.before.step) {
    const names = classes.flatMap(({ name }, index) => ((step.asked & (1 << index)) === 0 ? [] : [name]));
    steps.push({ model: step.model, classes: names, reach: step.reach });
  }
  return { steps: steps.reverse(), cost, accuracy };
}
