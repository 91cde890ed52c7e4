import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V1Pod } from '@kubernetes/client-node';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { readVersions } from '../../src/ledger/registry.ts';
import type { StatementStatus } from '../../src/ledger/statement-status.ts';
import { readVisits } from '../../src/ledger/trial-visits.ts';
import { readTrials, type TrialPlace } from '../../src/ledger/trials.ts';
import type { Plan, TrainStep } from '../../src/plan/plan.ts';
import { writeColumns } from '../../src/worker/train/write-columns.ts';
import { hasPython, trainerPython } from '../trainer/python.ts';
import { planOf } from '../use-session.ts';
import { replay } from '../worker/train/replay.ts';
import { buildImage, canBuildImages } from './build-image.ts';
import { killWorker, runsOwnArgo } from './on-this-node.ts';
import { useCluster } from './use-cluster.ts';

const trainer = process.env.MILLRACE_TRAINER_IMAGE || 'millrace/trainer:test';
const own = 'millrace/estimator:test';

/** The stand-in for Argo has no containers that wait for each other. */
const onArgo = it.skipIf(!(await runsOwnArgo()));

describe.skipIf(!canBuildImages)(
  'models on Kubernetes (skipped without ../shared/cluster, partly without Argo)',
  () => {
    const cluster = useCluster();
    let engine: Engine;
    beforeAll(async () => {
      if (!process.env.MILLRACE_TRAINER_IMAGE)
        await buildImage(trainer, 'docker/trainer.Dockerfile', { worker: inject('workerImage') });
      engine = await cluster.engineWith({ MILLRACE_TRAINER_IMAGE: trainer });
      await cluster.query('CREATE TABLE flower (id INT PRIMARY KEY, a DOUBLE, b DOUBLE, c DOUBLE, kind VARCHAR(10))');
      await cluster.query('INSERT INTO flower VALUES ?', [flowers(300)]);
      await cluster.query('CREATE TABLE click (id INT PRIMARY KEY, a DOUBLE, b DOUBLE, c DOUBLE, d DOUBLE, y INT)');
      await cluster.query('INSERT INTO click VALUES ?', [clicks(20_000)]);
    }, 1_800_000);

    const start = async (text: string, plan?: Plan) => {
      const submission = cluster.submission(text, plan ?? (await planOf(cluster.session, text)));
      await engine.submit(submission);
      return submission.id;
    };
    const run = async (text: string, plan?: Plan): Promise<StatementStatus> =>
      cluster.ended(await start(text, plan), engine);
    const place = (statement: string): TrialPlace => ({
      pool: cluster.database.pool,
      schema: cluster.database.systemSchema,
      statement,
      step: 'step-1',
    });
    const pods = async (id: string, source: string) =>
      (await cluster.pods(id)).filter(({ metadata }) => metadata?.labels?.['millrace/source'] === source);
    const runningPod = async (id: string, source: string): Promise<NonNullable<V1Pod['metadata']>> =>
      (await pods(id, source)).find(({ status }) => status?.phase === 'Running')!.metadata!;
    const versions = (name: string) => readVersions(cluster.database.pool, cluster.database.systemSchema, [name]);

    it('are trained, shown, run, measured and explained', async () => {
      const status = await run(`SELECT a, b, c, kind FROM flower WHERE id < 200
TO TRAIN xgboost.gbtree WITH objective = "multi:softprob", train.num_boost_round = 10,
  validation.select = "SELECT a, b, c, kind FROM flower WHERE id >= 200" LABEL kind INTO trees;
SELECT a, b, c, kind FROM flower WHERE id < 200
TO TRAIN DNNClassifier WITH model.hidden_units = [16], model.optimizer = 'adam', optimizer.learning_rate = 0.02,
  train.epoch = 30 LABEL kind INTO net;
SHOW TRAIN trees;
SELECT * FROM flower WHERE id >= 200 TO PREDICT guessed_by_trees.guess WITH predict.probabilities = TRUE USING trees;
SELECT * FROM flower WHERE id >= 200 TO PREDICT guessed_by_net.guess WITH partitions = 2 USING net;
SELECT * FROM flower WHERE id >= 200 TO EVALUATE trees WITH validation.metrics = "Accuracy" LABEL kind INTO measured;
SELECT * FROM flower WHERE id >= 290 TO EXPLAIN trees USING TreeExplainer INTO explained;`);
      expect(status).toMatchObject({ state: 'succeeded', error: null });
      expect(status.steps.map(({ state }) => state)).toEqual(new Array(7).fill('succeeded'));
      expect(status.steps[0]).toMatchObject({ progress: { unit: 'round', done: 10, total: 10 } });
      for (const table of ['guessed_by_trees', 'guessed_by_net']) {
        const [{ rows, hits }] = (await cluster.query(
          `SELECT COUNT(*) AS \`rows\`, SUM(guess = kind) AS hits FROM ${table}`,
        )) as [{ rows: string; hits: string }];
        expect(Number(rows)).toBe(100);
        expect(Number(hits)).toBeGreaterThan(80);
      }
      const [measured] = await cluster.query("SELECT * FROM measured WHERE metric LIKE '%ccuracy%'");
      expect(Number(measured!.value)).toBeGreaterThan(0.8);
      expect(await cluster.query('SELECT COUNT(DISTINCT id) AS n FROM explained')).toEqual([{ n: '10' }]);
    });

    it('are not trained on one class only: the pod says so, once', async () => {
      const id = await start(`SELECT a, b, kind FROM flower WHERE kind = 'red'
TO TRAIN DNNClassifier LABEL kind INTO none`);
      const { state, error } = await cluster.ended(id, engine);
      expect(state).toBe('failed');
      expect(error).toMatchObject({ code: 'TRAIN_ONE_CLASS', message: expect.stringContaining('kind') });
      expect(await pods(id, 'train')).toHaveLength(1);
      expect(await versions('none')).toEqual([]);
    });

    it('are trained once more if their pod is killed, and registered once', async () => {
      const id = await start(`SELECT a, b, c, d, y FROM click
TO TRAIN DNNClassifier WITH model.hidden_units = [256, 128], train.epoch = 12, cpu = 1 LABEL y INTO killed`);
      await cluster.when(id, ({ steps }) => steps[0]?.progress?.unit === 'epoch', engine);
      expect(await killWorker((await runningPod(id, 'train')).uid!)).toBe(true);
      expect(await cluster.ended(id, engine)).toMatchObject({ state: 'succeeded', error: null });
      expect(await pods(id, 'train')).toHaveLength(2);
      expect(await versions('killed')).toHaveLength(1);
    });

    onArgo('are trained by an image of a user, which gets its GPU, the rows and no secret', async () => {
      await buildImage(own, 'test/cluster/images/estimator/Dockerfile', {
        context: 'test/cluster/images/estimator',
        worker: trainer,
      });
      const text = `SELECT a, b, c, kind FROM flower
TO TRAIN ${own}/Softmax WITH train.epoch = 60, gpu = 1, cpu = 0.5, memory = '1Gi' LABEL kind INTO soft`;
      const id = await start(text, cluster.planForeign(text));
      expect(await cluster.ended(id, engine)).toMatchObject({ state: 'succeeded', error: null });
      const [version] = await versions('soft');
      expect(version).toMatchObject({ version: 1, kind: 'tabular' });
      const [pod] = await pods(id, 'train');
      const containers = new Map(pod!.spec!.containers.map((container) => [container.name, container]));
      const theirs = containers.get('train')!;
      expect(theirs.image).toBe(own);
      expect(theirs.resources!.limits).toMatchObject({ 'nvidia.com/gpu': '1' });
      expect(containers.get('select')!.resources!.limits).not.toHaveProperty(['nvidia.com/gpu']);
      expect(theirs.env!.filter(({ valueFrom }) => valueFrom?.secretKeyRef !== undefined)).toEqual([]);
      expect(theirs.volumeMounts!.map(({ mountPath }) => mountPath)).not.toContain(
        '/var/run/secrets/kubernetes.io/serviceaccount',
      );
      const wrong = text.replace('train.epoch', 'train.epok');
      expect(await run(wrong, cluster.planForeign(wrong))).toMatchObject({
        state: 'failed',
        error: { message: expect.stringContaining('train.epok') },
      });
    });

    const search = (into: string, attributes: string) => `SELECT a, b, c, d, y FROM click WHERE id < 16000
TO TRAIN DNNClassifier WITH model.hidden_units = [256, 128], optimizer.learning_rate = LOGUNIFORM(0.0005, 0.05),
  validation.select = "SELECT a, b, c, d, y FROM click WHERE id >= 16000", search.eta = 3, exec.workers = 2, ${attributes}
LABEL y USING asha INTO ${into}`;

    it.skipIf(!hasPython)(
      'are searched for in two pods, whatever is killed, with the same bits as a sequential replay',
      async () => {
        const text = search('best', 'train.epoch = 9, search.trials = 6, cpu = 0.5');
        const plan = await planOf(cluster.session, text);
        const id = await start(text, plan);
        const unitsDone = async () => (await readVisits(place(id))).length;
        await expect.poll(unitsDone, { timeout: 200_000, interval: 100 }).toBeGreaterThan(2);
        const name = (await runningPod(id, 'worker-0')).name!;
        await cluster.core.deleteNamespacedPod({ namespace: cluster.namespace, name });
        const before = await unitsDone();
        await expect.poll(unitsDone, { timeout: 200_000, interval: 100 }).toBeGreaterThan(before + 1);
        expect(await killWorker((await runningPod(id, 'worker-1')).uid!)).toBe(true);
        const status = await cluster.ended(id, engine);
        expect(status).toMatchObject({ state: 'succeeded', error: null, steps: [{ progress: { unit: 'unit' } }] });
        const [trials, visits] = [await readTrials(place(id)), await readVisits(place(id))];
        expect(trials).toHaveLength(6);
        expect(trials.filter(({ state }) => !['done', 'stopped'].includes(state))).toEqual([]);
        const units = visits.map(({ trial, epoch, shard }) => `${trial}/${epoch}/${shard}`);
        expect(new Set(units).size).toBe(units.length);
        expect(units).toHaveLength(trials.reduce((sum, { unitsDone: done }) => sum + done, 0));
        expect(new Set(visits.map(({ worker }) => worker))).toEqual(new Set([0, 1]));
        expect(await versions('best')).toHaveLength(1);
        expect(await cluster.query(`SELECT * FROM ${cluster.database.systemSchema}.trial_files`)).toEqual([]);
        // The pod that was deleted is gone.
        expect(await cluster.pods(id)).toHaveLength(5);
        expect(await replayed(plan, trials, visits)).toEqual(visits.map(({ digestOut }) => digestOut));
      },
      900_000,
    );

    async function replayed(plan: Plan, trials: Parameters<typeof replay>[1], visits: Parameters<typeof replay>[2]) {
      const { select, training } = plan.steps[0] as TrainStep;
      const folder = await mkdtemp(join(tmpdir(), 'millrace-replay-'));
      const { signal } = new AbortController();
      const { attributes, features, label, seed } = training;
      try {
        const selections = [
          { sql: select, folder: join(folder, 'data/train') },
          { sql: training.validation!, folder: join(folder, 'data/validation') },
        ];
        await writeColumns({ pool: cluster.database.pool, selections, signal });
        const job = { attributes, features, label, seed, threads: 1 };
        const python = await trainerPython();
        const given = { place: place('replay'), search: training.search!, job, folder, python, signal };
        return await replay(given, trials, visits);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    }

    it('are trained whole by two pods, which ask TPE for the next parameters, and their trials are shown', async () => {
      const status = await run(`SELECT a, b, c, d, y FROM click WHERE id < 2000
TO TRAIN xgboost.gbtree WITH objective = "binary:logistic", max_depth = INT(2, 6), eta = UNIFORM(0.1, 0.5), cpu = 0.5,
  validation.select = "SELECT a, b, c, d, y FROM click WHERE id >= 19000", search.metric = 'auc', search.trials = 5
LABEL y USING tpe INTO wholes;
SHOW TRIALS wholes;
SELECT * FROM click WHERE id >= 19000 TO PREDICT guessed_by_wholes.guess USING wholes;`);
      expect(status).toMatchObject({ state: 'succeeded', error: null });
      const trials = await readTrials(place(status.id));
      expect(trials.map(({ state }) => state)).toEqual(new Array(5).fill('done'));
      expect(new Set((await readVisits(place(status.id))).map(({ worker }) => worker)).size).toBe(2);
      const [said] = await cluster.query('SELECT COUNT(*) AS n, SUM(guess = y) AS hits FROM guessed_by_wholes');
      expect(Number(said!.n)).toBe(1000);
      expect(Number(said!.hits)).toBeGreaterThan(800);
    }, 600_000);

    it('are searched for until the statement is cancelled, and on after a retry', async () => {
      const id = await start(search('later', 'train.epoch = 3, search.trials = 4, cpu = 0.5'));
      await expect.poll(async () => (await readVisits(place(id))).length, { timeout: 200_000 }).toBeGreaterThan(0);
      await engine.cancel(id);
      expect(await cluster.ended(id, engine)).toMatchObject({ state: 'cancelled' });
      await cluster.noPodsLeft(id);
      const visits = await readVisits(place(id));
      await engine.retry(id);
      expect(await cluster.ended(id, engine)).toMatchObject({ state: 'succeeded', error: null });
      expect(await readVisits(place(id))).toEqual(expect.arrayContaining([...visits]));
      expect(await versions('later')).toHaveLength(1);
    }, 600_000);

    it('are searched for and registered once, whichever of the first and the last pod is killed', async () => {
      const id = await start(search('ends', 'train.epoch = 1, search.trials = 2, cpu = 0.5'));
      const kill = async (source: string) => {
        const [pod] = await pods(id, source);
        return pod !== undefined && killWorker(pod.metadata!.uid!);
      };
      for (const source of ['prepare', 'finish'])
        await expect.poll(() => kill(source), { timeout: 200_000, interval: 50 }).toBe(true);
      expect(await cluster.ended(id, engine)).toMatchObject({ state: 'succeeded', error: null });
      expect(await pods(id, 'prepare')).toHaveLength(2);
      expect(await pods(id, 'finish')).toHaveLength(2);
      expect(await readVisits(place(id))).toHaveLength(4);
      expect(await versions('ends')).toHaveLength(1);
    }, 600_000);

    it('are searched for by the pods that start, if there is no room for all', async () => {
      const id = await start(search('few', "train.epoch = 1, search.trials = 2, cpu = 0.2, memory = '14Gi'"));
      await expect.poll(async () => (await readVisits(place(id))).length, { timeout: 200_000 }).toBeGreaterThan(0);
      const waiting = (await cluster.pods(id)).filter(({ status }) => status?.phase === 'Pending');
      expect(waiting).toHaveLength(1);
      expect(await cluster.ended(id, engine)).toMatchObject({ state: 'succeeded', error: null });
      expect(await readVisits(place(id))).toHaveLength(4);
    }, 600_000);
  },
);

function flowers(count: number): unknown[][] {
  const kinds = ['red', 'white', 'blue'];
  return Array.from({ length: count }, (_, id) => {
    const kind = (id * 7) % 3;
    const noise = (factor: number) => Math.sin(id * factor) * 0.8;
    return [id, kind + noise(12.9), 2 - kind + noise(78.2), id % 11 === 0 ? null : noise(3.1), kinds[kind]];
  });
}

function clicks(count: number): unknown[][] {
  return Array.from({ length: count }, (_, id) => {
    const [a, b, c, d] = [12.9, 78.2, 39.1, 5.3].map((factor) => Math.sin(id * factor) * 2) as [
      number,
      number,
      number,
      number,
    ];
    return [id, a, b, c, d, Number(a * b + c * c - d > Math.sin(id * 29.3))];
  });
}
