import type { CascadeStep, Problem } from './problem.ts';
import { type SampledReach, sampleReach } from './sample.ts';

/** Maximum number of steps of which all orders are compared. */
const mostSteps = 12;

/** Puts the steps of a plan into an order that costs little, by a sample of pictures: the cheapest order, if the steps are not too many. */
export function* orderSteps(problem: Problem, steps: readonly CascadeStep[]): Generator<void, readonly CascadeStep[]> {
  const reach = sampleReach(problem);
  const order = steps.length <= mostSteps ? yield* cheapestOrder(steps, reach) : yield* greedyOrder(steps, reach);
  return withReach(order, reach);
}

export function costOf(steps: readonly CascadeStep[]): number {
  return steps.reduce((sum, { model, reach }) => sum + model.cost * reach, 0);
}

/** What a step costs depends on the set of steps before it only, so the cheapest order of each set follows from those of smaller ones. */
function* cheapestOrder(steps: readonly CascadeStep[], reach: SampledReach): Generator<void, readonly CascadeStep[]> {
  const all = (1 << steps.length) - 1;
  const costs = new Float64Array(all + 1).fill(Number.POSITIVE_INFINITY);
  const last = new Int8Array(all + 1).fill(-1);
  costs[0] = 0;
  for (let done = 0; done < all; done++) {
    const answered = new Set(steps.flatMap(({ classes }, index) => ((done & (1 << index)) === 0 ? [] : classes)));
    for (const [index, { model, classes }] of steps.entries()) {
      const next = done | (1 << index);
      if (next === done) continue;
      const cost = costs[done]! + model.cost * reach(answered, classes);
      if (cost < costs[next]! - 1e-12) [costs[next], last[next]] = [cost, index];
    }
    yield;
  }
  const order: CascadeStep[] = [];
  for (let done = all; done > 0; done ^= 1 << last[done]!) order.unshift(steps[last[done]!]!);
  return order;
}

/** The step that costs least for the pictures that it decides comes first, and so on. */
function* greedyOrder(steps: readonly CascadeStep[], reach: SampledReach): Generator<void, readonly CascadeStep[]> {
  const everything = steps.flatMap(({ classes }) => classes);
  const order: CascadeStep[] = [];
  const rest = new Set(steps);
  while (rest.size > 0) {
    const answered = order.flatMap(({ classes }) => classes);
    const open = reach(new Set(answered), everything);
    const price = ({ model, classes }: CascadeStep) => {
      const decided = open - reach(new Set([...answered, ...classes]), everything);
      return (model.cost * reach(new Set(answered), classes)) / (decided + 1e-3);
    };
    const [next] = [...rest].map((step) => ({ step, price: price(step) })).sort((a, b) => a.price - b.price);
    order.push(next!.step);
    rest.delete(next!.step);
    yield;
  }
  return order;
}

function withReach(order: readonly CascadeStep[], reach: SampledReach): readonly CascadeStep[] {
  return order.map((step, index) => {
    const answered = new Set(order.slice(0, index).flatMap(({ classes }) => classes));
    return { ...step, reach: reach(answered, step.classes) };
  });
}
