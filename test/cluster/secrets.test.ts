import { describe, expect, it } from 'vitest';
import { detect } from '../use-session.ts';
import { useCluster } from './use-cluster.ts';

describe('no secret', () => {
  const cluster = useCluster();

  it('is in a workflow, a pod, a log, an event or a status', async () => {
    const { core, custom, namespace, engine } = cluster;
    const id = await cluster.start(detect(4, 'whole', 'partitions = 2'));
    const broken = detect(4, 'broken', 'partitions = 1').replace('"--model=demo"', '"--model=/models/gone.onnx"');
    const failed = await cluster.start(broken);
    const seen: unknown[] = [await cluster.ended(id), await cluster.ended(failed)];
    for (const statement of [id, failed]) for await (const line of engine.logs(statement)) seen.push(line);
    const { items: pods } = await core.listNamespacedPod({ namespace });
    for (const { metadata, spec } of pods) {
      for (const { name: container } of [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]) {
        seen.push(await core.readNamespacedPodLog({ namespace, name: metadata!.name!, container }));
      }
    }
    for (const plural of ['workflows', 'workflowtaskresults']) {
      const kind = { group: 'argoproj.io', version: 'v1alpha1', plural, namespace };
      seen.push(await custom.listNamespacedCustomObject(kind));
    }
    seen.push(pods, await core.listNamespacedEvent({ namespace }), await core.listNamespacedConfigMap({ namespace }));
    expect(secretsIn(await core.listNamespacedSecret({ namespace }))).not.toEqual([]);
    expect(secretsIn(seen)).toEqual([]);
  });

  /** The written forms of the password that the text contains. */
  function secretsIn(seen: unknown): readonly string[] {
    const everything = JSON.stringify(seen);
    const { password } = cluster.database.datasource;
    const forms = [password, encodeURIComponent(password), JSON.stringify(password).slice(1, -1)];
    return [...forms, ...forms.flatMap(base64)].filter((form) => everything.includes(form));
  }
});

/** Base64 of any text that contains it: three forms, depending on the offset at which it starts. */
function base64(text: string): readonly string[] {
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.from(' '.repeat(before) + text)
      .toString('base64')
      .replaceAll('=', '');
    return encoded.slice(before === 0 ? 0 : before + 1, -1);
  });
}
