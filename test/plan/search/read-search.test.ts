import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import type { MillraceError } from '../../../src/errors.ts';
import { driverOf, isOfSearch, readSearch } from '../../../src/plan/search/read-search.ts';
import { gridPoint, gridSize } from '../../../src/programs/search/grid.ts';
import { searchSchema } from '../../../src/programs/search/search.ts';
import { parseProgram } from '../../../src/sql/parse.ts';
import type { TrainStatement } from '../../../src/sql/statement.ts';

const valid = `validation.select = 'SELECT 1'`;

const text = (attributes: string, using: string, estimator: string) =>
  `SELECT * FROM t TO TRAIN ${estimator} WITH ${attributes} LABEL y ${using} INTO m`;

function read(attributes: string, using = 'USING random', estimator = 'DNNClassifier') {
  const sql = text(attributes, using, estimator);
  const [statement] = parseProgram(sql).statements as [TrainStatement];
  const errors: MillraceError[] = [];
  const search = readSearch(statement, (error) => void errors.push(error));
  const said = errors.map(({ code, message, hint, span }) => ({
    code,
    message,
    hint,
    at: sql.slice(span!.start, span!.end),
  }));
  return { search, errors: said, statement };
}

describe('The search of TO TRAIN', () => {
  it('has domains, a driver and attributes', () => {
    const { search, errors } = read(
      `model.hidden_units = CHOICE([1000, 500], [64, 32]), optimizer.learning_rate = LOGUNIFORM(0.00001, 0.1),
       train.batch_size = choice(32, 64, 256), train.epoch = 5, ${valid}, search.metric = "auc", search.trials = 20,
       search.seed = 7, search.eta = 4, exec.workers = 8`,
      'USING ASHA',
    );
    expect(errors).toEqual([]);
    expect(search).toEqual({
      ...{ driver: 'asha', metric: 'auc', trials: 20, seed: 7, eta: 4, workers: 8, shards: 8, mode: 'hop' },
      spaces: [
        {
          estimator: 'DNNClassifier',
          attributes: {},
          domains: {
            'model.hidden_units': {
              domain: 'choice',
              choices: [
                [1000, 500],
                [64, 32],
              ],
            },
            'optimizer.learning_rate': { domain: 'loguniform', low: 0.00001, high: 0.1 },
            'train.batch_size': { domain: 'choice', choices: [32, 64, 256] },
          },
        },
      ],
    });
    expect(v.parse(searchSchema, search)).toEqual(search);
  });

  it('may be a baseline: in rounds, or without keeping rows', () => {
    const given = (attributes: string) => read(`x = CHOICE(1, 2), ${valid}, ${attributes}`).search;
    expect(given("exec.scheduler = 'sync', exec.cache = FALSE")).toMatchObject({ scheduler: 'sync', cache: false });
    // Plans that were stored before know neither.
    const usual = given("exec.scheduler = 'async', exec.cache = TRUE")!;
    expect(Object.keys(usual)).not.toEqual(expect.arrayContaining(['scheduler']));
    expect(Object.keys(usual)).not.toEqual(expect.arrayContaining(['cache']));
    const rounds = given("exec.scheduler = 'SYNC'");
    expect(v.parse(searchSchema, rounds)).toEqual(rounds);
  });

  it.each([
    ['INT(2, 8)', { domain: 'int', low: 2, high: 8, step: 1 }],
    ['INT(-2, 8, 5)', { domain: 'int', low: -2, high: 8, step: 5 }],
    ['UNIFORM(0, 0.5)', { domain: 'uniform', low: 0, high: 0.5 }],
    ['QUNIFORM(0, 1, 0.25)', { domain: 'quniform', low: 0, high: 1, step: 0.25 }],
    ['QLOGUNIFORM(1, 100, 1)', { domain: 'qloguniform', low: 1, high: 100, step: 1 }],
    ["CHOICE('a', TRUE, 1.5)", { domain: 'choice', choices: ['a', true, 1.5] }],
  ])('knows the domain %s', (written, domain) => {
    expect(read(`x = ${written}, ${valid}`).search?.spaces[0]?.domains).toEqual({ x: domain });
  });

  it('takes ranges as SQLFlow writes them', () => {
    const { search } = read(
      `objective=multi:softmax, range.num_round=[50, 100], range.max_depth=[2, 8], ${valid}`,
      'USING tpe',
      'xgboost.gbtree',
    );
    expect(search).toMatchObject({ mode: 'task', shards: 1, trials: 32 });
    expect(search?.spaces[0]?.domains).toEqual({
      num_round: { domain: 'int', low: 50, high: 100, step: 1 },
      max_depth: { domain: 'int', low: 2, high: 8, step: 1 },
    });
  });

  it('of a grid has each combination once', () => {
    const { search } = read(`a = CHOICE(1, 2), b = INT(0, 4, 2), c = QUNIFORM(0.1, 0.3, 0.1), ${valid}`, 'USING grid');
    expect(search?.trials).toBe(18);
    const space = search!.spaces[0]!;
    const points = Array.from({ length: gridSize(space) }, (_, place) => gridPoint(space, place));
    expect(new Set(points.map((point) => JSON.stringify(point))).size).toBe(18);
    expect(points.slice(0, 4)).toEqual([
      { a: 1, b: 0, c: 0.1 },
      { a: 1, b: 0, c: 0.2 },
      { a: 1, b: 0, c: 0.3 },
      { a: 1, b: 2, c: 0.1 },
    ]);
  });

  it.each(['random', 'asha'])(
    'of %s ends with the last combination if there are fewer than search.trials',
    (driver) => {
      const space = 'train.batch_size = CHOICE(8, 16), model.dropout = QUNIFORM(0, 0.2, 0.1)';
      expect(read(`${space}, search.trials = 50, ${valid}`, `USING ${driver}`).search?.trials).toBe(6);
      expect(read(`${space}, search.trials = 4, ${valid}`, `USING ${driver}`).search?.trials).toBe(4);
      expect(read(`x = QLOGUNIFORM(1, 3, 1), ${valid}`, `USING ${driver}`).search?.trials).toBe(32);
    },
  );

  it('is by itself one of AutoClassifier and AutoRegressor', () => {
    const { search, errors } = read(valid, '', 'autoclassifier');
    expect(errors).toEqual([]);
    expect(search).toMatchObject({ driver: 'tpe', mode: 'task', workers: 2 });
    expect(search?.spaces.map(({ estimator }) => estimator)).toEqual([
      'xgboost.XGBClassifier',
      'DNNClassifier',
      'LogisticRegression',
    ]);
    expect(read(`a = CHOICE(1, 2), ${valid}`, '', 'AutoRegressor').errors).toMatchObject([{ at: 'a' }]);
  });

  it('is none without domains and driver; a list stays a value, and a model may be named', () => {
    const { search, errors, statement } = read('model.hidden_units = [64, 32], train.epoch = 2', 'USING my_model');
    expect([search, errors, driverOf(statement)]).toEqual([null, [], null]);
    expect(statement.attributes.some(isOfSearch)).toBe(false);
  });

  it.each([
    ['x = CHOICE(1, 2)', '', 'SEARCH_DRIVER_MISSING', 'CHOICE(1, 2)', 'grid, random, asha, tpe'],
    ['x = CHOICE(1, 2)', 'USING ashaa', 'SEARCH_DRIVER_MISSING', 'CHOICE(1, 2)', 'did you mean USING asha?'],
    ['x = 1', 'USING tpe', 'SEARCH_DRIVER', 'tpe', 'a domain'],
    ['x = CHOISE(1, 2)', 'USING tpe', 'SEARCH_DOMAIN', 'CHOISE(1, 2)', 'did you mean CHOICE?'],
    ['x = CHOICE()', 'USING tpe', 'SEARCH_DOMAIN', 'CHOICE()', '1 to 1000'],
    ['x = CHOICE(1, NULL)', 'USING tpe', 'SEARCH_DOMAIN', 'NULL', 'numbers'],
    ['x = CHOICE(1, [2], [2])', 'USING tpe', 'SEARCH_DOMAIN', '[2]', 'remove one'],
    ['x = INT(1)', 'USING tpe', 'SEARCH_DOMAIN', 'INT(1)', 'INT(low, high[, step])'],
    ['x = INT(1, 2.5)', 'USING tpe', 'SEARCH_DOMAIN', '2.5', 'INT(low'],
    ['x = INT(8, 2)', 'USING tpe', 'SEARCH_DOMAIN', 'INT(8, 2)', 'INT(low'],
    ['x = INT(1, 9, 0)', 'USING tpe', 'SEARCH_DOMAIN', '0', 'above 0'],
    ['x = LOGUNIFORM(0, 1)', 'USING tpe', 'SEARCH_DOMAIN', '0', 'above 0'],
    ['x = UNIFORM(0, 1, 2)', 'USING tpe', 'SEARCH_DOMAIN', 'UNIFORM(0, 1, 2)', 'UNIFORM(low, high)'],
    ['x = QUNIFORM(0, 1)', 'USING tpe', 'SEARCH_DOMAIN', 'QUNIFORM(0, 1)', 'QUNIFORM(low, high, step)'],
    ["x = UNIFORM('a', 1)", 'USING tpe', 'SEARCH_DOMAIN', "'a'", 'UNIFORM(low, high)'],
    ['range.x = 3', 'USING tpe', 'SEARCH_DOMAIN', '3', 'range.x = [2, 8]'],
    ['x = 3, range.x = [1, 2]', 'USING tpe', 'DUPLICATE_ATTRIBUTE', 'range.x', 'keep one'],
    ['x = UNIFORM(0, 1)', 'USING grid', 'SEARCH_DOMAIN', 'UNIFORM(0, 1)', 'USING random'],
    ['x = CHOICE(1, 2), search.trials = 3', 'USING grid', 'WRONG_ATTRIBUTE', 'search.trials', 'remove it'],
    ['x = INT(1, 1000), y = INT(1, 1000)', 'USING grid', 'SEARCH_DRIVER', 'grid', 'vary less'],
    ['x = CHOICE(1, 2), search.trails = 3', 'USING tpe', 'UNKNOWN_ATTRIBUTE', 'search.trails', 'search.trials?'],
    ['x = CHOICE(1, 2), exec.workers = 0', 'USING tpe', 'WRONG_ATTRIBUTE', '0', 'whole number'],
    ["x = CHOICE(1, 2), search.metric = 'acuracy'", 'USING tpe', 'WRONG_ATTRIBUTE', "'acuracy'", 'accuracy?'],
    ["x = CHOICE(1, 2), exec.scheduler = 'synch'", 'USING tpe', 'WRONG_ATTRIBUTE', "'synch'", 'did you mean sync?'],
    ["x = CHOICE(1, 2), exec.mode = 'average'", 'USING tpe', 'WRONG_ATTRIBUTE', "'average'", 'hop, task'],
    ['x = CHOICE(1, 2), exec.cashe = FALSE', 'USING tpe', 'UNKNOWN_ATTRIBUTE', 'exec.cashe', 'exec.cache?'],
    ['x = CHOICE(1, 2), exec.cache = 1', 'USING tpe', 'WRONG_ATTRIBUTE', '1', 'TRUE or FALSE'],
    [
      "x = CHOICE(1, 2), exec.cache = FALSE, exec.mode = 'task'",
      ...['USING tpe', 'WRONG_ATTRIBUTE', 'exec.cache', "exec.mode = 'hop'"],
    ],
    ['search.trials = 4', '', 'WRONG_ATTRIBUTE', 'search.trials', 'USING grid'],
    ['model.n_classes = CHOICE(2, 3)', 'USING tpe', 'SEARCH_DOMAIN', 'model.n_classes', 'one value'],
    ["x = CHOICE(1, 2), exec.mode = 'task'", 'USING asha', 'SEARCH_DRIVER', 'asha', 'USING tpe'],
    ['x = CHOICE(1, 2), train.max_steps = 5', 'USING asha', 'WRONG_ATTRIBUTE', 'train.max_steps', 'remove it'],
  ])('is refused at its place: %s %s', (attributes, using, code, at, hint) => {
    const { search, errors } = read(`${attributes}, ${valid}`, using);
    expect(search).toBeNull();
    expect(errors).toMatchObject([{ code, at, hint: expect.stringContaining(hint) }]);
  });

  it('needs validation rows, and steps to hop', () => {
    expect(read('x = CHOICE(1, 2)').errors).toMatchObject([{ code: 'TRAIN_VALIDATION_MISSING', at: 'DNNClassifier' }]);
    const { errors } = read(`x = CHOICE(1, 2), exec.mode = 'hop', ${valid}`, 'USING tpe', 'xgboost.gbtree');
    expect(errors).toMatchObject([{ code: 'TRAIN_CANNOT_HOP', at: "'hop'" }]);
  });

  it('names all mistakes at once', () => {
    const { errors } = read('x = INT(3), y = UNIFORM(2, 1), search.eta = 1', 'USING tpe');
    expect(errors.map(({ at }) => at)).toEqual(['1', 'INT(3)', 'UNIFORM(2, 1)', 'DNNClassifier']);
  });
});
