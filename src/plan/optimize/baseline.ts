import { countsObjects } from '../../programs/predicate/predicate.ts';
import { atMost } from './front.ts';
import type { Cascade, CascadeStep, Choice, Goal, Problem } from './problem.ts';
import { accuracyFor, type CandidateModel } from './repository.ts';

/**
 * The thesis's first strategy (4.4.2), greedy: for each class in the order of the predicate a model is taken, which answers all open
 * classes that it knows. Every picture goes through all models.
 */
export function chooseBaseline(problem: Problem, goal: Goal): Choice {
  const cascade =
    goal.kind === 'minAccuracy'
      ? cheapestFirst(problem, goal.accuracy)
      : mostAccurateFirst(problem, goal.kind === 'maxCost' ? goal.cost : Number.POSITIVE_INFINITY);
  return cascade === null ? { kind: 'missed', nearest: null } : { kind: 'chosen', cascade };
}

/** Takes the most accurate model that the rest of the budget allows; of equally accurate ones the cheapest, then the one that answers more. */
function mostAccurateFirst(problem: Problem, budget: number): Cascade | null {
  let plan: Partial = nothing;
  for (const asked of problem.classes) {
    if (plan.answered.has(asked.name)) continue;
    const [best] = problem.models
      .filter((model) => answers(model, asked) > 0 && atMost(plan.cost + model.cost, budget))
      .sort(
        (a, b) =>
          answers(b, asked) - answers(a, asked) ||
          a.cost - b.cost ||
          newAnswers(plan, b, problem).length - newAnswers(plan, a, problem).length ||
          byCost(a, b),
      );
    if (best === undefined) return null;
    plan = add(plan, best, problem);
  }
  return toCascade(plan);
}

/**
 * Tries the cheapest models first, depth first, up to the first plan that is accurate enough. With the same classes answered, a plan that
 * is no more accurate than one that led nowhere leads nowhere either.
 */
function cheapestFirst(problem: Problem, least: number): Cascade | null {
  const models = problem.models.toSorted(byCost);
  const failed = new Map<string, number>();
  const from = (plan: Partial): Partial | null => {
    const next = problem.classes.find(({ name }) => !plan.answered.has(name));
    if (!atMost(least, plan.accuracy)) return null;
    if (next === undefined) return plan;
    const key = [...plan.answered].sort().join('\n');
    if (plan.accuracy <= (failed.get(key) ?? -1)) return null;
    for (const model of models) {
      if (answers(model, next) <= 0) continue;
      const found = from(add(plan, model, problem));
      if (found !== null) return found;
    }
    failed.set(key, Math.max(plan.accuracy, failed.get(key) ?? -1));
    return null;
  };
  const found = from(nothing);
  return found === null ? null : toCascade(found);
}

interface Partial {
  readonly steps: readonly CascadeStep[];
  readonly answered: ReadonlySet<string>;
  readonly cost: number;
  readonly accuracy: number;
}

const nothing: Partial = { steps: [], answered: new Set(), cost: 0, accuracy: 1 };

function newAnswers({ answered }: Partial, model: CandidateModel, { classes }: Problem) {
  return classes.filter((asked) => !answered.has(asked.name) && answers(model, asked) > 0);
}

function add(plan: Partial, model: CandidateModel, problem: Problem): Partial {
  const own = newAnswers(plan, model, problem);
  const names = own.map(({ name }) => name);
  return {
    steps: [...plan.steps, { model, classes: names, reach: 1 }],
    answered: new Set([...plan.answered, ...names]),
    cost: plan.cost + model.cost,
    accuracy: own.reduce((accuracy, asked) => accuracy * answers(model, asked), plan.accuracy),
  };
}

/** The accuracy of a model for a class; 0 if it does not know it. */
function answers(model: CandidateModel, asked: Problem['classes'][number]): number {
  return accuracyFor(model, { name: asked.name, counted: countsObjects(asked) }) ?? 0;
}

function byCost(a: CandidateModel, b: CandidateModel): number {
  return a.cost - b.cost || (a.name < b.name ? -1 : 1);
}

const toCascade = ({ steps, cost, accuracy }: Partial): Cascade => ({ steps, cost, accuracy });
