import { mkdir, readdir, readFile, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { readVersions } from '../../../../src/ledger/registry.ts';
import { readVisits } from '../../../../src/ledger/trial-visits.ts';
import { readTrials } from '../../../../src/ledger/trials.ts';
import { mariadb } from '../../../database.ts';
import { hasPython } from '../../../trainer/python.ts';
import { ended, statusWhen, submit, useSession } from '../../../use-session.ts';
import { useTrainer } from './use-trainer.ts';

describe.skipIf(!hasPython)('A search by TO TRAIN', { timeout: 300_000 }, () => {
  const test = useSession(mariadb);
  useTrainer('forked');
  beforeAll(async () => {
    await test.query('CREATE TABLE points (id INT PRIMARY KEY, x DOUBLE, y DOUBLE, side INT, product DOUBLE)');
    const rows = Array.from({ length: 240 }, (_, id) => {
      const [x, y] = [Math.sin(id * 12.9), Math.cos(id * 78.2)];
      return [id, x, y, x * y > 0 ? 1 : 0, x * y];
    });
    await test.query('INSERT INTO points VALUES ?', [rows]);
  });

  const statement = (estimator: string, attributes: string, using: string, into: string, label = 'side') =>
    `SELECT x, y, ${label} FROM points WHERE id < 180 TO TRAIN ${estimator}
     WITH ${attributes}, validation.select = "SELECT x, y, ${label} FROM points WHERE id >= 180"
     LABEL ${label} ${using} INTO ${into};`;
  const placeOf = (id: string) => ({
    ...{ pool: test.session.pool, schema: test.session.schema, statement: id, step: 'step-1' },
  });
  const searched = async (sql: string) => {
    const id = await submit(test.session, sql);
    const status = await ended(test.session, id);
    return { id, status, trials: await readTrials(placeOf(id)) };
  };

  it('trains trees whole, side by side', async () => {
    const domains = 'max_depth = INT(1, 3, 2), eta = CHOICE(0.1, 0.5), train.num_boost_round = 5';
    const { status, trials } = await searched(
      statement('xgboost.gbtree', `objective = 'binary:logistic', ${domains}`, 'USING grid', 'trees'),
    );
    expect(status).toMatchObject({ state: 'succeeded', error: null });
    expect(trials.map(({ state, unitsDone }) => [state, unitsDone])).toEqual(trials.map(() => ['done', 1]));
    expect(new Set(trials.map(({ parameters }) => JSON.stringify(parameters))).size).toBe(4);
    const [version] = await readVersions(test.session.pool, test.session.schema, ['trees']);
    expect(version!.digest).toBe(trials.toSorted((a, b) => a.loss! - b.loss!)[0]!.checkpoint);
  });

  it.each([
    ['AutoClassifier', 'side', ['xgboost.XGBClassifier', 'DNNClassifier', 'LogisticRegression']],
    ['AutoRegressor', 'product', ['xgboost.XGBRegressor', 'DNNRegressor', 'LinearRegressor']],
  ])('by %s tries an estimator of each kind, and predicts with the best', async (estimator, label, kinds) => {
    const into = estimator.toLowerCase();
    const { status, trials } = await searched(statement(estimator, 'search.trials = 3', '', into, label));
    expect(status).toMatchObject({ state: 'succeeded', error: null });
    expect(trials.map((trial) => trial.estimator)).toEqual(kinds);
    expect(trials.every(({ state, loss }) => state === 'done' && loss !== null)).toBe(true);
    const predict = `SELECT id, x, y FROM points TO PREDICT ${into}_found.guess USING ${into};`;
    expect(await ended(test.session, await submit(test.session, predict))).toMatchObject({ error: null });
    expect(await test.query(`SELECT COUNT(*) AS n FROM ${into}_found WHERE guess IS NOT NULL`)).toEqual([{ n: '240' }]);
  });

  it('in rounds gives the same models to the bit, whether trainers keep rows or not', async () => {
    const rounds = "optimizer.learning_rate = CHOICE(0.01, 0.1, 0.5), train.epoch = 2, exec.scheduler = 'sync'";
    const digests = async (attributes: string, into: string) => {
      const { id, status } = await searched(statement('DNNClassifier', attributes, 'USING grid', into));
      expect(status).toMatchObject({ state: 'succeeded', error: null });
      const visits = await readVisits(placeOf(id));
      expect(visits.map(({ trial, unit, shard }) => (trial + unit + shard) % 2)).toEqual(visits.map(() => 0));
      return visits.map(({ digestOut }) => digestOut);
    };
    const kept = await digests(rounds, 'kept_rows');
    expect(kept).toHaveLength(3 * 2 * 2);
    expect(await digests(`${rounds}, exec.cache = FALSE`, 'read_rows')).toEqual(kept);
  });

  it('goes on past trials whose loss is not a number, and fails with the reason if all are such', async () => {
    const diverging = (rates: string) =>
      `model.hidden_units = [4], model.optimizer = 'SGD', optimizer.learning_rate = ${rates}, train.epoch = 2`;
    const some = await searched(
      statement('DNNRegressor', diverging('CHOICE(0.001, 100)'), 'USING grid', 'some', 'product'),
    );
    expect(some.status).toMatchObject({ state: 'succeeded' });
    expect(some.trials).toMatchObject([{ state: 'done' }, { state: 'failed', error: expect.stringContaining('loss') }]);
    const all = await searched(
      statement('DNNRegressor', diverging('CHOICE(90, 100)'), 'USING grid', 'none', 'product'),
    );
    expect(all.status).toMatchObject({
      state: 'failed',
      error: { code: 'SEARCH_FAILED', message: expect.stringMatching(/^all 2 trials failed; the first one: .*loss/) },
    });
    expect(await readVersions(test.session.pool, test.session.schema, ['none'])).toEqual([]);
    expect(await readdir(join(test.config.stateFolder, 'training'))).toEqual([]);
  });

  it('that fails for a reason of the machine goes on when it is retried, and is forgotten after a week', async () => {
    const forgotten = join(test.config.stateFolder, 'training', 'an-old-one-step-1');
    const lately = join(test.config.stateFolder, 'training', 'a-new-one-step-1');
    for (const folder of [forgotten, lately]) await mkdir(folder, { recursive: true });
    await utimes(forgotten, new Date(), new Date(Date.now() - 8 * 24 * 3_600_000));
    const long = 'optimizer.learning_rate = CHOICE(0.001, 0.01), train.epoch = 500, retries = 0';
    const id = await submit(test.session, statement('DNNClassifier', long, 'USING grid', 'resumed'));
    await statusWhen(
      test.session,
      id,
      ({ steps }) => steps[0]?.progress?.unit === 'unit' && steps[0].progress.done > 4,
    );
    process.kill(await workerIn(test.config.stateFolder, id), 'SIGKILL');
    expect(await ended(test.session, id)).toMatchObject({ state: 'failed', error: { code: 'WORKER_FAILED' } });
    const before = await readVisits(placeOf(id));
    expect(before.length).toBeGreaterThan(4);
    await test.session.engine.retry(id);
    await statusWhen(
      test.session,
      id,
      ({ state, steps }) => state === 'running' && (steps[0]?.progress?.done ?? 0) > before.length,
    );
    await test.session.engine.cancel(id);
    expect(await ended(test.session, id)).toMatchObject({ state: 'cancelled' });
    const visits = await readVisits(placeOf(id));
    expect(visits.length).toBeGreaterThan(before.length);
    const digests = visits.map(({ digestOut }) => digestOut);
    expect(digests).toEqual(expect.arrayContaining(before.map(({ digestOut }) => digestOut)));
    // What is cancelled leaves nothing, and what others left lately is not touched.
    expect(await readdir(join(test.config.stateFolder, 'training'))).toEqual(['a-new-one-step-1']);
    await rm(lately, { recursive: true });
  });
});

/** The worker of a search: the parent of its trainers. */
async function workerIn(stateFolder: string, statement: string): Promise<number> {
  const folder = join(stateFolder, 'training', statement);
  for (;;) {
    for (const pid of await readdir('/proc')) {
      const line = /^\d+$/.test(pid) ? await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '') : '';
      if (!line.includes('millrace_trainer') || !line.includes(folder)) continue;
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      const parent = Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1] ?? 0);
      if (parent > 1) return parent;
    }
    await sleep(20);
  }
}
