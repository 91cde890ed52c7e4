import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { plotResults } from '../../../../src/cli/plot-results.ts';
import { readVersions } from '../../../../src/ledger/registry.ts';
import { explainPlan } from '../../../../src/plan/explain.ts';
import { openLocalService } from '../../../../src/service/local-service.ts';
import { mariadb } from '../../../database.ts';
import { hasPython } from '../../../trainer/python.ts';
import { ended, planOf, submit, useSession } from '../../../use-session.ts';
import { useTrainer } from './use-trainer.ts';

describe.skipIf(!hasPython)('A model search by TO TRAIN', { timeout: 300_000 }, () => {
  const test = useSession(mariadb);
  useTrainer('forked');
  beforeAll(async () => {
    await test.query('CREATE TABLE clicks (id INT PRIMARY KEY, x DOUBLE, y DOUBLE, colour VARCHAR(10), click INT)');
    const rows = Array.from({ length: 400 }, (_, id) => {
      const [x, y] = [Math.sin(id * 12.9) * 2, Math.cos(id * 78.2) * 2];
      return [id, x, y, ['red', 'blue', null][id % 3], x * y > 0 ? 1 : 0];
    });
    await test.query('INSERT INTO clicks VALUES ?', [rows]);
  });

  async function rowsOf(id: string): Promise<readonly Record<string, unknown>[]> {
    const { columns, batches } = await openLocalService(test.session).rows(id);
    const rows: Record<string, unknown>[] = [];
    for await (const batch of batches)
      for (const row of batch) rows.push(Object.fromEntries(columns.map(({ name }, index) => [name, row[index]])));
    return rows;
  }

  const statement = (domain: string, others = '') => `SELECT x, y, colour, click FROM clicks WHERE id < 300
TO TRAIN DNNClassifier WITH model.hidden_units = CHOICE([16], [8, 8]), ${domain}, model.optimizer = 'adam', train.epoch = 4,
  validation.select = "SELECT x, y, colour, click FROM clicks WHERE id >= 300", search.trials = 6, search.eta = 2 ${others}
LABEL click USING asha INTO best;`;

  it('registers the best trial, tells how far it is, and shows each trial', async () => {
    const planned = async () => explainPlan(await planOf(test.session, statement('train.batch_size = CHOICE(16, 32)')));
    expect(await planned()).toContain('predict   no search of DNNClassifier was measured yet');
    const id = await submit(test.session, statement('optimizer.learning_rate = LOGUNIFORM(0.001, 0.1)'));
    const status = await ended(test.session, id);
    expect(status).toMatchObject({ state: 'succeeded' });
    const { progress } = status.steps[0]!;
    expect(progress).toMatchObject({ unit: 'unit', metrics: { best_loss: expect.any(Number) } });
    expect(progress!.done).toBe(progress!.total);
    const [version] = await readVersions(test.session.pool, test.session.schema, ['best']);
    expect(version).toMatchObject({ version: 1, kind: 'tabular', location: 'database' });
    const log = await readFile(join(test.config.stateFolder, 'statements', id, 'step-1', 'train.log'), 'utf8');
    expect(log).toMatch(/[\d.]+ % of the time of all units went to moving models from shard to shard/);
    const told = await ended(test.session, await submit(test.session, 'SHOW TRAIN best'));
    expect(await rowsOf(told.id)).toMatchObject([{ rows: '300' }]);
    expect(await rowsOf(id)).toMatchObject([{ seconds: expect.any(Number), predicted_seconds: null }]);
    expect(await planned()).toMatch(
      /predict {3}\d+\.\d s for 300 rows\n {2}measured {2}\d{4}-\d\d-\d\d, 1 search of DNNClassifier\n/,
    );
    expect(await readdir(join(test.config.stateFolder, 'training'))).toEqual([]);
    const shown = await ended(test.session, await submit(test.session, 'SHOW TRIALS best'));
    expect(shown).toMatchObject({ state: 'succeeded' });
    const trials = await rowsOf(shown.id);
    expect(trials).toHaveLength(6);
    expect(trials[0]).toMatchObject({ model: 'best', version: 1, estimator: 'DNNClassifier', metric: 'valid_loss' });
    const curves = trials.map(({ curve }) => String(curve).length);
    expect(curves).toEqual(trials.map(({ epochs }) => epochs));
    // Half of the trials go on after the first rung; one that was stopped there may still be the best.
    expect(trials.filter(({ state, epochs }) => state === 'done' && epochs === 4).length).toBeGreaterThan(0);
    const losses = trials.map((trial) => JSON.parse(String(trial.values_by_epoch)) as number[]);
    for (const [at, { epochs, visits }] of trials.entries()) {
      expect(losses[at]).toHaveLength(Number(epochs));
      expect(JSON.parse(String(visits))).toHaveLength(2 * Number(epochs));
    }
    const best = losses.map((of) => Math.min(...of));
    expect(trials.map(({ value }) => value)).toEqual(best.map((value) => Number(value.toPrecision(6))));
    expect(best).toEqual(best.toSorted((a, b) => a - b));
    for (const [at, { best_epoch: epoch, hop_share: share }] of trials.entries()) {
      expect(losses[at]![Number(epoch) - 1]).toBe(best[at]);
      expect(share).toBeGreaterThan(0);
    }

    const service = openLocalService(test.session);
    const drawn = await service.trainingPicture('best', null);
    expect(drawn).toContain('>Search of best@1</text>');
    expect(drawn).toContain(`>chosen: trial ${trials[0]!.trial}, valid_loss ${Number(best[0]!.toPrecision(4))}</text>`);
    const folder = await mkdtemp(join(tmpdir(), 'millrace-plots-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'best.svg');
    for (const { id: each } of [{ id }, told, shown]) {
      expect(await plotResults(file, service, each)).toEqual([file]);
      expect(await readFile(file, 'utf8')).toBe(drawn);
    }
    const models = await ended(test.session, await submit(test.session, 'SHOW MODELS'));
    await expect(plotResults(file, service, models.id)).rejects.toMatchObject({ code: 'NO_PICTURE' });
  });

  it.each([
    ['train.batch_sise = CHOICE(8, 16)', 'UNKNOWN_ATTRIBUTE', 'train.batch_size'],
    ['train.batch_size = CHOICE(8, "many")', 'WRONG_ATTRIBUTE', 'whole number'],
    ['train.batch_size = UNIFORM(8, 16)', 'WRONG_ATTRIBUTE', 'whole number'],
    ['optimizer.learning_rate = INT(-1, 1)', 'WRONG_ATTRIBUTE', 'number'],
  ])('is refused before any row is read: %s', async (domain, code, hint) => {
    await expect(planOf(test.session, statement(domain))).rejects.toMatchObject({
      code,
      hint: expect.stringContaining(hint),
    });
  });
});
