import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { detect, planOf, rowsDone } from '../use-session.ts';
import { claimFolder, killWorker } from './on-this-node.ts';
import { useCluster } from './use-cluster.ts';

/** Time within which a user must see the error. */
const soonMs = 30_000;

describe('a failure is explained', () => {
  const cluster = useCluster();
  const sourcesOf = async (id: string) =>
    (await cluster.pods(id)).map(({ metadata }) => metadata?.labels?.['millrace/source'] ?? '');

  it.each([
    ['a missing model', '"--model=/models/gone.onnx"', 'MODEL_MISSING'],
    ['a file that is not a model', '"--model=/datasets/scene-1.jpg"', 'MODEL_UNREADABLE'],
  ])('%s is not retried, and reported with the error of the worker', async (_, option, code) => {
    const text = detect(4, `t_${code}`, 'partitions = 1').replace('"--model=demo"', option);
    const status = await cluster.ended(await cluster.start(text));
    expect(status).toMatchObject({ state: 'failed', error: { code }, steps: [{ state: 'failed', error: { code } }] });
    expect((await sourcesOf(status.id)).toSorted()).toEqual(['prepare', 'worker-0']);
  });

  it('a model that is gone when one pod needs it ends the statement soon, although another could go on for long', async () => {
    const text = detect(3000, 'went_missing', 'partitions = 200, parallelism = 2, cpu = 0.3, commit_rows = 2');
    const id = await cluster.start(text);
    const ofWorker = async (number: number) =>
      (await cluster.pods(id)).findLast(({ metadata }) => metadata?.labels?.['millrace/source'] === `worker-${number}`);
    const workers = `SELECT COUNT(DISTINCT worker_no) AS n FROM ${cluster.database.systemSchema}.partitions
      JOIN ${cluster.database.systemSchema}.selections USING (selection_id) WHERE statement_id = ? AND done_rows > 0`;
    await expect.poll(async () => Number((await cluster.query(workers, [id]))[0]?.n), { timeout: 120_000 }).toBe(2);
    const model = join(await claimFolder(cluster, 'models'), 'demo.onnx');
    await rename(model, `${model}.gone`);
    try {
      await expect
        .poll(async () => killWorker((await ofWorker(0))?.metadata?.uid ?? ''), { timeout: 60_000 })
        .toBe(true);
      const since = performance.now();
      const status = await cluster.ended(id);
      expect(status).toMatchObject({ state: 'failed', error: { code: 'MODEL_MISSING' } });
      expect(performance.now() - since).toBeLessThan(120_000);
      expect(rowsDone(status)).toBeLessThan(3000);
      expect((await ofWorker(1))?.status?.phase).toBe('Succeeded');
    } finally {
      await rename(`${model}.gone`, model);
    }
  });

  it("a SELECT that the database rejects is not retried, and the database's reason reaches the user", async () => {
    const text = detect(4, 'never', 'partitions = 1');
    const plan = await planOf(cluster.session, text);
    await cluster.query('CREATE TABLE going AS SELECT * FROM shot LIMIT 1');
    const steps = plan.steps.map((step) => ({ ...step, select: 'SELECT * FROM gone' }));
    const submission = cluster.submission(text, { ...plan, steps } as typeof plan);
    await cluster.engine.submit(submission);
    const status = await cluster.ended(submission.id);
    expect(status).toMatchObject({ state: 'failed', error: { code: 'QUERY_FAILED' } });
    expect(status.error?.message).toContain("gone' doesn't exist");
    expect(await cluster.pods(submission.id)).toHaveLength(1);
  });

  it.each([
    [
      'an image that cannot be pulled',
      'partitions = 1',
      { MILLRACE_WORKER_IMAGE: 'localhost/nobody/has:this' },
      'IMAGE_UNAVAILABLE',
      'prepare of step-1 cannot start: the image localhost/nobody/has:this cannot be pulled',
    ],
    [
      'a pod for which no node has enough GPUs',
      'partitions = 1, gpu = 64',
      {},
      'NOT_SCHEDULED',
      'worker-0 of step-1 cannot start: no node has 64 GPUs; the largest has 2 GPUs',
    ],
    [
      'a pod for which no node has enough memory',
      "partitions = 1, memory = '900Gi'",
      {},
      'NOT_SCHEDULED',
      'worker-0 of step-1 cannot start: no node has 900 GiB of memory',
    ],
    [
      'a missing claim',
      "partitions = 1, volume = 'nowhere:/nowhere'",
      {},
      'POD_NOT_STARTED',
      'worker-0 of step-1 cannot start: the PersistentVolumeClaim nowhere does not exist',
    ],
    [
      'a missing secret',
      'partitions = 1',
      { MILLRACE_DATASOURCE_SECRET: 'nothing/dsn' },
      'POD_NOT_STARTED',
      'prepare of step-1 cannot start: the secret nothing does not exist',
    ],
  ])('%s is reported soon, and cancelled cleanly', async (_, attributes, environment, code, message) => {
    const engine = await cluster.engineWith(environment);
    const text = detect(4, 'waits', attributes);
    const submission = cluster.submission(text, await planOf(cluster.session, text));
    await engine.submit(submission);
    const { id } = submission;
    const [waiting] = message.split(' ');
    await expect.poll(() => sourcesOf(id), { timeout: 120_000, interval: 100 }).toContain(waiting);
    const since = performance.now();
    const received = (error: { message: string }) => !error.message.endsWith('has not received its secrets yet');
    const told = await cluster.when(id, ({ error }) => error !== null && received(error), engine);
    expect(performance.now() - since).toBeLessThan(soonMs);
    expect(told).toMatchObject({ state: 'running', error: { code, message: expect.stringContaining(message) } });
    await engine.cancel(id);
    expect(await cluster.ended(id, engine)).toMatchObject({ state: 'cancelled', error: { code: 'CANCELLED' } });
    await cluster.noPodsLeft(id);
  });

  it('a pod that takes longer than its timeout is stopped, and not retried', async () => {
    const text = 'SELECT 1 TO RUN millrace/worker CMD "sleep", "600" WITH timeout = 5 INTO nothing;';
    const submission = cluster.submission(text, cluster.planForeign(text));
    await cluster.engine.submit(submission);
    expect(await cluster.ended(submission.id)).toMatchObject({
      state: 'failed',
      error: { code: 'TIMED_OUT', message: 'step-1 took longer than its timeout' },
    });
    expect(await sourcesOf(submission.id)).toEqual(['statement']);
  });

  it('a full namespace is reported', async () => {
    const { core, namespace } = cluster;
    const quota = { metadata: { name: 'small' }, spec: { hard: { pods: '0' } } };
    await core.createNamespacedResourceQuota({ namespace, body: quota });
    await expect
      .poll(async () => (await core.readNamespacedResourceQuota({ namespace, name: 'small' })).status?.hard)
      .toEqual({ pods: '0' });
    try {
      const id = await cluster.start(detect(4, 'full', 'partitions = 1'));
      const status = await cluster.when(id, ({ error }) => error !== null);
      expect(status.error?.message).toContain('quota small');
      if (status.state !== 'failed') await cluster.engine.cancel(id);
    } finally {
      await core.deleteNamespacedResourceQuota({ namespace, name: 'small' });
    }
  });

  it('a missing namespace is reported', async () => {
    const engine = await cluster.engineWith({ MILLRACE_NAMESPACE: 'nowhere-to-be-found' });
    const text = detect(4, 'nowhere', 'partitions = 1');
    const submission = cluster.submission(text, await planOf(cluster.session, text));
    await expect(engine.submit(submission)).rejects.toMatchObject({
      code: 'NAMESPACE_MISSING',
      message: 'the namespace nowhere-to-be-found does not exist',
    });
    expect(await engine.status(submission.id)).toMatchObject({ state: 'failed', error: { code: 'NAMESPACE_MISSING' } });
  });
});
