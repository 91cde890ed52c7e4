import { createRandom } from '../../src/demo/scenes/random.ts';
import type { Predicate } from '../../src/programs/predicate/predicate.ts';
import { classNames } from './classes.ts';

export interface Question {
  readonly name: string;
  readonly predicate: Predicate;
}

const has = (name: string): Predicate => ({ kind: 'count', class: name, least: 1, most: null });
const all = (...of: readonly Predicate[]): Predicate => ({ kind: 'all', of });
const any = (...of: readonly Predicate[]): Predicate => ({ kind: 'any', of });

/** The thesis's forms, with the classes in the order in which they are named. */
const forms = [
  { name: 'Q1', classes: 2, of: ([a, b]: Leaves) => any(a!, b!) },
  { name: 'Q2', classes: 4, of: ([a, b, c, d]: Leaves) => all(all(a!, b!), any(c!, d!)) },
  { name: 'Q3', classes: 4, of: ([a, b, c, d]: Leaves) => all(any(a!, b!), any(c!, d!)) },
  { name: 'Q4', classes: 3, of: ([a, b, c]: Leaves) => all(a!, any(b!, c!)) },
] as const;

type Leaves = readonly Predicate[];

/**
 * The classes of Q1 to Q4. Only the text of Q2 is at hand. Q1 and Q3 are the only predicates of their form that hold for as many images of
 * COCO val2017 as the thesis says with and without brackets; Q4 is one of four such (76 and 164 images).
 */
const thesisClasses = [
  ['person', 'book'],
  ['cup', 'person', 'remote', 'bird'],
  ['dining table', 'person', 'clock', 'handbag'],
  ['dog', 'person', 'kite'],
] as const;

export const thesisQuestions: readonly Question[] = forms.map(({ name, of }, index) => ({
  name,
  predicate: of(thesisClasses[index]!.map(has)),
}));

/** Questions of the thesis's forms about any classes. */
export function drawnQuestions(count: number): readonly Question[] {
  const random = createRandom(count);
  return Array.from({ length: count }, (_, index) => {
    const { name, classes, of } = forms[index % forms.length]!;
    return { name, predicate: of(random.shuffle(classNames).slice(0, classes).map(has)) };
  });
}

/** A question about many classes: pairs, of which every second one may show either. @param round another question each time */
export function largeQuestion(classes: number, round: number): Question {
  const chosen = createRandom(1000 * classes + round)
    .shuffle(classNames)
    .slice(0, classes)
    .map(has);
  const pairs = Array.from({ length: Math.ceil(classes / 2) }, (_, pair) => chosen.slice(2 * pair, 2 * pair + 2));
  const parts = pairs.map((pair, at) => (at % 2 === 0 ? any(...pair) : all(...pair)));
  return { name: `${classes} classes`, predicate: round % 2 === 0 ? all(...parts) : any(...parts) };
}
