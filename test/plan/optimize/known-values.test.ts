import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { chooseBaseline } from '../../../src/plan/optimize/baseline.ts';
import { searchBasic } from '../../../src/plan/optimize/basic.ts';
import { chooseCascade } from '../../../src/plan/optimize/choose.ts';
import { searchOrder } from '../../../src/plan/optimize/order.ts';
import { jointPresence } from '../../../src/plan/optimize/presence.ts';
import type { Cascade, Choice, Goal } from '../../../src/plan/optimize/problem.ts';
import { askedClasses, openClasses, type Predicate, truthOf } from '../../../src/programs/predicate/predicate.ts';
import { listStates } from '../../../src/programs/predicate/states.ts';
import { all, any, counts, has, independentPresence, not, toEnd } from './problems.ts';

const shared = new URL('../../../../shared/data/', import.meta.url);
const present = existsSync(shared);

const classNames = (() => {
  if (!present) return [];
  return readFileSync(new URL('coco_classes.csv', shared), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',')[2]!);
})();

const pictures = (() => {
  if (!present) return [];
  const lines = readFileSync(new URL('coco_val2017_boxes.txt', shared), 'utf8').trim().split('\n');
  const shown = lines.map((line) => {
    const counts = new Map<string, number>();
    for (const box of line.split(' ').slice(1)) {
      const name = classNames[Number(box.split(',')[4])]!;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return counts;
  });
  return [...shown, ...Array.from({ length: 5000 - shown.length }, () => new Map<string, number>())];
})();

const models = (() => {
  if (!present) return [];
  const lines = readFileSync(new URL('model_repository.csv', shared), 'utf8').trim().split('\n').slice(1);
  return lines.map((line) => {
    const [id, model, latency, accuracy, , unique] = line.split(',');
    const known = unique!.split(' ').map((index) => [classNames[Number(index)]!, Number(accuracy)] as const);
    return {
      name: `${model}-${id!.padStart(3, '0')}`,
      cost: Number(latency),
      accuracies: new Map(known),
      counts: true,
    };
  });
})();

// Appendix B of the thesis and FIND.md's values for its second predicate.
test.skipIf(!present)('the plans of the three strategies cost and are as accurate as FIND.md says', () => {
  const predicate = all(all(has('cup'), has('person')), any(has('remote'), has('bird')));
  const classes = askedClasses(predicate);
  const presence = independentPresence(classes, pictures);
  const problem = { predicate, classes, models, presence };
  const basic = toEnd(searchBasic(problem));
  const order = toEnd(searchOrder(problem, listStates(predicate, classes)!));
  const choose = (goal: Goal) =>
    [chooseBaseline(problem, goal), chooseCascade(basic, goal), chooseCascade(order, goal)].map(chosen);

  const affordable = choose({ kind: 'maxCost', cost: 50 });
  const accurate = choose({ kind: 'minAccuracy', accuracy: 0.9 });

  expect(affordable.map(({ accuracy }) => Number(accuracy.toFixed(4)))).toEqual([0.9409, 0.9604, 1]);
  expect(accurate.map(({ cost }) => Number(cost.toFixed(4)))).toEqual([45, 15, 5.7001]);
});

// FIND.md has the number of pictures of val2017 for the thesis's predicates as printed, with brackets, and without them; only the second
// predicate's text is at hand. The first and third are the only ones of their form that have the thesis's two numbers.
test.skipIf(!present)('brackets decide which pictures a predicate holds for', () => {
  const [cup, person, remote, bird, book] = ['cup', 'person', 'remote', 'bird', 'book'].map(has) as Leaves;
  const [table, clock, handbag] = ['dining table', 'clock', 'handbag'].map(has) as Leaves;
  const count = (predicate: Predicate) =>
    pictures.filter((shown) => truthOf(predicate, (name) => shown.get(name) ?? 0)).length;

  expect(count(any(person, book))).toBe(2824);
  expect(count(all(all(cup, person), any(remote, bird)))).toBe(19);
  expect(count(any(all(cup, person, remote), bird))).toBe(140);
  expect(count(all(any(table, person), any(clock, handbag)))).toBe(354);
  expect(count(any(table, all(person, clock), handbag))).toBe(820);
});

type Leaves = [Predicate, Predicate, Predicate, Predicate, Predicate];

test.skipIf(!present)(
  'the predicted cost of a plan is what its steps cost on the pictures that its presence comes from',
  () => {
    const predicate = any(all(has('cup'), not(counts('person', 3, null))), all(has('bird'), has('remote')));
    const classes = askedClasses(predicate);
    const problem = { predicate, classes, models, presence: jointPresence(classes, pictures) };
    const states = listStates(predicate, classes)!;

    for (const { steps, cost } of toEnd(searchOrder(problem, states))) {
      const paid = pictures.map((shown) => costOf(steps, predicate, shown));
      expect(cost).toBeCloseTo(paid.reduce((sum, own) => sum + own, 0) / pictures.length, 9);
    }
  },
);

/** Asks the models of a plan one after the other about a picture, as long as the open classes can change the answer. */
function costOf(steps: Cascade['steps'], predicate: Predicate, shown: ReadonlyMap<string, number>): number {
  const answered = new Set<string>();
  let cost = 0;
  for (const { model, classes } of steps) {
    const open = openClasses(predicate, (name) => (answered.has(name) ? (shown.get(name) ?? 0) : null));
    if (classes.some((name) => open.has(name))) cost += model.cost;
    for (const name of classes) answered.add(name);
  }
  return cost;
}

function chosen(choice: Choice): Cascade {
  if (choice.kind === 'missed') throw new Error('no plan');
  return choice.cascade;
}
