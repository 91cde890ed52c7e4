import fc from 'fast-check';
import { expect, test } from 'vitest';
import { searchBasic } from '../../../src/plan/optimize/basic.ts';
import { chooseCascade } from '../../../src/plan/optimize/choose.ts';
import type { CascadeStep, Goal, Problem } from '../../../src/plan/optimize/problem.ts';
import { listReach, type Reach } from '../../../src/plan/optimize/reach.ts';
import { loadSolver } from '../../../src/plan/optimize/solver.ts';
import { chooseCascades } from '../../../src/plan/optimize/strategies.ts';
import { askedClasses } from '../../../src/programs/predicate/predicate.ts';
import { listStates } from '../../../src/programs/predicate/states.ts';
import { all, any, has, not, toEnd } from './problems.ts';

const solve = await loadSolver();

/** A problem of so many classes, each of which at least two models know. */
const problemOf = (classes: number, models: number): fc.Arbitrary<Problem> =>
  fc
    .array(
      fc.record({
        cost: fc.integer({ min: 1, max: 40 }),
        percent: fc.integer({ min: 80, max: 99 }),
        known: fc.array(fc.integer({ min: 0, max: classes - 1 }), { minLength: 1, maxLength: classes }),
      }),
      { minLength: models, maxLength: models },
    )
    .map((drawn) => {
      const names = Array.from({ length: classes }, (_, index) => `class ${index}`);
      const groups = [0, 1, 2, 3].map((part) => names.filter((_, index) => index % 4 === part));
      const predicate = all(
        ...groups.map((own, index) => any(...own.map((name) => (index === 3 ? not(has(name)) : has(name))))),
      );
      const own = drawn.map(({ cost, percent, known }, index) => ({
        name: `m${String(index).padStart(3, '0')}`,
        cost,
        accuracies: new Map(known.map((at) => [names[at]!, percent / 100] as const)),
        counts: true,
      }));
      const everything = [35, 36].map((cost) => ({
        name: `all${cost}`,
        cost,
        accuracies: new Map(names.map((name) => [name, 0.7 + cost / 1000] as const)),
        counts: true,
      }));
      const asked = askedClasses(predicate);
      const shares = asked.map((_, index) => [1 - 1 / (index + 2), 1 / (index + 2)]);
      return { predicate, classes: asked, models: [...own, ...everything], presence: { kind: 'independent', shares } };
    });

const goals: fc.Arbitrary<Goal> = fc.oneof(
  fc.constant<Goal>({ kind: 'best' }),
  fc.integer({ min: 1, max: 120 }).map((cost): Goal => ({ kind: 'maxCost', cost })),
  fc.integer({ min: 5, max: 90 }).map((percent): Goal => ({ kind: 'minAccuracy', accuracy: percent / 100 })),
);

test('the integer program finds models as good as the search does', () => {
  const problem = fc.integer({ min: 4, max: 12 }).chain((classes) => problemOf(classes, 14));
  fc.assert(
    fc.property(problem, goals, (own, goal) => {
      const searched = chooseCascade(toEnd(searchBasic(own)), goal);
      const { basic } = toEnd(chooseCascades(own, goal, null, solve)).choices;
      if (searched.kind === 'missed' || basic.kind === 'missed') {
        expect([basic.kind, goal]).toEqual([searched.kind, goal]);
        return;
      }
      if (goal.kind === 'minAccuracy') expect(basic.cascade.cost).toBeCloseTo(searched.cascade.cost, 6);
      else expect(Math.log(basic.cascade.accuracy)).toBeCloseTo(Math.log(searched.cascade.accuracy), 5);
    }),
    { numRuns: 25 },
  );
});

test('steps put in order by a sample reach the goal at least as well as their models together', () => {
  fc.assert(
    fc.property(problemOf(16, 20), goals, (own, goal) => {
      const { basic, order } = toEnd(chooseCascades(own, goal, null, solve)).choices;
      if (basic.kind === 'missed') return;
      if (order.kind === 'missed') throw new Error('the models of basic are a plan');
      const most = goal.kind === 'maxCost' ? goal.cost : basic.cascade.cost;
      expect(order.cascade.cost).toBeLessThanOrEqual(most + 1e-9);
      const least = goal.kind === 'minAccuracy' ? goal.accuracy : basic.cascade.accuracy;
      expect(order.cascade.accuracy).toBeGreaterThanOrEqual(least - 1e-9);
      expect(new Set(order.cascade.steps.flatMap(({ classes }) => classes)).size).toBe(16);
    }),
    { numRuns: 5 },
  );
});

test('what an order saves is spent on more accurate models', () => {
  const names = Array.from({ length: 12 }, (_, index) => `class ${index}`);
  const model = (name: string, cost: number, accuracy: number) => ({
    ...{ name, cost, counts: true },
    accuracies: new Map(names.map((own) => [own, accuracy] as const)),
  });
  const first = { ...model('first', 1, 1), accuracies: new Map([[names[0]!, 1]]) };
  const predicate = all(...names.map(has));
  const classes = askedClasses(predicate);
  const presence = { kind: 'independent', shares: classes.map(() => [0.99, 0.01]) } as const;
  const own = { predicate, classes, presence, models: [first, model('cheap', 10, 0.9), model('dear', 100, 0.99)] };
  const { basic, order } = toEnd(chooseCascades(own, { kind: 'maxCost', cost: 20 }, null, solve)).choices;
  const namesOf = (choice: typeof order) =>
    choice.kind === 'chosen' ? choice.cascade.steps.map(({ model }) => model.name) : null;
  expect([namesOf(basic), namesOf(order)]).toEqual([
    ['first', 'cheap'],
    ['first', 'dear'],
  ]);
});

test('the order found by a sample costs hardly more than the best order of the same steps', () => {
  fc.assert(
    fc.property(problemOf(8, 12), (own) => {
      const { order } = toEnd(chooseCascades(own, { kind: 'best' }, null, solve)).choices;
      if (order.kind === 'missed') throw new Error('a plan exists');
      const { steps } = order.cascade;
      const reach = listReach(listStates(own.predicate, own.classes)!, own.presence);
      const best = Math.min(...orders(steps).map((other) => exactCost(own, other, reach)));
      expect(exactCost(own, steps, reach)).toBeLessThanOrEqual(best * 1.1);
      expect(order.cascade.cost).toBeGreaterThan(best * 0.9);
    }),
    { numRuns: 20 },
  );
});

test('a plan can be stopped while it is searched', () => {
  fc.assert(
    fc.property(problemOf(9, 20), (own) => {
      const search = chooseCascades(own, { kind: 'best' }, listStates(own.predicate, own.classes)!, solve);
      let steps = 0;
      while (!search.next().done) steps++;
      expect(steps).toBeGreaterThan(100);
    }),
    { numRuns: 2 },
  );
});

function exactCost({ classes }: Problem, steps: readonly CascadeStep[], reach: Reach): number {
  let [cost, answered] = [0, 0];
  for (const { model, classes: own } of steps) {
    const asked = own.reduce((set, name) => set | (1 << classes.findIndex((other) => other.name === name)), 0);
    cost += model.cost * reach(answered, asked);
    answered |= asked;
  }
  return cost;
}

function orders<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  if (items.length < 2) return [items];
  return items.flatMap((first, index) => orders(items.toSpliced(index, 1)).map((rest) => [first, ...rest]));
}
