import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { agreementOf } from '../../../src/plan/optimize/agreement.ts';
import { chooseBaseline } from '../../../src/plan/optimize/baseline.ts';
import { searchBasic } from '../../../src/plan/optimize/basic.ts';
import { chooseCascade } from '../../../src/plan/optimize/choose.ts';
import { searchOrder } from '../../../src/plan/optimize/order.ts';
import type { Cascade, Choice, Goal, Problem } from '../../../src/plan/optimize/problem.ts';
import { askedClasses, type Predicate, truthOf } from '../../../src/programs/predicate/predicate.ts';
import { listStates } from '../../../src/programs/predicate/states.ts';
import { all, any, counts, has, not, toEnd } from './problems.ts';

const letters = ['a', 'b', 'c', 'd', 'e'];

function predicateOf(classes: number): fc.Arbitrary<Predicate> {
  const name = fc.constantFrom(...letters.slice(0, classes));
  const leaf = fc.oneof(
    { weight: 4, arbitrary: name.map(has) },
    { weight: 1, arbitrary: name.map((own) => counts(own, 2, null)) },
    { weight: 1, arbitrary: name.map((own) => counts(own, 1, 1)) },
  );
  return fc.letrec<{ predicate: Predicate }>((tie) => ({
    predicate: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      leaf,
      fc.array(tie('predicate'), { minLength: 2, maxLength: 3 }).map((of) => all(...of)),
      fc.array(tie('predicate'), { minLength: 2, maxLength: 3 }).map((of) => any(...of)),
      tie('predicate').map(not),
    ),
  })).predicate;
}

const modelsOf = (most: number) =>
  fc
    .array(
      fc.record({
        cost: fc.integer({ min: 1, max: 40 }),
        accuracies: fc
          .array(fc.tuple(fc.constantFrom(...letters), fc.integer({ min: 50, max: 100 })), {
            minLength: 1,
            maxLength: 5,
          })
          .map((known) => new Map(known.map(([name, percent]) => [name, percent / 100]))),
        counts: fc.boolean(),
      }),
      { minLength: 1, maxLength: most },
    )
    .map((models) => models.map((model, index) => ({ name: `m${index}`, ...model })));

const problemOf = (classes: number, models: number): fc.Arbitrary<Problem> =>
  fc
    .tuple(
      predicateOf(classes),
      modelsOf(models),
      fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 40, maxLength: 40 }),
    )
    .map(([predicate, candidates, weights]) => {
      const asked = askedClasses(predicate);
      const shares = asked.map(({ starts }, index) => {
        const own = [...starts, 0].map((_, cell) => weights[(index * 7 + cell) % 40]! + 1);
        const sum = own.reduce((total, weight) => total + weight, 0);
        return own.map((weight) => weight / sum);
      });
      return { predicate, classes: asked, models: candidates, presence: { kind: 'independent', shares } };
    });

const goals: fc.Arbitrary<Goal> = fc.oneof(
  fc.constant<Goal>({ kind: 'best' }),
  fc.integer({ min: 1, max: 120 }).map((cost): Goal => ({ kind: 'maxCost', cost })),
  fc.integer({ min: 10, max: 100 }).map((percent): Goal => ({ kind: 'minAccuracy', accuracy: percent / 100 })),
);

describe('the exact strategies', () => {
  test('find the plans that examining all plans finds', () => {
    fc.assert(
      fc.property(fc.oneof(problemOf(3, 4), problemOf(4, 3)), goals, (problem, goal) => {
        const { basic, order } = frontsOf(problem);
        const plans = allPlans(problem);
        expectSame(
          chooseCascade(basic, goal),
          bestOf(
            plans.map(({ basicCost: cost, accuracy }) => ({ cost, accuracy })),
            goal,
          ),
          goal,
        );
        expectSame(
          chooseCascade(order, goal),
          bestOf(
            plans.map(({ orderCost: cost, accuracy }) => ({ cost, accuracy })),
            goal,
          ),
          goal,
        );
      }),
      { numRuns: 150 },
    );
  });

  test('are never worse than the simpler strategy', () => {
    fc.assert(
      fc.property(problemOf(5, 8), goals, (problem, goal) => {
        const { basic, order } = frontsOf(problem);
        const choices = [chooseBaseline(problem, goal), chooseCascade(basic, goal), chooseCascade(order, goal)];
        for (const [index, worse] of choices.entries()) {
          const better = choices[index + 1];
          if (better === undefined || worse.kind === 'missed') continue;
          if (better.kind === 'missed') throw new Error('a better strategy finds no plan');
          if (goal.kind === 'minAccuracy') expect(better.cascade.cost).toBeLessThanOrEqual(worse.cascade.cost + 1e-9);
          else expect(better.cascade.accuracy).toBeGreaterThanOrEqual(worse.cascade.accuracy - 1e-9);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('list plans whose cost and accuracy both rise, each of which answers every class once with a model that knows it', () => {
    fc.assert(
      fc.property(problemOf(5, 8), (problem) => {
        for (const front of Object.values(frontsOf(problem))) {
          for (const [index, { cost, accuracy, steps }] of front.entries()) {
            const previous = front[index - 1];
            if (previous) expect(cost > previous.cost && accuracy > previous.accuracy).toBe(true);
            const answered = steps.flatMap(({ classes }) => classes).sort();
            expect(answered).toEqual(problem.classes.map(({ name }) => name).sort());
            for (const { model, classes } of steps)
              for (const name of classes) expect(model.accuracies.has(name)).toBe(true);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  test('give the same plans whatever the order of the models', () => {
    fc.assert(
      fc.property(problemOf(4, 6), (problem) => {
        const reversed = { ...problem, models: problem.models.toReversed() };
        expect(frontsOf(reversed)).toEqual(frontsOf(problem));
      }),
      { numRuns: 100 },
    );
  });
});

test('the agreement is the share of pictures about which a plan says the truth', () => {
  fc.assert(
    fc.property(problemOf(3, 4), (problem) => {
      const states = listStates(problem.predicate, problem.classes)!;
      const cascade = toEnd(searchBasic(problem)).at(-1);
      if (cascade === undefined) return;
      const agreement = agreementOf(cascade, problem, states);

      expect(agreement).toBeCloseTo(agreementByHand(problem, cascade), 9);
      expect(agreement).toBeGreaterThanOrEqual(cascade.accuracy - 1e-9);
    }),
    { numRuns: 100 },
  );
});

function frontsOf(problem: Problem): { readonly basic: readonly Cascade[]; readonly order: readonly Cascade[] } {
  const states = listStates(problem.predicate, problem.classes)!;
  return { basic: toEnd(searchBasic(problem)), order: toEnd(searchOrder(problem, states)) };
}

interface Worth {
  readonly cost: number;
  readonly accuracy: number;
}

function expectSame(choice: Choice, expected: Worth | null, goal: Goal): void {
  if (choice.kind === 'missed' || expected === null) {
    expect([choice.kind, expected], JSON.stringify(goal)).toEqual(['missed', null]);
    return;
  }
  expect(choice.cascade.cost).toBeCloseTo(expected.cost, 9);
  expect(choice.cascade.accuracy).toBeCloseTo(expected.accuracy, 9);
}

function bestOf(plans: readonly Worth[], goal: Goal): Worth | null {
  const fitting = plans.filter(({ cost, accuracy }) => {
    if (goal.kind === 'maxCost') return cost <= goal.cost + 1e-9;
    return goal.kind === 'best' || accuracy >= goal.accuracy - 1e-9;
  });
  const better = (a: Worth, b: Worth) => {
    const [cheaper, moreAccurate] = [a.cost - b.cost, b.accuracy - a.accuracy];
    const [first, second] = goal.kind === 'minAccuracy' ? [cheaper, moreAccurate] : [moreAccurate, cheaper];
    return Math.abs(first) > 1e-9 ? first : second;
  };
  return fitting.sort(better)[0] ?? null;
}

interface Plan {
  readonly basicCost: number;
  readonly orderCost: number;
  readonly accuracy: number;
}

/** Every ordered partition of the classes with every choice of models. */
function allPlans({ predicate, classes, models, presence }: Problem): readonly Plan[] {
  if (presence.kind !== 'independent') throw new Error('independent presence expected');
  const pictures = product(classes.map(({ starts }) => [0, ...starts])).map((shown) => ({
    shown,
    share: shown.reduce((share, count, index) => {
      const cell = [0, ...classes[index]!.starts].indexOf(count);
      return share * presence.shares[index]![cell]!;
    }, 1),
  }));
  const needs = (answered: readonly number[], asked: readonly number[]) =>
    pictures
      .filter(({ shown }) => asked.some((index) => canChange(predicate, classes, shown, answered, index)))
      .reduce((sum, { share }) => sum + share, 0);
  const known = new Map<string, number>();
  const reach = (answered: readonly number[], asked: readonly number[]) => {
    const key = `${[...answered].sort()}|${[...asked].sort()}`;
    if (!known.has(key)) known.set(key, needs(answered, asked));
    return known.get(key)!;
  };
  const plans: Plan[] = [];
  const extend = (
    answered: readonly number[],
    used: readonly string[],
    basicCost: number,
    orderCost: number,
    accuracy: number,
  ): void => {
    if (answered.length === classes.length) plans.push({ basicCost, orderCost, accuracy });
    for (const asked of subsetsOf(classes.map((_, index) => index).filter((index) => !answered.includes(index)))) {
      const share = reach(answered, asked);
      for (const model of models) {
        const own = asked.map((index) => {
          const { name, starts } = classes[index]!;
          return starts.some((start) => start !== 1) && !model.counts ? undefined : model.accuracies.get(name);
        });
        if (own.includes(undefined)) continue;
        const product = own.reduce<number>((value, next) => value * next!, accuracy);
        const basic = used.includes(model.name) ? basicCost : basicCost + model.cost;
        extend([...answered, ...asked], [...used, model.name], basic, orderCost + share * model.cost, product);
      }
    }
  };
  extend([], [], 0, 0, 1);
  return plans;
}

/** Whether some completion of the answers makes the class at `index` decide. */
function canChange(
  predicate: Predicate,
  classes: Problem['classes'],
  shown: readonly number[],
  answered: readonly number[],
  index: number,
): boolean {
  const others = classes.map(({ starts }, own) =>
    answered.includes(own) ? [shown[own]!] : own === index ? [0] : [0, ...starts],
  );
  return product(others).some((counts) => {
    const values = [0, ...classes[index]!.starts].map((count) =>
      truthOf(predicate, (name) => {
        const own = classes.findIndex((asked) => asked.name === name);
        return own === index ? count : counts[own]!;
      }),
    );
    return new Set(values).size > 1;
  });
}

function agreementByHand({ predicate, classes, presence }: Problem, { steps }: Cascade): number {
  if (presence.kind !== 'independent') throw new Error('independent presence expected');
  const cells = product(classes.map(({ starts }) => [...starts.keys(), starts.length]));
  const holds = (own: readonly number[]) =>
    truthOf(predicate, (name) => {
      const index = classes.findIndex((asked) => asked.name === name);
      return own[index] === 0 ? 0 : classes[index]!.starts[own[index]! - 1]!;
    });
  let agreement = 0;
  for (const real of cells)
    for (const answer of cells) {
      if (holds(real) !== holds(answer)) continue;
      agreement += classes.reduce((share, { name, starts }, index) => {
        const right = steps.find((step) => step.classes.includes(name))!.model.accuracies.get(name)!;
        const given = real[index] === answer[index] ? right : (1 - right) / starts.length;
        return share * presence.shares[index]![real[index]!]! * given;
      }, 1);
    }
  return agreement;
}

function product(lists: readonly (readonly number[])[]): readonly (readonly number[])[] {
  return lists.reduce<number[][]>((found, list) => found.flatMap((head) => list.map((item) => [...head, item])), [[]]);
}

function subsetsOf(items: readonly number[]): readonly (readonly number[])[] {
  return Array.from({ length: (1 << items.length) - 1 }, (_, set) => items.filter((_, bit) => ((set + 1) >> bit) & 1));
}
