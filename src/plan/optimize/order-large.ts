import { type Solver, solveCover } from './cover-program.ts';
import { atMost } from './front.ts';
import { costOf, orderSteps } from './order-steps.ts';
import type { Cascade, Choice, Goal, Problem } from './problem.ts';

/** Number of budgets that are tried between that of the goal and the cost of the most accurate models. */
const mostBudgets = 2;

/** Share of the logarithm of the accuracy that a tried plan may lack: the best one would take several times as long. */
const gap = 0.05;

/**
 * The strategy `order` for more classes than can be searched. An order saves a part of what its models cost, and how much is known only once
 * they are chosen: so dearer models are tried, too, and the best plan that reaches the goal stays.
 * @param basic the plan of the strategy `basic`
 */
export function* chooseOrdered(problem: Problem, goal: Goal, basic: Choice, solve: Solver): Generator<void, Choice> {
  const cheap = basic.kind === 'chosen' ? basic.cascade : basic.nearest;
  if (cheap === null) return basic;
  const plans = yield* goal.kind === 'best' || (goal.kind === 'minAccuracy' && basic.kind === 'missed')
    ? orderAll(problem, [cheap])
    : goal.kind === 'maxCost'
      ? plansByBudget(problem, goal.cost, cheap, solve)
      : orderAll(problem, [cheap, ...solved(problem, { kind: 'best' }, solve)]);
  return choose(plans, goal);
}

/** The most accurate plan within the cost, or the cheapest plan that is accurate enough. */
function choose(plans: readonly Cascade[], goal: Goal): Choice {
  const byCost = plans.toSorted((a, b) => a.cost - b.cost || b.accuracy - a.accuracy);
  const byAccuracy = plans.toSorted((a, b) => b.accuracy - a.accuracy || a.cost - b.cost);
  switch (goal.kind) {
    case 'best':
      return { kind: 'chosen', cascade: byAccuracy[0]! };
    case 'maxCost':
      return choice(
        byAccuracy.find(({ cost }) => atMost(cost, goal.cost)),
        byCost[0]!,
      );
    case 'minAccuracy':
      return choice(
        byCost.find(({ accuracy }) => atMost(goal.accuracy, accuracy)),
        byAccuracy[0]!,
      );
  }
}

function choice(cascade: Cascade | undefined, nearest: Cascade): Choice {
  return cascade === undefined ? { kind: 'missed', nearest } : { kind: 'chosen', cascade };
}

/** Halves the budgets between one whose plan costs little enough and one whose plan does not. */
function* plansByBudget(
  problem: Problem,
  cost: number,
  cheap: Cascade,
  solve: Solver,
): Generator<void, readonly Cascade[]> {
  const [best] = solved(problem, { kind: 'best' }, solve);
  const plans = [...(yield* orderAll(problem, [cheap, ...(best === undefined ? [] : [best])]))];
  if (best === undefined || atMost(plans[1]!.cost, cost)) return plans;
  let [low, high] = [Math.max(cost, cheap.cost), best.cost];
  for (let round = 0; round < mostBudgets && high > low; round++) {
    const budget = (low + high) / 2;
    const [plan] = yield* orderAll(problem, solved(problem, { kind: 'maxCost', cost: budget }, solve, gap));
    if (plan === undefined) return plans;
    plans.push(plan);
    if (atMost(plan.cost, cost)) low = budget;
    else high = budget;
  }
  return plans;
}

function solved(problem: Problem, goal: Goal, solve: Solver, gap = 0): readonly Cascade[] {
  const cascade = solveCover(problem, goal, solve, gap);
  return cascade === null ? [] : [cascade];
}

function* orderAll(problem: Problem, cascades: readonly Cascade[]): Generator<void, readonly Cascade[]> {
  const ordered: Cascade[] = [];
  for (const { steps: chosen, accuracy } of cascades) {
    const steps = yield* orderSteps(problem, chosen);
    ordered.push({ steps, cost: costOf(steps), accuracy });
    yield;
  }
  return ordered;
}
