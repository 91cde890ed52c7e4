import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { plotPlan } from '../../../src/cli/plot-plan.ts';
import type { MillraceError } from '../../../src/errors.ts';
import { explainPlan } from '../../../src/plan/explain.ts';
import type { RunStep } from '../../../src/plan/plan.ts';
import { readPlan } from '../../../src/plan/read-plan.ts';
import { askedClasses, type Predicate } from '../../../src/programs/predicate/predicate.ts';
import { explain } from '../../../src/service/explain.ts';
import { drawFindPlan } from '../../../src/service/find/plan-picture.ts';
import { searchInThread } from '../../../src/service/find/search-cascades.ts';
import { mariadb } from '../../database.ts';
import { planOf, useSession } from '../../use-session.ts';
import { register, simulate } from './repository.ts';

/** A problem with many models, each of which knows half of the classes. */
function manyClasses(count: number) {
  const names = Array.from({ length: count }, (_, index) => `class ${index}`);
  const predicate: Predicate = {
    kind: 'all',
    of: names.map((name) => ({ kind: 'count', class: name, least: 1, most: null })),
  };
  const classes = askedClasses(predicate);
  const models = Array.from({ length: 300 }, (_, model) => ({
    ...{ name: `m${model}`, cost: 1 + ((model * 37) % 101), counts: true },
    accuracies: new Map(
      names
        .filter((_, at) => (model * 7 + at * 3) % 5 < 3)
        .map((name, at) => [name, 0.7 + ((model * 13 + at) % 29) / 100]),
    ),
  }));
  const presence = { kind: 'independent', shares: classes.map((_, at) => [1 - at / 20, at / 20]) } as const;
  return { problem: { predicate, classes, models, presence } };
}

describe('TO FIND', () => {
  const test = useSession(mariadb);
  beforeAll(async () => {
    const models = [
      { name: 'small', cost: 5, classes: { person: [0.9, 0.5], dog: [0.8, 0.1] } },
      {
        name: 'large',
        cost: 40,
        classes: { person: [0.99, 0.5], dog: [0.97, 0.1], car: [0.95, 0.2], 'Polar Bear': [0.9, 0.01] },
      },
      { name: 'cars', cost: 8, classes: { car: [0.98, 0.2] } },
      { name: 'scene', kind: 'classifier', cost: 2, classes: { beach: [0.9, 0.3] } },
      { name: 'new', cost: null, isEvaluated: false, classes: { unicorn: [1, 0.5], person: [1, 0.5] } },
    ] as const;
    for (const model of models) await register(test.database, model);
    await simulate(test.database, 'slow', 'small', { latency: 50, accuracy: 0.7, classCoverage: [0] });
    await test.query('CREATE TABLE boxes (image_id INT, file_name VARCHAR(50), class_name VARCHAR(50))');
    await test.query(
      `INSERT INTO boxes VALUES (1, 'a', 'person'), (1, 'a', 'dog'), (2, 'b', 'Person'), (2, 'b', 'person'), (3, 'c', 'cat')`,
    );
  });

  const query = 'SELECT * FROM shot ORDER BY id LIMIT 10';
  const statement = (predicate: string, attributes = '', using = '') =>
    `${query} TO FIND ${predicate} WITH image_dir = '/datasets'${attributes && `, ${attributes}`} ${using} INTO found`;
  const stepOf = async (...asked: Parameters<typeof statement>) =>
    (await planOf(test.session, statement(...asked))).steps[0] as RunStep;
  const cascadeOf = async (...asked: Parameters<typeof statement>) => {
    const { program } = await stepOf(...asked);
    if (program.name !== 'find') throw new Error('not TO FIND');
    return program.settings.cascade.models.map(({ name, classes }) => `${name}: ${classes.join(', ')}`);
  };

  it('is planned as a cascade of models, with the plans of three strategies', async () => {
    const plan = await planOf(test.session, statement('PERSON AND dog AND NOT car >= 2', 'max_cost = 30'));
    expect(readPlan(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
    const [step] = plan.steps as [RunStep];
    expect(step.program.settings).toMatchObject({
      cascade: {
        predicate: { kind: 'all', of: [{ class: 'person' }, { class: 'dog' }, { kind: 'not', of: { least: 2 } }] },
        models: [
          { name: 'small', file: '/models/small.onnx', reference: { version: 1 }, classes: ['person'], cost: 5 },
          { name: 'large', classes: ['dog'], reach: 0.5, cost: 40 },
          { name: 'cars', classes: ['car'], kind: 'detector', cost: 8 },
        ],
      },
      confidence: 0.25,
      image_column: 'file_name',
      reuse: true,
    });
    const costs = Object.values(step.find!.strategies).map(({ cascade }) => cascade!.cost);
    expect(costs).toEqual([13, 13, 25.4]);
    const text = explainPlan(plan).replace(/of \d{4}-\d\d-\d\d/, 'of today');
    expect(text.slice(text.indexOf('  find'), text.indexOf('  finish'))).toBe(`\
  find      person AND dog AND NOT car >= 2, images in /datasets named by file_name
  keep      objects with scores of 0.25 or more, on cpu; stored answers are used
  goal      the highest accuracy for at most 30 ms an image; the strategy is order
  presence  evaluations over 1000 images of today; classes are taken to occur independently of each other
  note      how many objects of car images show is not known: each further one is taken to be half as likely
  strategy  baseline        basic           order *
  1.        small           small           small
            person, dog     person, dog     person
            100 % × 5 ms    100 % × 5 ms    100 % × 5 ms
  2.        cars            cars            large
            car             car             dog
            100 % × 8 ms    100 % × 8 ms    50 % × 40 ms
  3.                                        cars
                                            car
                                            5 % × 8 ms
  cost      13 ms an image  13 ms an image  25.4 ms an image
  accuracy  0.7056          0.7056          0.8555
  agreement 0.9036          0.9036          0.9772
  front     7 plans of order are worth having, from 5.4 ms with accuracy 0.7056 to 40.4 ms with accuracy 0.9411
`);
  });

  it('is drawn as a tree of models above the plans to choose from', async () => {
    const step = await stepOf('person AND (dog OR "polar bear") AND NOT car >= 2', 'max_cost = 30');
    const svg = drawFindPlan(step)!;
    const texts = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
    expect(texts.slice(0, 13)).toEqual([
      'TO FIND person AND (dog OR &quot;Polar Bear&quot;) AND NOT car &gt;= 2',
      'order: 25.44 ms an image, all answers right with probability 0.77',
      ...['100 % of the images', 'small, 5 ms', 'person', 'not shown: 50 %'],
      ...['50 % of the images still need it', 'large, 40 ms', 'dog, Polar Bear', 'not shown: 44.5 %'],
      ...['5.45 % of the images still need it', 'cars, 8 ms', 'car'],
    ]);
    expect(texts).toEqual(expect.arrayContaining(['found: 4.91 %', 'Accuracy and cost of the plans', 'order']));
    expect(texts).toContain('basic (misses the goal)');
    expect(svg).toBe(drawFindPlan(step));
  });

  it('is explained with its picture, which the command line writes to a file', async () => {
    const text = statement('person AND car', 'max_cost = 30');
    const program = await test.session.parse(text);
    const plan = await test.session.plan(program, test.session.actor);
    const explanation = await explain(test.session, test.session.submission(program, plan));
    const file = join(test.config.stateFolder, 'plan.svg');
    expect(await plotPlan(file, explanation)).toEqual([file]);
    expect(explanation.pictures).toEqual([{ step: 'step-1', svg: await readFile(file, 'utf8') }]);
    await expect(plotPlan(file, { ...explanation, pictures: [] })).rejects.toMatchObject({ code: 'NO_PICTURE' });
    expect(await test.session.classes()).toEqual(expect.arrayContaining(['Polar Bear', 'beach', 'car', 'person']));
  });

  it('takes the least cost for an accuracy, and the highest accuracy at any cost without a bound', async () => {
    expect(await cascadeOf('person', 'min_accuracy = 0.9')).toEqual(['small: person']);
    expect(await cascadeOf('person')).toEqual(['large: person']);
    expect(await cascadeOf('person', "strategy = 'baseline', max_cost = 39")).toEqual(['small: person']);
  });

  it('takes models without measurements and simulated ones only after USING, and says so', async () => {
    const { find } = await stepOf('person AND unicorn', '', 'USING new');
    expect(find!.notes).toEqual([
      'new was not measured on cpu: its cost is taken as 100 ms an image',
      'new was not evaluated for person, unicorn: its accuracy is taken as 0.5',
      'how many images show unicorn is not known: half of them are taken to, until an evaluation tells',
    ]);
    const { find: simulated, program } = await stepOf('person', '', 'USING slow');
    expect(simulated!.strategies.order.cascade).toMatchObject({ cost: 50, accuracy: 0.7 });
    expect(program.settings).toMatchObject({
      cascade: { models: [{ name: 'slow', file: '/models/small.onnx', cost: 50, simulation: { accuracy: 0.7 } }] },
    });
  });

  it('knows from labels which classes occur together', async () => {
    const { find } = await stepOf('person AND dog', 'labels = boxes');
    expect(find!.presence).toEqual({
      kind: 'joint',
      from: `3 labelled images of ${test.database.name}.boxes: which classes occur together is known`,
    });
    const steps = (await stepOf('person >= 2 OR dog', 'labels = boxes, max_cost = 40')).find!.strategies.order.cascade!
      .steps;
    expect(steps.map(({ reach }) => reach)).toEqual([1]);
  });

  it('finds the models of more classes than can be searched', async () => {
    const names = Array.from({ length: 14 }, (_, index) => `thing ${index}`);
    const classes = Object.fromEntries(names.map((name, index) => [name, [0.8 + index / 100, 0.3] as const]));
    await register(test.database, { name: 'things', cost: 9, classes });
    const predicate = names.map((name) => `"${name}"`).join(' AND ');
    expect(await cascadeOf(predicate, 'max_cost = 10')).toEqual([`things: ${names.join(', ')}`]);
  });

  it('has the memory of its search bounded', async () => {
    const search = { problem: manyClasses(10).problem, goal: { kind: 'best' } } as const;
    const signal = new AbortController().signal;
    await expect(searchInThread(search, undefined, signal, { megabytes: 10, seconds: 60 })).rejects.toMatchObject({
      code: 'SEARCH_TOO_LARGE',
      message: 'the search for models needs more than 10 MiB',
    });
    await expect(searchInThread(search, undefined, signal, { megabytes: 512, seconds: 0 })).rejects.toMatchObject({
      message: 'the search for models needs more than 0 s',
    });
  });

  it('stops when it is cancelled, before and during its search', async () => {
    const program = await test.session.parse(statement('person'));
    const reason = new Error('cancelled');
    const actor = { user: 'test', isAdmin: true };
    await expect(test.session.plan(program, actor, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const during = new AbortController();
    const { problem } = manyClasses(10);
    const search = searchInThread({ problem, goal: { kind: 'best' } }, undefined, during.signal);
    setImmediate(() => during.abort(reason));
    await expect(search).rejects.toBe(reason);
  });

  describe('reports at its place', () => {
    const mistake = async (text: string) => {
      const found = await planOf(test.session, text).catch((error: MillraceError) => error);
      if (!('code' in found)) throw new Error('it was planned');
      return { ...found, message: found.message, at: text.slice(found.span?.start, found.span?.end) };
    };

    it.each([
      [
        'a class that nobody knows',
        'persn',
        '',
        {
          ...{ code: 'UNKNOWN_CLASS', at: 'persn', hint: 'did you mean person?' },
          message: "no registered model knows the class 'persn'",
        },
      ],
      [
        'a class that no measured model knows',
        'person AND unicorn',
        '',
        {
          ...{ code: 'CLASS_NOT_COVERED', at: 'unicorn' },
          message: "no model that may be asked knows 'unicorn'",
          hint: 'new knows it, but was not measured on cpu: run TO EVALUATE, or name it after USING',
        },
      ],
      [
        'a class on a device where nothing was measured',
        'beach',
        'gpu = 1',
        {
          ...{ code: 'CLASS_NOT_COVERED', at: 'beach' },
          hint: 'scene knows it, but was not measured on cuda: run TO EVALUATE, or name it after USING',
        },
      ],
      [
        'a number of objects that only a classifier could tell',
        'beach >= 2',
        '',
        {
          ...{ code: 'COUNT_UNSUPPORTED', at: 'beach' },
          message: "a number of objects of 'beach' is asked for, but only classifiers that may be asked know it: scene",
        },
      ],
      [
        'a cost that no plan keeps',
        'person AND car',
        'max_cost = 1',
        {
          ...{ code: 'BOUND_NOT_MET', at: '1', message: 'no plan of the strategy order costs at most 1 ms an image' },
          hint: 'the nearest is cars, small: 9 ms an image, accuracy 0.882; max_cost = 9 allows it',
        },
      ],
      [
        'an accuracy that no plan has',
        'person AND car',
        "min_accuracy = 0.99, strategy = 'basic'",
        {
          ...{ code: 'BOUND_NOT_MET', at: '0.99' },
          hint: 'the nearest is large, cars: 48 ms an image, accuracy 0.9702; min_accuracy = 0.9702 allows it',
        },
      ],
      [
        'a cost that only another strategy keeps',
        'person AND car',
        "max_cost = 10, strategy = 'baseline'",
        {
          ...{ code: 'BOUND_NOT_MET', at: '10' },
          hint: "strategy = 'order' finds one: cars, small: 9 ms an image, accuracy 0.882",
        },
      ],
      [
        'two bounds',
        'person',
        'max_cost = 3, min_accuracy = 0.4',
        {
          ...{ code: 'WRONG_ATTRIBUTE', at: 'min_accuracy = 0.4' },
          message: 'max_cost and min_accuracy are both given',
        },
      ],
      ['a cost of nothing', 'person', 'max_cost = 0', { code: 'WRONG_ATTRIBUTE', at: '0' }],
      ['an accuracy in percent', 'person', 'min_accuracy = 90', { code: 'WRONG_ATTRIBUTE', at: '90' }],
      [
        'a strategy that does not exist',
        'person',
        "strategy = 'best'",
        {
          ...{ code: 'WRONG_ATTRIBUTE', hint: "give 'baseline', 'basic' or 'order'" },
        },
      ],
      [
        'an attribute that does not exist',
        'person',
        'max_cots = 3',
        {
          ...{ code: 'UNKNOWN_ATTRIBUTE', at: 'max_cots', hint: 'did you mean max_cost?' },
        },
      ],
      ['an option out of range', 'person', 'confidence = 2', { code: 'WRONG_OPTION', at: '2' }],
      ['a sum', 'person + 3', '', { code: 'WRONG_PREDICATE', at: 'person + 3' }],
      [
        'part of an object',
        'car >= 2.5',
        '',
        {
          ...{ code: 'WRONG_PREDICATE', message: 'car >= 2.5 does not compare with a whole number' },
        },
      ],
      [
        'what holds for every picture',
        'car >= 0',
        '',
        {
          ...{ code: 'WRONG_PREDICATE', message: 'car >= 0 has the same value for every picture' },
        },
      ],
      ['two comparisons in one', '1 < car < 3', '', { code: 'WRONG_PREDICATE' }],
      [
        'labels that do not exist',
        'person',
        'labels = nothing.here',
        {
          ...{ code: 'LABELS_UNUSABLE', at: 'nothing.here', message: 'the table nothing.here does not exist' },
        },
      ],
      ['a selected column as labels', 'person', 'labels = id', { code: 'LABELS_UNUSABLE', at: 'id' }],
    ])('%s', async (_, predicate, attributes, expected) => {
      expect(await mistake(statement(predicate, attributes))).toMatchObject(expected);
    });

    it('a model that nobody knows, and a file whose classes are not known', async () => {
      expect(await mistake(statement('person', '', 'USING smal'))).toMatchObject({
        ...{ code: 'UNKNOWN_MODEL', at: 'smal' },
      });
      expect(await mistake(statement('person', '', 'USING demo'))).toMatchObject({
        ...{ code: 'UNKNOWN_MODEL', at: 'demo', hint: expect.stringContaining('CREATE MODEL demo FROM') },
      });
      expect(await mistake(statement('car', '', 'USING small'))).toMatchObject({
        ...{
          code: 'CLASS_NOT_COVERED',
          at: 'car',
          hint: 'cars knows it: add it to USING; large knows it: add it to USING',
        },
      });
    });

    it('a table that exists, and a selected column with the name of a class', async () => {
      expect(await mistake(statement('person').replace('INTO found', 'INTO shot'))).toMatchObject({
        code: 'TABLE_EXISTS',
      });
      const named = statement('person').replace('SELECT *', 'SELECT id AS person, file_name');
      expect(await mistake(named)).toMatchObject({ code: 'DUPLICATE_COLUMN' });
    });
  });
});
