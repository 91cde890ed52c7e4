import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ObservedWorkflow } from '../../src/engine/argo/workflows/observed-workflow.ts';
import type { LogLine } from '../../src/engine/engine.ts';
import { scenes } from '../pictures.ts';
import { s3Program, useS3 } from '../s3/versitygw.ts';
import { detect, planOf, rowsDone } from '../use-session.ts';
import { forward } from './forward.ts';
import { runsOwnArgo } from './on-this-node.ts';
import { nodeAddress, useCluster } from './use-cluster.ts';

type Workflow = ObservedWorkflow & {
  status: { progress?: string; nodes?: Record<string, { displayName: string; type: string; progress?: string }> };
};

describe('what operators see', () => {
  const cluster = useCluster();
  const s3 = useS3();
  const workflowOf = async (id: string) =>
    (await cluster.custom.getNamespacedCustomObject({
      group: 'argoproj.io',
      version: 'v1alpha1',
      plural: 'workflows',
      namespace: cluster.namespace,
      name: `millrace-${id}-1`,
    })) as Workflow;

  /** Whether Argo shows of each worker's pod how many of its 1,500 rows are done, and of the workflow the sum with `prepare`. */
  const rowsShown = async (id: string) => {
    const { nodes = {}, progress } = (await workflowOf(id)).status;
    const pods = Object.values(nodes).filter(({ type, displayName }) => type === 'Pod' && /^worker/.test(displayName));
    const parts = pods.map(({ progress = '' }) => progress.split('/').map(Number) as [number, number]);
    return (
      parts.length === 2 &&
      parts.every(([done, share]) => share === 1500 && done > 0 && done < share) &&
      progress === `${parts.reduce((sum, [done]) => sum + done, 1)}/3001`
    );
  };

  it('logs stay when the pods are gone', async () => {
    const id = await cluster.start(detect(6, 'logged', 'partitions = 2'));
    expect(await cluster.ended(id)).toMatchObject({ state: 'succeeded', error: null });
    await cluster.noPodsLeft(id);
    const read = async () => {
      const lines: LogLine[] = [];
      for await (const line of cluster.engine.logs(id)) lines.push(line);
      return lines;
    };
    const before = await read();
    expect(before.length).toBeGreaterThan(5);
    const closing = new AbortController();
    onTestFinished(() => closing.abort());
    void cluster.engine.keepRecords(closing.signal, (error) => console.error(error));
    const due = async () =>
      (await cluster.query(`SELECT * FROM \`${cluster.database.systemSchema}\`.due_logs WHERE statement_id = ?`, [id]))
        .length;
    await expect.poll(due, { timeout: 60_000 }).toBe(0);
    const { namespace } = cluster;
    for (const { metadata } of await cluster.pods(id))
      await cluster.core.deleteNamespacedPod({ namespace, name: metadata!.name! });
    await expect.poll(async () => (await cluster.pods(id)).length, { timeout: 60_000 }).toBe(0);
    expect(await read()).toEqual(before);
  });

  it("Argo's own controller calls a step by its table; a cancelled statement says so", async () => {
    const id = await cluster.start(detect(60, 'shown', 'partitions = 2'));
    expect(await cluster.ended(id)).toMatchObject({ state: 'succeeded', error: null });
    const { metadata, status } = await workflowOf(id);
    expect(metadata.annotations?.['workflows.argoproj.io/title']).toMatch(/^shown · detect · |^\w+\.shown · detect · /);
    if (await runsOwnArgo()) {
      const nodes = Object.values(status.nodes ?? {});
      const names = nodes.map(({ displayName }) => displayName);
      expect(names).toContain('shown');
      // A node that may be retried keeps the name of its task until Argo looks at it again.
      for (const either of [
        ['prepare', 'select-rows'],
        ['finish', 'publish-shown'],
      ])
        expect(names.filter((name) => either.includes(name))).toHaveLength(1);
    }
    const stopped = await cluster.start(detect(3000, 'stopped', 'partitions = 20, parallelism = 2, cpu = 0.2'));
    await cluster.when(stopped, (status) => rowsDone(status) > 0);
    // Argo's executor reports it once a minute: ARGO_PROGRESS_PATCH_TICK_DURATION.
    if (await runsOwnArgo())
      await expect.poll(() => rowsShown(stopped), { timeout: 240_000, interval: 1000 }).toBe(true);
    await cluster.engine.cancel(stopped);
    expect((await cluster.ended(stopped)).state).toBe('cancelled');
    const { metadata: cancelled } = await workflowOf(stopped);
    expect(cancelled.annotations?.['workflows.argoproj.io/title']).toMatch(/^cancelled: /);
    expect(cancelled.labels?.['millrace/cancelled']).toBe('true');
  });

  it.skipIf(s3Program === null)(
    'images and models come from buckets, with credentials from a Secret only (skipped if Go cannot install an S3 server)',
    async () => {
      const { server, port } = await forward(nodeAddress(cluster.kubeconfig), Number(new URL(s3.endpoint).port));
      onTestFinished(() => void server.close());
      await s3.createBucket('datasets');
      for (const name of scenes.slice(0, 2))
        await s3.put('datasets', `scenes/${name}`, await readFile(join(cluster.pictures.folder, name)));
      await s3.put('datasets', 'demo.onnx', await readFile(join(import.meta.dirname, '../../models/demo.onnx')));
      await cluster.core.createNamespacedSecret({
        namespace: cluster.namespace,
        body: {
          metadata: { name: 'buckets' },
          stringData: { AWS_ACCESS_KEY_ID: s3.accessKeyId, AWS_SECRET_ACCESS_KEY: s3.secretAccessKey },
        },
      });
      const settings = {
        MILLRACE_BUCKETS: 'datasets',
        MILLRACE_S3_ENDPOINT: `http://${nodeAddress(cluster.kubeconfig)}:${port}`,
        MILLRACE_S3_SECRET: 'buckets',
      };
      const engine = await cluster.engineWith(settings);
      vi.stubEnv('MILLRACE_BUCKETS', 'datasets');
      onTestFinished(() => void vi.unstubAllEnvs());
      const text = detect(4, 'from_bucket', 'partitions = 1, max_failed_rows = 4')
        .replace('--model=demo', '--model=s3://datasets/demo.onnx')
        .replace('--image_dir=/datasets', '--image_dir=s3://datasets/scenes');
      const submission = cluster.submission(text, await planOf(cluster.session, text));
      await engine.submit(submission);
      const ended = await cluster.ended(submission.id, engine);
      expect(ended.error).toBeNull();
      const found = await cluster.query('SELECT COUNT(DISTINCT id) AS images FROM from_bucket');
      expect(Number(found[0]?.images)).toBe(2);
      const seen: unknown[] = [await workflowOf(submission.id), await cluster.pods(submission.id), ended];
      for await (const line of engine.logs(submission.id)) seen.push(line);
      for (const secret of [s3.accessKeyId, s3.secretAccessKey]) expect(JSON.stringify(seen)).not.toContain(secret);
    },
  );
});
