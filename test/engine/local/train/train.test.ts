import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readVersions } from '../../../../src/ledger/registry.ts';
import { readTrainings } from '../../../../src/ledger/trainings.ts';
import { servers } from '../../../database.ts';
import { hasPython } from '../../../trainer/python.ts';
import { ended, planOf, submit, useSession } from '../../../use-session.ts';
import { useTrainer } from './use-trainer.ts';

describe.skipIf(!hasPython).each(servers)('TO TRAIN on $name', { timeout: 240_000 }, (server) => {
  const test = useSession(server);
  useTrainer('forked');
  const run = async (sql: string) => ended(test.session, await submit(test.session, sql));
  const versionsOf = (name: string) => readVersions(test.session.pool, test.session.schema, [name]);
  beforeAll(async () => {
    await test.query(
      'CREATE TABLE points (id INT PRIMARY KEY, x DOUBLE, y DOUBLE, colour VARCHAR(10), class VARCHAR(10))',
    );
    await test.query('INSERT INTO points VALUES ?', [points(300)]);
  });

  it('registers a version with its statement, data, seed, versions and metrics', async () => {
    const status = await run(`SELECT x, y, colour, class FROM points WHERE id < 200
TO TRAIN DNNClassifier WITH model.hidden_units = [32], model.optimizer = 'adam', optimizer.learning_rate = 0.02, train.epoch = 30, seed = 3,
  validation.select = "SELECT x, y, colour, class FROM points WHERE id >= 200", validation.metrics = "Accuracy"
LABEL class INTO points.net;`);
    expect(status).toMatchObject({ state: 'succeeded' });
    expect(status.steps[0]).toMatchObject({ progress: { unit: 'epoch', done: 30, total: 30 } });
    const [version] = await versionsOf('points.net');
    expect(version).toMatchObject({ version: 1, kind: 'tabular', location: 'database', owner: 'test' });
    expect(version!.statement).toContain('TO TRAIN DNNClassifier');
    expect(version!.facts).toMatchObject({ classNames: ['inside', 'outside'], inputs: ['x', 'y', 'colour'] });
    const [training] = await readTrainings(test.session.pool, test.session.schema, 'points.net');
    expect(training).toMatchObject({ statement: status.id, step: 'step-1', version: 1 });
    expect(training!.report).toMatchObject({ estimator: 'DNNClassifier', seed: 3, rows: 200, validation_rows: 100 });
    expect(training!.report.curve).toHaveLength(30);
    expect(training!.report.metrics.validation!.Accuracy).toBeGreaterThan(0.8);
  });

  it('leaves no file behind, and tells no secret in its log', async () => {
    expect(await readdir(join(test.config.stateFolder, 'training'))).toEqual([]);
    const logs = join(test.config.stateFolder, 'statements');
    const [statement] = await readdir(logs);
    const log = await readFile(join(logs, statement!, 'step-1/train.log'), 'utf8');
    expect(log).toContain('model registered');
    expect(log).not.toContain(encodeURIComponent(test.config.dsn!.split('@')[0]!.split(':')[2]!));
    expect(existsSync(join(test.config.stateFolder, 'trainer'))).toBe(false);
  });

  it('goes on from a version, and makes the same one from the same rows', async () => {
    const boosted = (using: string, into: string, rounds = 5) => `SELECT x, y, class FROM points
TO TRAIN xgboost.gbtree WITH objective = binary:logistic, train.num_boost_round = ${rounds} LABEL class ${using} INTO ${into};`;
    expect(await run(boosted('', 'trees'))).toMatchObject({ state: 'succeeded' });
    expect(await run(boosted('', 'trees'))).toMatchObject({ state: 'succeeded' });
    expect(await versionsOf('trees')).toHaveLength(1);
    expect(await run(boosted('USING trees', 'trees'))).toMatchObject({ state: 'succeeded' });
    const versions = await versionsOf('trees');
    expect(versions.map(({ version, isCurrent }) => [version, isCurrent])).toEqual([
      [1, false],
      [2, true],
    ]);
    expect(await run(boosted('', 'whole', 10))).toMatchObject({ state: 'succeeded' });
    expect((await versionsOf('whole'))[0]!.digest).toBe(versions[1]!.digest);
    await expect(planOf(test.session, boosted('USING points.net', 'trees'))).rejects.toMatchObject({
      code: 'TRAIN_GOING_ON',
      message: "the model 'points.net' is a DNNClassifier, not a xgboost.gbtree",
    });
    expect(await versionsOf('trees')).toHaveLength(2);
  });
});

/** Points inside and outside of a circle, some with NULLs. */
function points(count: number): unknown[][] {
  return Array.from({ length: count }, (_, id) => {
    const [x, y] = [Math.sin(id * 12.9) * 2, Math.cos(id * 78.2) * 2];
    return [id, id % 17 === 0 ? null : x, y, ['red', 'blue', null][id % 3], x * x + y * y < 2 ? 'inside' : 'outside'];
  });
}
