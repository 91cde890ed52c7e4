import { KubeConfig, RbacAuthorizationV1Api } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import {
  type KubernetesApi,
  type KubernetesRequest,
  openKubernetesApi,
} from '../../src/engine/argo/kubernetes/kubernetes-api.ts';
import { detect, planOf } from '../use-session.ts';
import { installAccount } from './manifests.ts';
import { useCluster } from './use-cluster.ts';

/** Records the rights that the requests need: https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb */
function recorded(api: KubernetesApi, used: Set<string>): KubernetesApi {
  const note = ({ method = 'GET', path, query = {} }: KubernetesRequest) => {
    const [kind = '', name, part] = path.replace(/^.*\/namespaces\/[^/]+\//, '').split('/');
    const read = query.watch === 'true' ? 'watch' : name === undefined ? 'list' : 'get';
    const verb = { GET: read, POST: 'create', PATCH: 'patch' }[method];
    used.add(`${verb} ${part === undefined ? kind : `${kind}/${part}`}`);
  };
  return {
    stream(request) {
      note(request);
      return api.stream(request);
    },
    json(request) {
      note(request);
      return api.json(request);
    },
  };
}

describe("the server's account", () => {
  const cluster = useCluster();

  /** The API, used by an account of the namespace. */
  async function as(name: string): Promise<KubernetesApi> {
    const { core, namespace, kubeconfig } = cluster;
    const token = await core.createNamespacedServiceAccountToken({
      namespace,
      name,
      body: { spec: { audiences: [], expirationSeconds: 3600 } },
    });
    const config = new KubeConfig();
    config.loadFromClusterAndUser(kubeconfig.getCurrentCluster()!, { name, token: token.status!.token });
    return openKubernetesApi(config);
  }

  it('has all rights that the engine needs', async () => {
    installAccount('millrace-server', cluster.namespace);
    const used = new Set<string>();
    const engine = await cluster.engineWith({}, recorded(await as('millrace-server'), used));
    const over = new AbortController();
    const wrong: unknown[] = [];
    const keeping = engine.keepRecords(over.signal, (error) => wrong.push(error));
    const text = detect(4, 'whole', 'partitions = 2');
    const submission = cluster.submission(text, await planOf(cluster.session, text));
    await engine.submit(submission);
    expect(await cluster.ended(submission.id, engine)).toMatchObject({ state: 'succeeded', error: null });
    const lines: string[] = [];
    for await (const { text } of engine.logs(submission.id)) lines.push(text);
    expect(lines.length).toBeGreaterThan(0);
    const cancelled = cluster.submission(text, submission.plan);
    await engine.submit(cancelled);
    await engine.cancel(cancelled.id);
    expect(await cluster.ended(cancelled.id, engine)).toMatchObject({ state: 'cancelled' });
    expect((await engine.list()).map(({ state }) => state)).toEqual(['cancelled', 'succeeded']);
    over.abort();
    await keeping;
    expect(wrong).toEqual([]);
    const role = await cluster.kubeconfig
      .makeApiClient(RbacAuthorizationV1Api)
      .readNamespacedRole({ namespace: cluster.namespace, name: 'millrace-server' });
    const given = role.rules?.flatMap(({ resources = [], verbs }) =>
      resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)),
    );
    expect([...used].filter((right) => !right.endsWith(' nodes')).toSorted()).toEqual(given?.toSorted());
  });

  it('gets an error that names the missing right', async () => {
    const engine = await cluster.engineWith({}, await as('default'));
    const text = detect(4, 'never', 'partitions = 1');
    const submission = cluster.submission(text, await planOf(cluster.session, text));
    await expect(engine.submit(submission)).rejects.toMatchObject({
      code: 'KUBERNETES_REFUSED',
      message: `system:serviceaccount:${cluster.namespace}:default may not create workflows in the namespace ${cluster.namespace}`,
      hint: 'bind it to a Role with apiGroups ["argoproj.io"], resources ["workflows"], verbs ["create"]',
    });
  });
});
