import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { readVersions } from '../../../../src/ledger/registry.ts';
import { readTrainings } from '../../../../src/ledger/trainings.ts';
import { mariadb } from '../../../database.ts';
import { hasPython } from '../../../trainer/python.ts';
import { ended, submit, useSession } from '../../../use-session.ts';
import { useTrainer } from './use-trainer.ts';

/** Long enough to be disturbed on any machine: it is ended by the test. */
const long = (into: string) => `SELECT x, y, class FROM points
TO TRAIN DNNClassifier WITH model.hidden_units = [8], train.epoch = 1000000 LABEL class INTO ${into};`;
/** Longer than a disturbance takes, which begins with the first epoch. */
const short = (into: string, epochs = 600) => `SELECT x, y, class FROM points
TO TRAIN DNNClassifier WITH model.hidden_units = [8], train.epoch = ${epochs} LABEL class INTO ${into};`;

describe.skipIf(!hasPython)('TO TRAIN that is disturbed', { timeout: 240_000 }, () => {
  const test = useSession(mariadb);
  useTrainer('real');
  const versionsOf = (name: string) => readVersions(test.session.pool, test.session.schema, [name]);
  /** The log of the worker tells each epoch at once; the ledger learns of it later. */
  const logged = (id: string, words: string) =>
    waitFor(async () => {
      const folder = join(test.config.stateFolder, 'statements', id, 'step-1');
      const names = await readdir(folder).catch(() => []);
      const logs = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
      return logs.filter((log) => log.includes(words));
    });
  const isTraining = (id: string) => logged(id, '"msg":"training"');

  beforeAll(async () => {
    await test.query('CREATE TABLE points (id INT PRIMARY KEY, x DOUBLE, y DOUBLE, class INT)');
    const rows = Array.from({ length: 400 }, (_, id) => [id, Math.sin(id), Math.cos(id * 3), id % 2]);
    await test.query('INSERT INTO points VALUES ?', [rows]);
  });

  it('leaves no version and no file when it is cancelled, and can be retried', async () => {
    const id = await submit(test.session, long('cancelled'));
    await isTraining(id);
    await test.session.engine.cancel(id);
    expect(await ended(test.session, id)).toMatchObject({ state: 'cancelled' });
    expect(await versionsOf('cancelled')).toEqual([]);
    expect(await readdir(join(test.config.stateFolder, 'training'))).toEqual([]);
    expect(await processesIn(test.config.stateFolder)).toEqual([]);
  });

  it('registers one version when its worker is killed half-way, and its trainer ends then', async () => {
    const id = await submit(test.session, short('killed'));
    await isTraining(id);
    const [trainer] = await waitFor(() => processesIn(test.config.stateFolder));
    process.kill(await parentOf(trainer!), 'SIGKILL');
    expect(await ended(test.session, id)).toMatchObject({ state: 'succeeded' });
    expect(await versionsOf('killed')).toHaveLength(1);
    const trainings = await readTrainings(test.session.pool, test.session.schema, 'killed');
    expect(trainings.map(({ statement }) => statement)).toEqual([id]);
    await waitFor(async () => ((await processesIn(test.config.stateFolder)).length === 0 ? [true] : []));
  });

  it('gives the same bytes as without disturbance', async () => {
    expect(await ended(test.session, await submit(test.session, short('calm')))).toMatchObject({ state: 'succeeded' });
    const [[calm], [killed]] = [await versionsOf('calm'), await versionsOf('killed')];
    expect(killed!.digest).toBe(calm!.digest);
  });

  it('explains the same when the worker of TO EXPLAIN is killed half-way', async () => {
    const explain = (
      into: string,
    ) => `SELECT p.id, p.x, p.y, n FROM points AS p, (SELECT 1 AS n UNION SELECT 2 UNION SELECT 3) AS three ORDER BY p.id, n
TO EXPLAIN calm WITH explain.background = 200, seed = 5 USING KernelExplainer INTO ${into};`;
    expect(await ended(test.session, await submit(test.session, explain('calmly')))).toMatchObject({ error: null });
    const id = await submit(test.session, explain('killed_once'));
    await logged(id, '"msg":"explaining"');
    const [trainer] = await waitFor(() => processesIn(test.config.stateFolder));
    process.kill(await parentOf(trainer!), 'SIGKILL');
    expect(await ended(test.session, id)).toMatchObject({ error: null });
    const rowsOf = (table: string) => test.query(`SELECT * FROM ${table} ORDER BY id, n, value_no`);
    const found = await rowsOf('killed_once');
    expect(found).toHaveLength(400 * 3 * 2);
    expect(found).toEqual(await rowsOf('calmly'));
    expect(await readdir(join(test.config.stateFolder, 'training'))).toEqual([]);
  });

  it('says what happened when its trainer is killed, and can be retried', async () => {
    const id = await submit(test.session, short('memory'));
    await isTraining(id);
    const [trainer] = await waitFor(() => processesIn(test.config.stateFolder));
    process.kill(trainer!, 'SIGKILL');
    expect(await ended(test.session, id)).toMatchObject({ state: 'failed', error: { code: 'TRAIN_MEMORY' } });
    expect(await versionsOf('memory')).toEqual([]);
    await test.session.engine.retry(id);
    expect(await ended(test.session, id)).toMatchObject({ state: 'succeeded' });
    expect(await versionsOf('memory')).toHaveLength(1);
  });

  it('only tells its version again if it ended after it was registered', async () => {
    const id = await submit(test.session, short('told', 3));
    await ended(test.session, id);
    await test.query(`UPDATE ${test.config.schema}.steps SET state = 'failed' WHERE statement_id = ?`, [id]);
    await test.query(`UPDATE ${test.config.schema}.statements SET state = 'failed' WHERE id = ?`, [id]);
    await test.query('DELETE FROM points WHERE id > 300');
    await test.session.engine.retry(id);
    expect(await ended(test.session, id)).toMatchObject({ state: 'succeeded' });
    expect(await versionsOf('told')).toHaveLength(1);
  });

  it('ends by its timeout, without a version', async () => {
    const id = await submit(test.session, long('late').replace('train.epoch', 'timeout = 2, train.epoch'));
    expect(await ended(test.session, id)).toMatchObject({ state: 'failed', error: { code: 'TIMED_OUT' } });
    expect(await versionsOf('late')).toEqual([]);
  });
});

/** Processes of the trainer that work in a folder of the state folder. */
async function processesIn(stateFolder: string): Promise<number[]> {
  const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    all.map(async (pid) => {
      const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return line.includes('millrace_trainer') && line.includes(stateFolder) ? [Number(pid)] : [];
    }),
  );
  return found.flat();
}

async function parentOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^PPid:\s+(\d+)$/m.exec(status)![1]);
}

async function waitFor<T>(look: () => Promise<readonly T[]>): Promise<readonly T[]> {
  for (;;) {
    const found = await look();
    if (found.length > 0) return found;
    await sleep(50);
  }
}
