import type { AnswerEntry, AnswerStore, StoredAnswer } from '../../../answer-store.ts';
import type { AskedModel, Seen } from './asked-model.ts';

/** What models have answered about pictures to earlier statements, or to an earlier attempt of this one. */
export interface EarlierAnswers {
  /** By picture and model; null: the model has to be asked. */
  read(imageDigests: readonly string[]): Promise<readonly ReadonlyMap<AskedModel, Seen>[]>;
  add(model: AskedModel, imageDigest: string, seen: Seen): void;
  /** Stores what was added. */
  flush(): Promise<void>;
}

/** Answers that are stored together. */
const storedAtOnce = 64;

/** @param store null: nothing is read or stored */
export function earlierAnswers(
  store: AnswerStore | null,
  models: readonly AskedModel[],
  confidence: number,
): EarlierAnswers {
  const storable = [...new Set(models)].flatMap((model) => (model.key === null ? [] : [{ model, key: model.key }]));
  if (store === null || storable.length === 0) return nothing;
  let added: AnswerEntry[] = [];
  let storing: Promise<void> = Promise.resolve();
  const flush = () => {
    const entries = added;
    added = [];
    if (entries.length > 0) storing = storing.then(() => store.write(entries));
    return storing;
  };
  return {
    read: async (imageDigests) => {
      const keys = imageDigests.flatMap((imageDigest) => storable.map(({ key }) => ({ ...key, imageDigest })));
      const answers = await store.read(keys, confidence);
      return imageDigests.map((_, picture) => {
        const own = storable.map(({ model }, at) => [model, answers[picture * storable.length + at]!] as const);
        return new Map(own.flatMap(([model, answer]) => (answer === null ? [] : [[model, seenOf(answer)] as const])));
      });
    },
    add: (model, imageDigest, seen) => {
      if (model.key === null) return;
      added.push({ key: { ...model.key, imageDigest }, answer: { floor: model.floor, scores: scoresOf(seen) } });
      if (added.length >= storedAtOnce) void flush();
    },
    flush,
  };
}

const nothing: EarlierAnswers = {
  read: async (imageDigests) => imageDigests.map(() => new Map()),
  add: () => {},
  flush: async () => {},
};

function scoresOf(seen: Seen): StoredAnswer['scores'] {
  const byClass = Map.groupBy(seen, ({ classId }) => classId);
  return new Map([...byClass].map(([classId, own]) => [classId, own.map(({ score }) => score)]));
}

function seenOf({ scores }: StoredAnswer): Seen {
  return [...scores]
    .flatMap(([classId, own]) => own.map((score) => ({ classId, score })))
    .sort((one, other) => other.score - one.score);
}
