import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { startPrivateServer, stopPrivateServer } from '../../src/datasource/private-server.ts';
import { detect, ended, rowsDone, submit } from '../use-session.ts';
import { killWorker, restartController } from './on-this-node.ts';
import { useCluster } from './use-cluster.ts';

const rows = 240;

describe('a statement has the same rows if, in the middle of its run,', () => {
  const cluster = useCluster();
  const rowsOf = (table: string) => cluster.query(`SELECT * FROM ${table} ORDER BY id, detection_no`);
  let expected: unknown[];

  beforeAll(async () => {
    const id = await submit(cluster.session, detect(rows, 'expected', 'partitions = 2'));
    expect(await ended(cluster.session, id)).toMatchObject({ state: 'succeeded' });
    expected = await rowsOf('expected');
  });

  const inTheMiddle = async (table: string, engine = cluster.engine) => {
    const id = await cluster.start(detect(rows, table, 'partitions = 2, cpu = 0.4, commit_rows = 2'));
    const status = await cluster.when(id, (status) => rowsDone(status) > 0, engine);
    expect(rowsDone(status)).toBeLessThan(rows);
    return id;
  };

  /** @returns how often workers started a partition */
  const endsWell = async (id: string, table: string) => {
    const status = await cluster.ended(id);
    expect(status).toMatchObject({ state: 'succeeded', error: null });
    expect(await rowsOf(table)).toEqual(expected);
    return status.steps[0]!.partitions.reduce((sum, { attempts }) => sum + attempts, 0);
  };

  const runningPod = async (id: string) => {
    const found = (await cluster.pods(id)).find(
      ({ metadata, status }) =>
        metadata?.labels?.['millrace/source']?.startsWith('worker') && status?.phase === 'Running',
    );
    return found!.metadata!;
  };

  it('a pod is deleted', async () => {
    const id = await inTheMiddle('pod_deleted');
    await cluster.core.deleteNamespacedPod({ namespace: cluster.namespace, name: (await runningPod(id)).name! });
    expect(await endsWell(id, 'pod_deleted')).toBe(3);
  });

  it('a container is killed with -9', async () => {
    const id = await inTheMiddle('container_killed');
    expect(await killWorker((await runningPod(id)).uid!)).toBe(true);
    expect(await endsWell(id, 'container_killed')).toBe(3);
  });

  it('another process takes over following it', async () => {
    const first = await cluster.engineWith();
    const id = await inTheMiddle('another_follows', first);
    await first.close();
    await endsWell(id, 'another_follows');
  });

  it('the workflow controller dies and is restarted', async () => {
    const id = await inTheMiddle('controller_restarted');
    await restartController(async () => {
      const before = rowsDone(await cluster.engine.status(id));
      await cluster.when(id, (status) => rowsDone(status) > before || rowsDone(status) === rows);
    });
    await endsWell(id, 'controller_restarted');
  });

  it('the database is restarted', async () => {
    const id = await inTheMiddle('database_restarted');
    await stopPrivateServer(inject('serversFolder'));
    await sleep(2000);
    await startPrivateServer(inject('serversFolder'));
    await endsWell(id, 'database_restarted');
  });

  it('it is cancelled, which stops the pods within seconds, and then retried', async () => {
    const engine = await cluster.engineWith();
    const id = await inTheMiddle('cancelled_then_retried');
    const asked = performance.now();
    await engine.cancel(id);
    const status = await cluster.ended(id, engine);
    expect(performance.now() - asked).toBeLessThan(25_000);
    expect(status).toMatchObject({ state: 'cancelled', error: { code: 'CANCELLED' } });
    await cluster.noPodsLeft(id);
    await engine.retry(id);
    expect(await cluster.ended(id, engine)).toMatchObject({ state: 'succeeded', error: null });
    expect(await rowsOf('cancelled_then_retried')).toEqual(expected);
  });

  it('its workflow is deleted, and it is then retried', async () => {
    const engine = await cluster.engineWith();
    const id = await inTheMiddle('workflow_deleted');
    await cluster.custom.deleteNamespacedCustomObject({
      group: 'argoproj.io',
      version: 'v1alpha1',
      namespace: cluster.namespace,
      plural: 'workflows',
      name: `millrace-${id}-1`,
    });
    const asked = performance.now();
    expect(await cluster.ended(id, engine)).toMatchObject({
      state: 'interrupted',
      error: { code: 'WORKFLOW_DELETED' },
    });
    expect(performance.now() - asked).toBeLessThan(10_000);
    await engine.retry(id);
    expect(await cluster.ended(id, engine)).toMatchObject({ state: 'succeeded', error: null });
    expect(await rowsOf('workflow_deleted')).toEqual(expected);
  });
});
