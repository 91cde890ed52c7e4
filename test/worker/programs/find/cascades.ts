import { readFile, writeFile } from 'node:fs/promises';
import type { AnswerKey, AnswerStore, StoredAnswer } from '../../../../src/answer-store.ts';
import type { Random } from '../../../../src/demo/scenes/random.ts';
import type { CascadeModel, CascadeSetting } from '../../../../src/programs/cascade.ts';
import { askedClasses, type Predicate } from '../../../../src/programs/predicate/predicate.ts';
import type { SettingsOf } from '../../../../src/programs/programs.ts';
import { len, message, nested } from '../../protobuf-message.ts';

export const findSettings: Omit<SettingsOf<'find'>, 'cascade'> = {
  image_dir: '/datasets',
  image_column: null,
  confidence: 0.25,
  iou: null,
  max_detections: null,
  reuse: true,
  labels: null,
  batch: null,
  device: 'cpu',
};

/** A model of a cascade, before it is known what it is asked. */
export function model(name: string, file: string, changes: Partial<CascadeModel> = {}): CascadeModel {
  const nothing = { reference: null, classNames: null, simulation: null, classes: [], reach: 1, cost: null };
  return { name, file, kind: 'detector', ...nothing, ...changes };
}

/** A copy of a model with another size of its input: the last entry of its metadata counts. */
export async function writeVariation(from: string, to: string, side: number): Promise<void> {
  const entry = message((whole) =>
    nested(whole, 14, (each) => each.tag(1, len).string('imgsz').tag(2, len).string(`[${side}, ${side}]`)),
  );
  await writeFile(to, Buffer.concat([await readFile(from), entry]));
}

/** An expression over at most so many of the classes; some of its leaves are counts. */
export function randomPredicate(random: Random, classes: readonly string[], depth = 3): Predicate {
  if (depth === 0 || random.chance(0.3)) {
    const least = random.chance(0.7) ? 1 : random.count(0, 3);
    const most = random.chance(0.85) ? null : least + random.count(0, 2);
    return { kind: 'count', class: random.pick(classes), least, most };
  }
  if (random.chance(0.2)) return { kind: 'not', of: randomPredicate(random, classes, depth - 1) };
  const of = Array.from({ length: random.count(2, 3) }, () => randomPredicate(random, classes, depth - 1));
  return { kind: random.pick(['all', 'any']), of };
}

/** Each class of the predicate goes to one of the models that know it, and the models stand in any order. */
export function randomCascade(
  random: Random,
  predicate: Predicate,
  models: readonly { readonly model: CascadeModel; readonly knows: readonly string[] }[],
): CascadeSetting {
  const shared = Map.groupBy(askedClasses(predicate), ({ name }) =>
    random.pick(models.filter(({ knows }) => knows.includes(name))),
  );
  const asked = [...shared].map(([{ model }, classes]) => ({ ...model, classes: classes.map(({ name }) => name) }));
  return { predicate, models: random.shuffle(asked) };
}

/** A stand-in for the system schema, which tells what it is asked and given. */
export function memoryStore() {
  const answers = new Map<string, StoredAnswer>();
  const nameOf = (key: AnswerKey) => JSON.stringify(Object.entries(key).toSorted());
  const counts = { read: 0, found: 0, written: 0 };
  const store: AnswerStore = {
    read: async (keys, confidence) =>
      keys.map((key) => {
        const answer = answers.get(nameOf(key)) ?? null;
        counts.read++;
        if (answer === null || answer.floor > confidence) return null;
        counts.found++;
        return answer;
      }),
    write: async (entries) => {
      for (const { key, answer } of entries) {
        counts.written++;
        answers.set(nameOf(key), answer);
      }
    },
  };
  return { store, counts };
}
