import type { SearchedCascade, SearchedCascades, SearchedStrategy } from '../../catalog/cascades.ts';
import { listStates, type States } from '../../programs/predicate/states.ts';
import { agreementOf } from '../optimize/agreement.ts';
import type { Solver } from '../optimize/cover-program.ts';
import { decidedAfter } from '../optimize/decided.ts';
import type { Cascade, Choice, Goal, Problem } from '../optimize/problem.ts';
import { chooseCascades } from '../optimize/strategies.ts';

/** More points are not told apart in a picture, and every workflow holds its plan. */
const mostPoints = 200;

/** Finds the plan of each strategy, as plain data. Yields where it may be stopped. */
export function* compareStrategies(problem: Problem, goal: Goal, solve: Solver): Generator<void, SearchedCascades> {
  const states = listStates(problem.predicate, problem.classes);
  const { choices, front } = yield* chooseCascades(problem, goal, states, solve);
  const searched = (choice: Choice) => searchedStrategy(choice, problem, states);
  const strategies = {
    baseline: searched(choices.baseline),
    basic: searched(choices.basic),
    order: searched(choices.order),
  };
  return { strategies, front: front === null ? null : pointsOf(front) };
}

/** Whether HiGHS is needed. */
export function hasManyClasses({ predicate, classes }: Problem): boolean {
  return listStates(predicate, classes) === null;
}

function searchedStrategy(choice: Choice, problem: Problem, states: States | null): SearchedStrategy {
  const cascade = choice.kind === 'chosen' ? choice.cascade : choice.nearest;
  return {
    reachesGoal: choice.kind === 'chosen',
    cascade: cascade === null ? null : searchedCascade(cascade, problem, states),
  };
}

function searchedCascade(cascade: Cascade, problem: Problem, states: States | null): SearchedCascade {
  const { steps, cost, accuracy } = cascade;
  return {
    steps: steps.map(({ model, classes, reach }, index) => ({
      ...{ model: model.name, cost: model.cost, classes, reach },
      decided: states === null ? null : decidedAfter(steps.slice(0, index + 1), problem, states),
    })),
    cost,
    accuracy,
    agreement: states === null ? null : agreementOf(cascade, problem, states),
  };
}

/** All points, or so many that lie evenly among them, with the first and the last. */
function pointsOf(front: readonly Cascade[]): NonNullable<SearchedCascades['front']> {
  const every = Math.max(1, (front.length - 1) / (mostPoints - 1));
  const kept = Array.from({ length: Math.min(front.length, mostPoints) }, (_, at) => front[Math.round(at * every)]!);
  const rounded = (value: number) => Number(value.toPrecision(6));
  return kept.map(({ cost, accuracy }) => ({ cost: rounded(cost), accuracy: rounded(accuracy) }));
}
