import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readVersions } from '../../../../src/ledger/registry.ts';
import { readTraining } from '../../../../src/ledger/trainings.ts';
import { mariadb, servers } from '../../../database.ts';
import { hasPython } from '../../../trainer/python.ts';
import { ended, submit, useSession } from '../../../use-session.ts';
import { useTrainer } from './use-trainer.ts';

const long = 'w'.repeat(64);
/** Names that are data, wherever they are used. */
const names = ['label', 'probabilities', '../x', `a"b'c\`d`, 'new\nline', long];
const quoted = names.map((name) => `\`${name.replaceAll('`', '``')}\``);
const types = [
  'zf',
  'bits',
  'e',
  's',
  'j',
  'y',
  't',
  'd',
  'zero',
  'dt',
  'emoji',
  'nothing',
  'flag',
  'price',
  'constant',
];
const features = [...types, ...quoted].join(', ');

/** Estimator, attributes, whether it classifies (null: it has no label), and whether TO EVALUATE and TO EXPLAIN run, which treat the others alike. */
const families = [
  ['xgboost.XGBClassifier', 'train.num_boost_round = 2', true, true],
  ['DNNClassifier', 'train.epoch = 1, model.hidden_units = [4]', true, true],
  ['LinearClassifier', 'train.epoch = 1', true, false],
  ['DNNLinearCombinedClassifier', 'train.epoch = 1, model.dnn_hidden_units = [4]', true, false],
  ['LogisticRegression', 'model.C = 0.01', true, false],
  ['xgboost.XGBRegressor', 'train.num_boost_round = 2', false, false],
  ['KMeans', 'model.n_clusters = 2', null, true],
] as const;

describe.skipIf(!hasPython).each(servers)('Columns of every type and name on $name', { timeout: 300_000 }, (server) => {
  const test = useSession(server);
  useTrainer('forked');

  beforeAll(async () => {
    await test.query(
      `CREATE TABLE odd (id INT PRIMARY KEY, zf INT(8) ZEROFILL, bits BIT(9), e ENUM('a', 'b', 'c'), s SET('p', 'q'), j JSON, y YEAR, t TIME, d DATE, zero DATE,
         dt DATETIME(6), emoji VARCHAR(20), nothing DOUBLE, flag BOOLEAN, price DECIMAL(20, 6), constant INT, ${quoted.map((name) => `${name} DOUBLE`).join(', ')},
         kind VARCHAR(10), amount DOUBLE, huge DECIMAL(65, 0))`,
    );
    // IGNORE: 0000-00-00 exists in tables of other times.
    await test.query('INSERT IGNORE INTO odd VALUES ?', [oddRows()]);
  });

  // Whatever columns, models and attributes are called, what is left are the model's files in the database.
  afterAll(async () => {
    expect(await readdir(join(test.config.stateFolder, 'training')).catch(() => [])).toEqual([]);
  });

  const onMariadb = it.runIf(server === mariadb);
  const run = async (sql: string) => ended(test.session, await submit(test.session, sql));
  const succeed = async (sql: string) => expect((await run(sql)).error).toBeNull();

  // MySQL's values reach the same files; what the estimators do with them is tested once.
  const tested = server === mariadb ? families : families.slice(0, 1);
  it.each(tested)(
    'are learned, predicted, measured and explained by %s',
    async (estimator, attributes, classifies, isWhole) => {
      const [label, model] = [classifies === false ? 'amount' : 'kind', `odd.${estimator.toLowerCase()}`];
      const table = estimator.toLowerCase().replace('xgboost.', '');
      await succeed(
        classifies === null
          ? `SELECT ${features} FROM odd TO TRAIN ${estimator} WITH ${attributes} INTO ${model}`
          : `SELECT ${features}, ${label} FROM odd TO TRAIN ${estimator} WITH ${attributes} LABEL ${label} INTO ${model}`,
      );
      const unseen = features.replace('emoji', "CASE WHEN id = 3 THEN 'unseen 🚀' ELSE emoji END AS emoji");
      await succeed(
        `SELECT id, ${unseen} FROM odd WHERE id < 6 TO PREDICT said_${table}.guess WITH predict.probabilities = ${classifies === true} USING ${model}`,
      );
      const said = await test.query(`SELECT * FROM said_${table} ORDER BY id`);
      expect(said.map(({ guess }) => guess)).not.toContain(null);
      expect(said).toHaveLength(6);
      if (!isWhole) return;
      await succeed(`SELECT ${unseen}, ${label} FROM odd TO EVALUATE ${model} LABEL ${label} INTO measured_${table}`);
      const measured = await test.query(`SELECT metric, value FROM measured_${table}`);
      expect(measured.filter(({ value }) => Number.isFinite(value)).length).toBeGreaterThan(0);
      await succeed(
        `SELECT id, ${unseen} FROM odd WHERE id < 2 TO EXPLAIN ${model} ${estimator.startsWith('xgboost.') ? '' : 'WITH explain.samples = 30, explain.background = 5'} INTO explained_${table}`,
      );
      const explained = await test.query(`SELECT DISTINCT feature FROM explained_${table}`);
      expect(explained.length).toBeGreaterThan(15);
    },
  );

  onMariadb('classes with emoji, quotes and newlines are predicted, with a column for each probability', async () => {
    await succeed('SELECT zf, emoji FROM odd TO TRAIN xgboost.XGBClassifier LABEL emoji INTO odd.emoji');
    await succeed('SELECT zf FROM odd TO PREDICT said_emoji.guess WITH predict.probabilities = TRUE USING odd.emoji');
    const [row] = await test.query('SELECT * FROM said_emoji LIMIT 1');
    expect(Object.keys(row!)).toEqual([
      'zf',
      'guess',
      'probability_a"\n`b',
      'probability_é',
      'probability__',
      'probability___3',
    ]);
  });

  onMariadb('numbers that a model cannot read are refused, and fail their rows in a prediction', async () => {
    for (const estimator of ['xgboost.XGBClassifier', 'DNNClassifier', 'LogisticRegression']) {
      const { error } = await run(`SELECT huge, kind FROM odd TO TRAIN ${estimator} LABEL kind INTO odd.huge`);
      expect(error).toMatchObject({ code: 'TRAIN_NUMBER_TOO_LARGE', message: expect.stringContaining("'huge'") });
    }
    expect((await run('SELECT huge FROM odd TO TRAIN KMeans INTO odd.huge')).error).toMatchObject({
      code: 'TRAIN_NUMBER_TOO_LARGE',
    });
    await succeed('SELECT zf, kind FROM odd TO TRAIN LogisticRegression LABEL kind INTO odd.small');
    const { error } = await run(
      'SELECT id, CASE WHEN id = 1 THEN huge ELSE zf END AS zf FROM odd TO PREDICT said_small.guess USING odd.small',
    );
    expect(error).toMatchObject({
      code: 'ROWS_FAILED',
      message: expect.stringMatching(
        /^1 of 60 rows failed; .* PREDICT_VALUE, the column 'zf' has 1e\+60, and the model reads numbers up to/,
      ),
    });
  });

  onMariadb.each([
    ['an empty selection', 'WHERE id < 0', 0],
    ['labels that are NULL', 'WHERE id < 4', 4],
  ])('%s can be predicted and explained, and leave nothing to measure', async (name, where, rows) => {
    const suffix = name.replaceAll(' ', '_');
    await succeed(`SELECT zf, kind FROM odd TO TRAIN LogisticRegression LABEL kind INTO odd.calm`);
    await succeed(`SELECT zf, NULL AS kind FROM odd ${where} TO PREDICT p_${suffix}.guess USING odd.calm`);
    expect(await test.query(`SELECT CAST(COUNT(*) AS DOUBLE) AS n FROM p_${suffix}`)).toEqual([{ n: rows }]);
    const { error } = await run(
      `SELECT zf, CAST(NULL AS CHAR) AS kind FROM odd ${where} TO EVALUATE odd.calm LABEL kind INTO e_${suffix}`,
    );
    expect(error).toMatchObject({ code: 'TRAIN_NO_ROWS' });
    await succeed(`SELECT zf FROM odd ${where} TO EXPLAIN odd.calm INTO x_${suffix}`);
    expect(await test.query(`SELECT CAST(COUNT(DISTINCT zf) AS DOUBLE) AS n FROM x_${suffix}`)).toEqual([{ n: rows }]);
  });

  it('names that lead out of a folder are refused where they are not columns', async () => {
    const train = (rest: string) => run(`SELECT zf, amount FROM odd TO TRAIN ${rest}`);
    await expect(train('KMeans INTO `../../x`')).rejects.toMatchObject({ code: 'MODEL_NAME' });
    await expect(train("KMeans WITH model.excluded_columns = '../../etc/passwd' INTO x")).rejects.toMatchObject({
      code: 'UNKNOWN_COLUMN',
    });
    await expect(train('`../KMeans` INTO x')).rejects.toMatchObject({ code: 'UNKNOWN_IMAGE' });
    await expect(train('KMeans USING `../../x` INTO x')).rejects.toMatchObject({ code: 'UNKNOWN_MODEL' });
  });

  onMariadb('a row or two are enough for a regressor and for two classes', async () => {
    await succeed('SELECT zf, amount FROM odd LIMIT 1 TO TRAIN xgboost.XGBRegressor LABEL amount INTO odd.one');
    await succeed(
      'SELECT zf, amount FROM odd LIMIT 1 TO TRAIN LinearRegressor WITH train.epoch = 1 LABEL amount INTO odd.one',
    );
    await succeed(
      'SELECT zf, kind FROM odd LIMIT 2 TO TRAIN LinearClassifier WITH train.epoch = 1 LABEL kind INTO odd.two',
    );
    expect(
      (await run('SELECT zf, kind FROM odd LIMIT 1 TO TRAIN LinearClassifier LABEL kind INTO odd.two')).error,
    ).toMatchObject({
      code: 'TRAIN_ONE_CLASS',
    });
    expect(await readVersions(test.session.pool, test.session.schema, ['odd.two'])).toHaveLength(1);
  });

  onMariadb('a thousand classes and 20,000 categories are learned', async () => {
    const numbers = (most: number) =>
      `WITH RECURSIVE n AS (SELECT 0 AS i UNION ALL SELECT i + 1 FROM n WHERE i < ${most - 1})`;
    const { id, error } = await run(
      `${numbers(20_000)} SELECT CONCAT('c', i) AS category, i % 1000 AS class FROM n
       TO TRAIN LinearClassifier WITH train.epoch = 1, train.batch_size = 4096 LABEL class INTO odd.many`,
    );
    expect(error).toBeNull();
    const training = await readTraining(test.session.pool, test.session.schema, { statement: id, step: 'step-1' });
    expect(training!.report.classes).toHaveLength(1000);
    expect(training!.report.features).toEqual(['category']);
  });
});

function oddRows(): unknown[][] {
  return Array.from({ length: 60 }, (_, id) => [
    ...[
      id,
      id % 9,
      Buffer.from([id % 2, id]),
      ['a', 'b', 'c'][id % 3],
      id % 2 ? 'p,q' : '',
      '{"a": 1}',
      2000 + (id % 20),
    ],
    ...[
      '-12:30:00',
      '2026-01-01',
      '0000-00-00',
      '2026-01-01 10:00:00.5',
      ['🌊', '😀', 'é', 'a"\n`b', null][id % 5],
      null,
    ],
    ...[id % 3 === 0 ? null : id % 2 === 0, id / 7, 7, id, id / 60, id * 2, id % 4, id % 5, id % 6],
    ...[['k1', 'k2'][id % 2], id * 1.5, '9'.repeat(60)],
  ]);
}
