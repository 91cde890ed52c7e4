import { beforeAll, describe, expect, it } from 'vitest';
import { readTraining, type TrainingReport } from '../../../../src/ledger/trainings.ts';
import { servers } from '../../../database.ts';
import { hasPython } from '../../../trainer/python.ts';
import { ended, planOf, submit, useSession } from '../../../use-session.ts';
import { useTrainer } from './use-trainer.ts';

describe.skipIf(!hasPython).each(servers)('TO TRAIN on $name, on odd rows', { timeout: 300_000 }, (server) => {
  const test = useSession(server);
  useTrainer('forked');

  beforeAll(async () => {
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
    ['one class only', "SELECT price, target FROM odd WHERE target = 'yes'", 'TRAIN_ONE_CLASS'],
    ['an empty selection', 'SELECT price, target FROM odd WHERE id < 0', 'TRAIN_NO_ROWS'],
    ['a label that is NULL everywhere', 'SELECT price, target FROM odd WHERE target IS NULL', 'TRAIN_NO_ROWS'],
  ])('%s are refused', async (_, query, code) => {
    expect(await failing(`${query} TO TRAIN LinearClassifier WITH retries = 0 LABEL target INTO refused;`)).toBe(code);
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
    await expect(
      planOf(
        test.session,
        'SELECT CAST(price AS BINARY) AS b, target FROM odd TO TRAIN LinearClassifier LABEL target INTO refused;',
      ),
    ).rejects.toMatchObject({ code: 'TRAIN_COLUMN_BINARY', span: { start: 32, end: 33 } });
    await expect(
      planOf(test.session, "SELECT price, target, '' FROM odd TO TRAIN LinearClassifier LABEL target INTO refused;"),
    ).rejects.toMatchObject({ code: 'TRAIN_COLUMN_NAME' });
    await expect(
      planOf(test.session, 'SELECT price, target FROM odd TO TRAIN DNNRegressor LABEL target INTO refused;'),
    ).rejects.toMatchObject({ code: 'TRAIN_COLUMN_KIND' });
  });
});

function oddRows(): unknown[][] {
  return Array.from({ length: 60 }, (_, id) => {
    const label = id % 10 === 9 ? null : id % 2 === 0 ? 'yes' : 'no';
    const text = [null, '', "x'; DROP TABLE odd; --", '../../etc/passwd'][id % 4];
    return [id, id % 3 === 0 ? null : id % 2 === 0, id / 7, '2026-01-01', '9007199254740993', text, 7, label];
  });
}
