import { existsSync } from 'node:fs';
import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { AnswerStore } from '../../../../src/answer-store.ts';
import { createRandom } from '../../../../src/demo/scenes/random.ts';
import type { CascadeModel, CascadeSetting } from '../../../../src/programs/cascade.ts';
import { askedClasses, truthOf } from '../../../../src/programs/predicate/predicate.ts';
import type { SettingsOf } from '../../../../src/programs/programs.ts';
import { openClassify } from '../../../../src/worker/programs/classify/open-classify.ts';
import { openDetect } from '../../../../src/worker/programs/detect/open-detect.ts';
import { type AskedModel, openModels } from '../../../../src/worker/programs/find/asked-model.ts';
import { findWith, openFind } from '../../../../src/worker/programs/find/open-find.ts';
import type { DoneRow, InputRow, Outcome, ProgramPlace } from '../../../../src/worker/row-program.ts';
import { scenes, usePictures } from '../../../pictures.ts';
import { onnxModel } from '../../onnx-model.ts';
import { classifySettings, detectSettings } from '../program-settings.ts';
import { findSettings, memoryStore, model, randomCascade, randomPredicate, writeVariation } from './cascades.ts';

const log = pino({ level: 'silent' });
const rowsOf = (names: readonly string[]): readonly InputRow[] => names.map((name) => [Buffer.from(name)]);

/** What one model says of every picture: counts by class, as TO RUN would give them. */
type Answers = ReadonlyMap<string, readonly ReadonlyMap<string, number>[]>;

/** Every model is asked about every picture, by the programs of TO RUN. */
async function askAll(
  models: readonly CascadeModel[],
  names: readonly string[],
  place: ProgramPlace,
  confidence: number,
): Promise<Answers> {
  const answers = new Map<string, readonly ReadonlyMap<string, number>[]>();
  for (const { name, file, kind, simulation } of models) {
    const simulated = {
      latency: simulation?.latency ?? null,
      accuracy: simulation?.accuracy ?? null,
      class_coverage: simulation?.classCoverage?.map(String) ?? null,
    };
    const program =
      kind === 'detector'
        ? await openDetect({ ...detectSettings, ...simulated, model: file, confidence }, place)
        : await openClassify({ ...classifySettings, model: file, top: 1 }, place);
    const outcomes = await program.process(rowsOf(names));
    await program.close();
    answers.set(
      name,
      outcomes.map((outcome) => {
        const seen = Map.groupBy((outcome as DoneRow).outputs, ([, className]) => String(className));
        return new Map([...seen].map(([className, own]) => [className, own.length]));
      }),
    );
  }
  return answers;
}

/** Rows of outcomes: null is a picture that does not show what is asked for. */
function foundRows(outcomes: readonly Outcome[]) {
  return outcomes.map((outcome) => {
    if ('error' in outcome) throw new Error(outcome.error.message);
    expect(outcome.outputs.length).toBeLessThanOrEqual(1);
    return outcome.outputs[0] ?? null;
  });
}

/** A cascade answers what asking every model about every picture answers, and asks no model without need. */
function expectSame(cascade: CascadeSetting, outcomes: readonly Outcome[], answers: Answers): void {
  const { predicate, models } = cascade;
  const modelOf = new Map(models.flatMap((each) => each.classes.map((name) => [name, each.name] as const)));
  const classes = askedClasses(predicate).map(({ name }) => name);
  for (const [picture, row] of foundRows(outcomes).entries()) {
    const countOf = (name: string) => answers.get(modelOf.get(name)!)![picture]!.get(name) ?? 0;
    const asked = (outcomes[picture] as DoneRow).asked!.map((each) => each.model);
    const isFound = truthOf(predicate, countOf);
    const known = classes.map((name) =>
      asked.some((at) => models[at]!.classes.includes(name)) ? countOf(name) : null,
    );
    expect(row).toEqual(isFound ? known : null);
    expect(asked).toEqual([...new Set(asked)].toSorted((a, b) => a - b));
  }
}

describe('TO FIND on scenes', () => {
  const pictures = usePictures();
  const names = [...scenes, 'blank.jpg'];
  const { signal } = new AbortController();
  const place = (answers: AnswerStore | null = null): ProgramPlace => ({
    ...pictures,
    threads: 1,
    answers,
    log,
    signal,
  });
  const variations: readonly CascadeModel[] = [
    model('medium', '/datasets/medium.onnx'),
    model('small', '/datasets/small.onnx'),
    model('erring', '/datasets/small.onnx', { simulation: { latency: null, accuracy: 0.6, classCoverage: null } }),
    model('partial', '/datasets/large.onnx', {
      simulation: { latency: null, accuracy: null, classCoverage: [0, 2, 41] },
    }),
    model('colours', '/datasets/colours.onnx', { kind: 'classifier' }),
  ];
  const colours = ['red', 'green', 'blue'];
  let answers: Answers;
  let seen: readonly string[];
  let opened: readonly AskedModel[];

  beforeAll(async () => {
    const demo = join(pictures.volumes['/models']!, 'demo.onnx');
    for (const [name, side] of [
      ['small', 96],
      ['medium', 128],
      ['large', 160],
    ] as const)
      await writeVariation(demo, join(pictures.folder, `${name}.onnx`), side);
    await writeFile(
      join(pictures.folder, 'colours.onnx'),
      onnxModel({
        input: ['batch', 3, 32, 32],
        outputs: [{ dims: ['batch' as unknown as number, 3] }],
        chain: ['GlobalAveragePool', 'Flatten'],
        metadata: { names: "['red', 'green', 'blue']" },
      }),
    );
    answers = await askAll(variations, names, place(), 0.25);
    seen = [...new Set([...answers.values()].flatMap((own) => own.flatMap((each) => [...each.keys()])))]
      .filter((name) => !colours.includes(name))
      .slice(0, 9);
    opened = await openModels({ ...findSettings, cascade: { predicate: nothing, models: variations } }, place());
  });
  afterAll(() => Promise.all((opened ?? []).map(({ inference }) => inference.close())));

  const nothing = { kind: 'any', of: [] } as const;
  const known = () =>
    variations.map((each) => ({
      model: each,
      knows: each.kind === 'classifier' ? colours : [...seen, 'no such thing'],
    }));

  /** A program over models that stay open. */
  async function withOpen(
    cascade: CascadeSetting,
    changes: Partial<SettingsOf<'find'>> = {},
    store: AnswerStore | null = null,
  ) {
    const own = cascade.models.map(({ name }) => opened[variations.findIndex((each) => each.name === name)]!);
    const kept = own.map((each) => ({ ...each, inference: { ...each.inference, close: async () => {} } }));
    return findWith(kept, { ...findSettings, ...changes, cascade }, place(store));
  }

  it.each([Number.NaN, Number.POSITIVE_INFINITY])(
    'fails the pictures for which a model gives %s, and only these',
    async (value) => {
      await writeFile(
        join(pictures.folder, 'unsure.onnx'),
        onnxModel({
          input: ['batch', 3, 32, 32],
          outputs: [{ dims: [1, 3], values: Float32Array.of(1, value, 0) }],
          metadata: { names: "['red', 'green', 'blue']" },
        }),
      );
      const count = (name: string) => ({ kind: 'count', class: name, least: 1, most: null }) as const;
      const models = [
        { ...variations[0]!, classes: ['no such thing'] },
        model('unsure', '/datasets/unsure.onnx', { kind: 'classifier', classes: ['red'] }),
      ];
      const [first = ''] = names;
      const process = async (kind: 'all' | 'any') => {
        const cascade: CascadeSetting = { predicate: { kind, of: [count('no such thing'), count('red')] }, models };
        const program = await openFind({ ...findSettings, cascade }, place());
        return program.process(rowsOf([first])).finally(() => program.close());
      };
      // The first model decides it: the second is not asked.
      expect(foundRows(await process('all'))).toEqual([null]);
      expect(await process('any')).toMatchObject([
        { error: { code: 'MODEL_OUTPUT_INVALID', message: expect.stringContaining('infinite or not a number') } },
      ]);
    },
  );

  it('answers 200 random expressions as if every model were asked about every picture', async () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = createRandom(seed);
      const predicate = randomPredicate(random, [
        ...random.shuffle(seen).slice(0, 4),
        random.pick(colours),
        'no such thing',
      ]);
      const cascade = randomCascade(random, predicate, known());
      const program = await withOpen(cascade);
      // Two pages at once, as the row machinery has them.
      const middle = random.count(0, names.length);
      const pages = [names.slice(0, middle), names.slice(middle)].map((page) => program.process(rowsOf(page)));
      expectSame(cascade, (await Promise.all(pages)).flat(), answers);
      await program.close();
    }
  });

  /** A question that every model of a chain is asked about. */
  const chain = (): CascadeSetting => {
    const models = variations.slice(0, 3).map((each, at) => ({ ...each, classes: [seen[at]!] }));
    const leaf = (name: string) => ({ kind: 'count', class: name, least: 0, most: 0 }) as const;
    return {
      predicate: { kind: 'any', of: models.map(({ classes: [name] }) => ({ kind: 'not', of: leaf(name!) })) },
      models,
    };
  };

  it('asks a model nothing that is stored, also at a higher confidence, and stores what it asks', async () => {
    const { store, counts } = memoryStore();
    const cascade = chain();
    const run = async (changes: Partial<SettingsOf<'find'>> = {}) => {
      const program = await withOpen(cascade, changes, store);
      const outcomes = await program.process(rowsOf(names));
      return outcomes.flatMap((outcome) => (outcome as DoneRow).asked ?? []);
    };
    const first = await run();
    const storable = first.filter(({ model: at }) => cascade.models[at]!.simulation === null);
    expect(first.filter(({ isStored }) => isStored)).toEqual([]);
    expect(counts).toMatchObject({ found: 0, written: storable.length });
    for (const confidence of [0.25, 0.5, 0.1]) {
      const again = await run({ confidence });
      expect(again.filter(({ model: at, isStored }) => isStored !== (cascade.models[at]!.simulation === null))).toEqual(
        [],
      );
    }
    expect(counts.written).toBe(storable.length);
    expectSame(cascade, await (await withOpen(cascade, {}, store)).process(rowsOf(names)), answers);
    const lower = await run({ confidence: 0.05 });
    expect(lower.some(({ isStored }) => isStored)).toBe(false);
  });

  it('neither reads nor stores answers with reuse = false', async () => {
    const { store, counts } = memoryStore();
    const program = await withOpen(chain(), { reuse: false }, store);
    expectSame(chain(), await program.process(rowsOf(names)), answers);
    expect(counts).toEqual({ read: 0, found: 0, written: 0 });
  });

  it('asks a model that is asked twice once about each picture', async () => {
    const [medium] = variations;
    const cascade: CascadeSetting = {
      predicate: {
        kind: 'any',
        of: seen.slice(0, 2).map((name) => ({ kind: 'count', class: name, least: 40, most: null })),
      },
      models: seen.slice(0, 2).map((name) => ({ ...medium!, classes: [name] })),
    };
    const program = await openFind({ ...findSettings, cascade }, place());
    const asked = (await program.process(rowsOf(names))).map((outcome) => (outcome as DoneRow).asked);
    await program.close();
    expect(asked.map((own) => own?.map(({ isStored }) => isStored))).toEqual(names.map(() => [false, true]));
  });

  it('counts only as many of the best objects as max_detections allows', async () => {
    const [medium] = variations;
    const [name = ''] = seen;
    const cascade: CascadeSetting = {
      predicate: { kind: 'count', class: name, least: 0, most: 40 },
      models: [{ ...medium!, classes: seen }],
    };
    const all = await askAll([medium!], names, place(), 0.25);
    const program = await openFind({ ...findSettings, max_detections: 1, cascade }, place());
    const rows = foundRows(await program.process(rowsOf(names)));
    await program.close();
    const most = all.get(medium!.name)!.map((own) => Math.min(1, own.get(name) ?? 0));
    expect(rows.every((row, at) => Number(row?.[0] ?? 0) <= most[at]!)).toBe(true);
  });

  it('fails pictures that cannot be read or decoded, and decides the others', async () => {
    await writeFile(join(pictures.folder, 'broken.jpg'), 'no picture');
    const [one = '', other = ''] = names;
    const program = await withOpen(chain());
    const outcomes = await program.process(rowsOf([one, 'broken.jpg', 'missing.jpg', other]));
    const codes = outcomes.map((outcome) => ('error' in outcome ? outcome.error.code : null));
    expect(codes).toEqual([null, 'IMAGE_BROKEN', 'IMAGE_MISSING', null]);
  });

  it('asks nobody about an expression that is always true', async () => {
    const leaf = { kind: 'count', class: seen[0]!, least: 1, most: null } as const;
    const predicate = { kind: 'any', of: [leaf, { kind: 'not', of: leaf }] } as const;
    const program = await withOpen({ predicate, models: [{ ...variations[0]!, classes: [seen[0]!] }] });
    expect(foundRows(await program.process(rowsOf(names)))).toEqual(names.map(() => [null]));
  });
});

const real = join(import.meta.dirname, '../../../../../shared/real');

describe.skipIf(!existsSync(real))('TO FIND on 64 real photos (skipped where ../shared/real is missing)', () => {
  let folder: string;
  let photos: readonly string[];
  const models = [model('yolov5n', '/models/yolov5n-320.onnx'), model('coarse', '/models/yolov5n-224.onnx')];
  const place = (answers: AnswerStore | null): ProgramPlace => ({
    volumes: { '/datasets': join(real, 'images'), '/models': folder },
    signal: new AbortController().signal,
    threads: 2,
    answers,
    log,
  });

  beforeAll(async () => {
    folder = await mkdtemp(join(inject('serversFolder'), 'real-'));
    photos = (await readdir(join(real, 'images'))).toSorted();
    for (const side of [320, 224])
      await writeVariation(join(real, 'models/yolov5n.onnx'), join(folder, `yolov5n-${side}.onnx`), side);
  });

  it('answers 200 random expressions as if every model were asked about every photo', async () => {
    const answers = await askAll(models, photos, place(null), 0.25);
    const often = [...answers.get('yolov5n')!.flatMap((each) => [...each.keys()])];
    const counted = Map.groupBy(often, (name) => name);
    const seen = [...counted].toSorted(([, a], [, b]) => b.length - a.length).map(([name]) => name);
    const { store, counts } = memoryStore();
    const setting = { predicate: { kind: 'any', of: [] } as const, models };
    const opened = await openModels({ ...findSettings, cascade: setting }, place(store));
    for (let seed = 1; seed <= 200; seed++) {
      const random = createRandom(seed);
      const predicate = randomPredicate(random, random.shuffle(seen.slice(0, 12)).slice(0, 4));
      const cascade = randomCascade(
        random,
        predicate,
        models.map((each) => ({ model: each, knows: seen })),
      );
      const own = cascade.models.map(({ name }) => opened[models.findIndex((each) => each.name === name)]!);
      const program = await findWith(own, { ...findSettings, cascade }, place(store));
      expectSame(cascade, await program.process(rowsOf(photos)), answers);
    }
    await Promise.all(opened.map(({ inference }) => inference.close()));
    // Each model is asked once about each photo, at most.
    expect(counts.written).toBeLessThanOrEqual(models.length * photos.length);
  });
});
