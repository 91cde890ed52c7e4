import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { readTraining, type TrainingReport } from '../../../../src/ledger/trainings.ts';
import { servers } from '../../../database.ts';
import { hasPython, trainerPython } from '../../../trainer/python.ts';
import { ended, planOf, submit, useSession } from '../../../use-session.ts';
import { useTrainer } from './use-trainer.ts';

/** Prints scikit-learn's data sets as rows: the features, then the label. */
const printDatasets = `import json
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
sets = {"iris": load_iris(), "cancer": load_breast_cancer(), "diabetes": load_diabetes()}
print(json.dumps({name: [[*map(float, row), float(label)] for row, label in zip(each.data, each.target)] for name, each in sets.items()}))`;

describe.skipIf(!hasPython).each(servers)(
  'TO TRAIN on $name, on data of scikit-learn',
  { timeout: 300_000 },
  (server) => {
    const test = useSession(server);
    useTrainer();

    beforeAll(async () => {
      const { stdout } = spawnSync(await trainerPython(), ['-c', printDatasets], {
        encoding: 'utf8',
        maxBuffer: 2 ** 26,
      });
      for (const [name, rows] of Object.entries(JSON.parse(stdout) as Record<string, number[][]>)) {
        const features = rows[0]!.slice(1).map((_, index) => `f${index} DOUBLE`);
        await test.query(
          `CREATE TABLE ${name} (id INT AUTO_INCREMENT PRIMARY KEY, ${features.join(', ')}, target DOUBLE)`,
        );
        const names = [...features.map((feature) => feature.split(' ')[0]), 'target'].join(', ');
        await test.query(`INSERT INTO ${name} (${names}) VALUES ?`, [rows]);
      }
      await test.query(
        `CREATE TABLE odd (id INT PRIMARY KEY, flag BOOLEAN, price DECIMAL(10, 2), day DATE, big BIGINT, \`a "name"\` VARCHAR(60), constant INT, target VARCHAR(9))`,
      );
      await test.query('INSERT INTO odd VALUES ?', [oddRows()]);
    });

    async function train(sql: string): Promise<TrainingReport> {
      const { id, state, error } = await ended(test.session, await submit(test.session, sql));
      expect([state, error]).toEqual(['succeeded', null]);
      return (await readTraining(test.session.pool, test.session.schema, { statement: id, step: 'step-1' }))!.report;
    }
    const failing = async (sql: string) => (await ended(test.session, await submit(test.session, sql))).error?.code;
    /** Two thirds of the rows are learned, the others measured. */
    const statement = (table: string, estimator: string, attributes: string, measured = table) => {
      const columns = { iris: 4, cancer: 30, diabetes: 10 }[table]!;
      const names = [...Array.from({ length: columns }, (_, index) => `f${index}`), 'target'].join(', ');
      return `SELECT ${names} FROM ${table} WHERE id % 3 > 0
TO TRAIN ${estimator} WITH ${attributes}, validation.select = "SELECT ${names} FROM ${measured} WHERE id % 3 = 0" LABEL target INTO ${table}.${estimator}`;
    };

    it.each([
      [
        'iris',
        'DNNClassifier',
        "model.optimizer = 'adam', optimizer.learning_rate = 0.01, train.epoch = 60",
        'accuracy',
        0.9,
      ],
      ['iris', 'xgboost.gbtree', 'objective = multi:softprob', 'accuracy', 0.9],
      ['cancer', 'LogisticRegression', 'model.C = 1', 'accuracy', 0.94],
      ['cancer', 'xgboost.XGBClassifier', 'train.num_boost_round = 30', 'accuracy', 0.93],
      ['diabetes', 'LinearRegressor', 'train.epoch = 60', 'r2', 0.35],
      ['diabetes', 'xgboost.XGBRegressor', 'max_depth = 2, eta = 0.1, train.num_boost_round = 60', 'r2', 0.3],
    ])('%s is learned by %s', async (table, estimator, attributes, metric, least) => {
      const { metrics, validation_rows } = await train(statement(table, estimator, attributes));
      expect(validation_rows).toBeGreaterThan(40);
      expect(metrics.validation![metric]).toBeGreaterThan(least);
    });

    it('clusters are found without a label', async () => {
      const report = await train(
        `SELECT f0, f1, f2, f3 FROM iris TO TRAIN KMeans WITH model.n_clusters = 3 INTO groups;`,
      );
      expect(report).toMatchObject({ kind: 'clusters', rows: 150 });
    });

    it('NULLs, booleans, decimals, dates, odd names and constant columns are read, and rows without a label left out', async () => {
      const report = await train(
        'SELECT flag, price, day, `a "name"`, constant, target FROM odd TO TRAIN LinearClassifier WITH train.epoch = 5 LABEL target INTO odd.rows;',
      );
      expect(report).toMatchObject({ rows: 54, rows_left_out: 6, classes: ['no', 'yes'] });
      expect(report.inputs).toEqual({
        flag: 'number',
        price: 'number',
        day: 'number',
        'a "name"': 'text',
        constant: 'number',
      });
    });

    it.each([
      ['64-bit integers that would be rounded', 'SELECT big, target FROM odd', 'TRAIN_NUMBER_TOO_LARGE'],
      ['binary columns', 'SELECT CAST(price AS BINARY) AS b, target FROM odd', 'TRAIN_COLUMN_BINARY'],
      ['one class only', "SELECT price, target FROM odd WHERE target = 'yes'", 'TRAIN_ONE_CLASS'],
      ['an empty selection', 'SELECT price, target FROM odd WHERE id < 0', 'TRAIN_NO_ROWS'],
      ['a label that is NULL everywhere', 'SELECT price, target FROM odd WHERE target IS NULL', 'TRAIN_NO_ROWS'],
    ])('%s are refused', async (_, query, code) => {
      expect(await failing(`${query} TO TRAIN LinearClassifier WITH retries = 0 LABEL target INTO refused;`)).toBe(
        code,
      );
    });

    it('is planned without reading a row', async () => {
      await expect(
        planOf(
          test.session,
          'SELECT price, target FROM odd TO TRAIN LinearClassifier COLUMN prise LABEL target INTO refused;',
        ),
      ).rejects.toMatchObject({ code: 'UNKNOWN_COLUMN', hint: 'did you mean price?' });
      await expect(
        planOf(
          test.session,
          `SELECT price, target FROM odd TO TRAIN LinearClassifier WITH validation.select = "SELECT price, tarket FROM odd" LABEL target INTO refused;`,
        ),
      ).rejects.toMatchObject({ code: 'QUERY_REFUSED' });
    });
  },
);

function oddRows(): unknown[][] {
  return Array.from({ length: 60 }, (_, id) => {
    const label = id % 10 === 9 ? null : id % 2 === 0 ? 'yes' : 'no';
    const text = [null, '', "x'; DROP TABLE odd; --", '../../etc/passwd'][id % 4];
    return [id, id % 3 === 0 ? null : id % 2 === 0, id / 7, '2026-01-01', '9007199254740993', text, 7, label];
  });
}
