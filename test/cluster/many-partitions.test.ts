import { beforeAll, describe, expect, inject, it } from 'vitest';
import { startPrivateServer, stopPrivateServer } from '../../src/datasource/private-server.ts';
import { createRandom } from '../../src/demo/scenes/random.ts';
import { scenes } from '../pictures.ts';
import { detect, ended, rowsDone, submit } from '../use-session.ts';
import { killWorker, restartController } from './on-this-node.ts';
import { useCluster } from './use-cluster.ts';

/** More, with the controller, the database and what follows the statement among them: `MILLRACE_POD_KILLS=50 npx vitest run --config vitest.cluster.config.ts test/cluster/many-partitions.test.ts` */
const kills = Number(process.env.MILLRACE_POD_KILLS ?? 2);
const seed = Number(process.env.MILLRACE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const rows = 120 + 50 * kills;
const partitions = rows / 4;
/** Partitions of one row: `MILLRACE_PARTITIONS=10000` */
const tiny = Number(process.env.MILLRACE_PARTITIONS ?? 0);

describe(`many partitions in two pods, with ${kills} interventions (MILLRACE_SEED=${seed})`, {
  timeout: 300_000 + kills * 60_000,
}, () => {
  const cluster = useCluster();
  const rowsOf = (table: string) => cluster.query(`SELECT * FROM ${table} ORDER BY id, detection_no`);
  let expected: unknown[];

  beforeAll(async () => {
    const id = await submit(cluster.session, detect(rows, 'expected', 'partitions = 2'));
    expect(await ended(cluster.session, id)).toMatchObject({ state: 'succeeded' });
    expected = await rowsOf('expected');
  });

  const workerPods = async (id: string) =>
    (await cluster.pods(id)).filter(({ metadata }) => metadata?.labels?.['millrace/source']?.startsWith('worker'));

  it('have each row once; a pod that dies costs its open partitions', async () => {
    const random = createRandom(seed);
    const options = `partitions = ${partitions}, parallelism = 2, cpu = 0.4, commit_rows = 2`;
    const id = await cluster.start(detect(rows, 'killed', options));
    const seen = new Set<string>();
    let engine = await cluster.engineWith();
    const done: Record<string, number> = {};
    const interventions: { readonly [name: string]: () => Promise<boolean> } = {
      async podDeleted() {
        const pod = await runningPod(id);
        if (pod === null) return false;
        await cluster.core.deleteNamespacedPod({ namespace: cluster.namespace, name: pod.name! });
        return true;
      },
      async workerKilled() {
        const pod = await runningPod(id);
        return pod !== null && killWorker(pod.uid!);
      },
      async controllerRestarted() {
        await restartController(async () => {});
        return true;
      },
      async databaseRestarted() {
        await stopPrivateServer(inject('serversFolder'));
        await startPrivateServer(inject('serversFolder'));
        return true;
      },
      async anotherFollows() {
        await engine.close();
        engine = await cluster.engineWith();
        return true;
      },
    };
    const pods = ['podDeleted', 'workerKilled'];
    const runningPod = async (id: string) => {
      const running = (await workerPods(id)).filter(({ status }) => status?.phase === 'Running');
      return running.length === 0 ? null : random.pick(running).metadata!;
    };
    for (let count = 0; count < kills; ) {
      const before = rowsDone(await engine.status(id));
      const status = await cluster.when(id, (status) => rowsDone(status) > before + 2, engine);
      expect([count, rowsDone(status) < rows]).toEqual([count, true]);
      for (const { metadata } of await workerPods(id)) seen.add(metadata!.uid!);
      const name = random.pick(count > 0 && count % 5 === 0 ? Object.keys(interventions) : pods);
      if (!(await interventions[name]!())) continue;
      done[name] = (done[name] ?? 0) + 1;
      count++;
      if (count % 10 === 0) console.info(`${count} interventions, ${rowsDone(status)} of ${rows} rows`);
    }
    const status = await cluster.ended(id);
    expect(status).toMatchObject({ state: 'succeeded', error: null });
    expect(await rowsOf('killed')).toEqual(expected);
    const [step] = status.steps;
    expect(step!.partitions.map(({ state }) => state)).toEqual(new Array(partitions).fill('done'));
    const attempts = step!.partitions.reduce((sum, { attempts }) => sum + attempts, 0);
    // A worker has two partitions open while it goes from one to the next.
    expect(attempts).toBeLessThanOrEqual(partitions + 2 * kills);
    for (const { metadata } of await workerPods(id)) seen.add(metadata!.uid!);
    expect(seen.size).toBeLessThanOrEqual(2 + kills);
    console.info(
      `${partitions} partitions, ${JSON.stringify(done)}, ${seen.size} pods, ${attempts} attempts, MILLRACE_SEED=${seed}`,
    );
  });

  it.skipIf(tiny === 0)(
    `${tiny} of them in eight pods end, each drawn once (skipped without MILLRACE_PARTITIONS)`,
    { timeout: 120_000 + tiny * 300 },
    async () => {
      await cluster.query('CREATE TABLE tiny (id INT PRIMARY KEY, file_name VARCHAR(50))');
      await cluster.query('INSERT INTO tiny VALUES ?', [Array.from({ length: tiny }, (_, id) => [id, scenes[0]])]);
      const text = detect(tiny, 'from_tiny', `partitions = ${tiny}, pods = 8, cpu = 0.2`).replace(
        'FROM shot',
        'FROM tiny',
      );
      const begun = performance.now();
      const id = await cluster.start(text);
      const status = await cluster.ended(id);
      const seconds = Math.round((performance.now() - begun) / 1000);
      expect(status).toMatchObject({ state: 'succeeded', error: null });
      const { partitions } = status.steps[0]!;
      expect(partitions.every(({ state, done, attempts }) => state === 'done' && done === 1 && attempts === 1)).toBe(
        true,
      );
      expect(partitions.length).toBe(tiny);
      const [found] = await cluster.query('SELECT COUNT(DISTINCT id) AS images FROM from_tiny');
      expect(Number(found!.images)).toBe(tiny);
      const pods = await workerPods(id);
      expect(pods.length).toBe(8);
      console.info(`${tiny} partitions in ${pods.length} pods: ${seconds} s`);
    },
  );
});
