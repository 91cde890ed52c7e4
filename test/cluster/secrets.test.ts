import { describe, expect, it } from 'vitest';
import { detect } from '../use-session.ts';
import { useCluster } from './use-cluster.ts';

describe('no secret', () => {
  const cluster = useCluster();

  it('is in a workflow, a pod, a log, an event or a status', async () => {
    const { core, custom, namespace, engine, database } = cluster;
    const id = await cluster.start(detect(4, 'whole', 'partitions = 2'));
    const broken = detect(4, 'broken', 'partitions = 1').replace('"--model=demo"', '"--model=/models/gone.onnx"');
    const failed = await cluster.start(broken);
    const seen: unknown[] = [await cluster.ended(id), await cluster.ended(failed)];
    for (const statement of [id, failed]) for await (const line of engine.logs(statement)) seen.push(line);
    const workflows = { group: 'argoproj.io', version: 'v1alpha1', plural: 'workflows', namespace };
    seen.push(await custom.listNamespacedCustomObject(workflows));
    seen.push(await core.listNamespacedPod({ namespace }));
    seen.push(await core.listNamespacedEvent({ namespace }));
    const everything = JSON.stringify(seen);
    expect(everything.length).toBeGreaterThan(20_000);
    const { password } = database.datasource;
    for (const secret of [password, encodeURIComponent(password), JSON.stringify(password).slice(1, -1)]) {
      expect(everything.includes(secret)).toBe(false);
    }
  });
});
