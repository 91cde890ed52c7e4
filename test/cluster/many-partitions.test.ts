import { beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../src/demo/scenes/random.ts';
import { detect, ended, rowsDone, submit } from '../use-session.ts';
import { killWorker } from './on-this-node.ts';
import { useCluster } from './use-cluster.ts';

/** More: `MILLRACE_POD_KILLS=50 npx vitest run --config vitest.cluster.config.ts test/cluster/many-partitions.test.ts` */
const kills = Number(process.env.MILLRACE_POD_KILLS ?? 2);
const seed = Number(process.env.MILLRACE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const rows = 120 + 12 * kills;
const partitions = rows / 4;

describe(`many partitions in two pods, of which ${kills} are killed (MILLRACE_SEED=${seed})`, {
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
    for (let killed = 0; killed < kills; ) {
      const before = rowsDone(await cluster.engine.status(id));
      const status = await cluster.when(id, (status) => rowsDone(status) > before + 2);
      expect(rowsDone(status)).toBeLessThan(rows);
      const pods = (await workerPods(id)).filter(({ status }) => status?.phase === 'Running');
      for (const { metadata } of await workerPods(id)) seen.add(metadata!.uid!);
      if (pods.length === 0) continue;
      const { name, uid } = random.pick(pods).metadata!;
      if (random.chance(0.5)) await cluster.core.deleteNamespacedPod({ namespace: cluster.namespace, name: name! });
      else if (!(await killWorker(uid!))) continue;
      killed++;
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
      `${partitions} partitions, ${kills} kills, ${seen.size} pods, ${attempts} attempts, MILLRACE_SEED=${seed}`,
    );
  });
});
