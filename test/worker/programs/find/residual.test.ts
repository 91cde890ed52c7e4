import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../src/demo/scenes/random.ts';
import { askedClasses, type Predicate, truthOf } from '../../../../src/programs/predicate/predicate.ts';
import { residualOf } from '../../../../src/worker/programs/find/residual.ts';
import { model, randomCascade, randomPredicate } from './cascades.ts';

const classes = ['a', 'b', 'c', 'd'];
const models = [1, 2, 3].map((number) => ({ model: model(`m${number}`, `/models/${number}.onnx`), knows: classes }));

/** Every way to answer for the open classes, with numbers around all bounds. */
function* answersOf(names: readonly string[]): Generator<ReadonlyMap<string, number>> {
  const [name, ...others] = names;
  if (name === undefined) return yield new Map();
  for (let count = 0; count <= 6; count++)
    for (const rest of answersOf(others)) yield new Map([...rest, [name, count]]);
}

/** Whether different answers for some open classes give different values. */
function isOpen(predicate: Predicate, counts: ReadonlyMap<string, number>): boolean {
  const open = askedClasses(predicate).filter(({ name }) => !counts.has(name));
  const values = [...answersOf(open.map(({ name }) => name))].map((more) =>
    truthOf(predicate, (name) => counts.get(name) ?? more.get(name)!),
  );
  return new Set(values).size > 1;
}

describe('what remains to be asked of a picture', () => {
  it('is a model as long as answers can differ, and none afterwards; the row is that of all answers', () => {
    for (let seed = 1; seed <= 150; seed++) {
      const random = createRandom(seed);
      const predicate = randomPredicate(random, classes, 2);
      const cascade = randomCascade(random, predicate, models);
      const residual = residualOf(cascade);
      const truth = new Map(classes.map((name) => [name, random.count(0, 4)]));
      const counts = new Map<string, number>();
      for (let next = residual.next(counts); next !== null; next = residual.next(counts)) {
        expect(isOpen(predicate, counts)).toBe(true);
        const { classes: own } = cascade.models[next]!;
        expect(own.some((name) => counts.has(name))).toBe(false);
        for (const name of own) counts.set(name, truth.get(name)!);
      }
      expect(isOpen(predicate, counts)).toBe(false);
      const asked = askedClasses(predicate).map(({ name }) => counts.get(name) ?? null);
      expect(residual.row(counts)).toEqual(truthOf(predicate, (name) => truth.get(name)!) ? asked : null);
    }
  });

  it('is told by the form of a predicate with too many states to list', () => {
    const names = Array.from({ length: 24 }, (_, at) => `class ${at}`);
    const leaf = (name: string) => ({ kind: 'count', class: name, least: 1, most: null }) as const;
    const half = names.length / 2;
    const cascade = {
      predicate: {
        kind: 'all',
        of: [
          { kind: 'any', of: names.slice(0, half).map(leaf) },
          { kind: 'any', of: names.slice(half).map(leaf) },
        ],
      } as const,
      models: [names.slice(0, half), names.slice(half)].map((own, at) => model(`m${at}`, `${at}`, { classes: own })),
    };
    const residual = residualOf(cascade);
    expect(residual.next(new Map())).toBe(0);
    const none = names.slice(0, half).map((name) => [name, 0] as const);
    expect(residual.next(new Map(none))).toBe(null);
    expect(residual.row(new Map(none))).toBe(null);
    expect(residual.next(new Map([...none, ['class 3', 2]]))).toBe(1);
  });
});
