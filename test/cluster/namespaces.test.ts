import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { loadAll } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { mariadb, type TestDatabase, useDatabase } from '../database.ts';
import type { KubernetesObject } from '../deploy/read-manifest.ts';
import { detect } from '../use-session.ts';
import { accountKubeconfig } from './account-kubeconfig.ts';
import { kubectl } from './kubectl.ts';
import { apply, installAccount, installNamespace } from './manifests.ts';
import { useArgoServer } from './use-argo-server.ts';
import { fillClaims, makeNamespace, useCluster } from './use-cluster.ts';

const chart = fileURLToPath(new URL('../../deploy/chart', import.meta.url));
const helmIsHere = spawnSync('helm', ['version']).status === 0;

type User = 'ada' | 'bob';

describe.skipIf(!helmIsHere)('two datasources with namespaces of their own (skipped where Helm is missing)', () => {
  const cluster = useCluster();
  const other = useDatabase(mariadb);
  const server = useArgoServer<User>(cluster, {
    ada: { role: 'user', datasources: ['a'] },
    bob: { role: 'user', datasources: ['b'] },
  });
  const namespaceOf = (datasource: string) => `${cluster.namespace}-${datasource}`;

  beforeAll(async () => {
    const { database, namespace: home, kubeconfig, config } = cluster;
    installAccount('millrace-server', home);
    await makeNamespace({ ...cluster, namespace: namespaceOf('a') }, cluster.dsnInPods(database.dsn));
    await fillClaims({ ...cluster, namespace: namespaceOf('a') });
    installNamespace(namespaceOf('b'));
    apply(
      rendered(home, {
        a: { namespace: namespaceOf('a') },
        b: { namespace: namespaceOf('b'), serviceAccount: 'team-b', quota: { 'requests.nvidia.com/gpu': 0 } },
      }),
    );
    const datasources: Record<string, object> = {};
    for (const [name, { accounts, systemSchema }] of [
      ['a', database],
      ['b', other],
    ] as [string, TestDatabase][]) {
      const dsns = { user: accounts.dsn, system: accounts.systemDsn!, reader: accounts.readerDsn };
      await cluster.core.createNamespacedSecret({
        namespace: namespaceOf(name),
        body: {
          metadata: { name: 'accounts' },
          stringData: Object.fromEntries(Object.entries(dsns).map(([key, dsn]) => [key, cluster.dsnInPods(dsn)])),
        },
      });
      datasources[name] = {
        dsn: dsns.user,
        secret: 'accounts/user',
        systemDsn: dsns.system,
        systemSecret: 'accounts/system',
        namespace: namespaceOf(name),
        schema: systemSchema,
        ...(name === 'b' && { serviceAccount: 'team-b' }),
      };
    }
    const account = await accountKubeconfig({ ...cluster, kubeconfig }, 'millrace-server', config.stateFolder);
    await server.start({ file: { datasources }, environment: { KUBECONFIG: account } });
  });

  afterAll(() => {
    for (const name of ['a', 'b']) kubectl(['delete', 'namespace', namespaceOf(name), '--wait=false']);
  });

  /** What the chart renders for a release in `home`. */
  function rendered(home: string, datasources: Readonly<Record<string, object>>): readonly KubernetesObject[] {
    const written = Object.entries(datasources).map(([name, options]) => [
      name,
      { secret: 'accounts', key: 'user', ...options },
    ]);
    const values = JSON.stringify({ server: { datasources: Object.fromEntries(written) } });
    const only = ['--kube-version', '1.30.0', '--show-only', 'templates/namespaces.yaml'];
    const options = ['--namespace', home, ...only, '--values', '-'];
    const { stdout, stderr } = spawnSync('helm', ['template', 'millrace', chart, ...options], {
      encoding: 'utf8',
      input: values,
    });
    if (stdout === '') throw new Error(stderr);
    return (loadAll(stdout) as (KubernetesObject | null)[]).filter((object) => object !== null);
  }

  const submit = (user: User, sql: string) =>
    server.json(user, 'POST', '/v1/statements', { body: { sql, wait: 0, datasource: user === 'ada' ? 'a' : 'b' } });

  // biome-ignore lint/suspicious/noExplicitAny: what the API answers
  async function until(user: User, id: string, holds: (body: any) => boolean) {
    const shown = async () => {
      const { status, body } = await server.json(user, 'GET', `/v1/statements/${id}`);
      expect([status, body.code]).toEqual([200, undefined]);
      expect(holds(body)).toBe(true);
      return body;
    };
    // Requests per minute are limited.
    return vi.waitFor(shown, { timeout: 240_000, interval: 500 });
  }

  async function run(user: User, sql: string) {
    const { status, body } = await submit(user, sql);
    expect([status, body.code]).toEqual([202, undefined]);
    return until(user, body.id, ({ state }) => ['succeeded', 'failed', 'cancelled'].includes(state));
  }

  const workflowsIn = (namespace: string) =>
    kubectl(['get', 'workflows', '-n', namespace, '-o', 'name']).out.trim().split('\n').filter(Boolean);

  it('run each in its own, with its account, on its database', async () => {
    const [a, b] = await Promise.all([
      run('ada', 'CREATE TABLE made AS SELECT 1 AS one;'),
      run('bob', 'CREATE TABLE made AS SELECT 2 AS two;'),
    ]);
    expect([a.state, a.error, b.state, b.error]).toEqual(['succeeded', null, 'succeeded', null]);
    expect(await cluster.query('SELECT * FROM made')).toMatchObject([{ one: expect.anything() }]);
    expect((await other.pool.query('SELECT * FROM made'))[0]).toMatchObject([{ two: expect.anything() }]);
    expect(workflowsIn(namespaceOf('a'))).toEqual([`workflow.argoproj.io/millrace-${a.id}-1`]);
    expect(workflowsIn(namespaceOf('b'))).toEqual([`workflow.argoproj.io/millrace-${b.id}-1`]);
    expect(workflowsIn(cluster.namespace)).toEqual([]);
    const accountIn = (name: string) =>
      kubectl(['get', 'pods', '-n', namespaceOf(name), '-o', 'jsonpath={.items[*].spec.serviceAccountName}']).out;
    expect([accountIn('a'), accountIn('b')]).toEqual(['workflow', 'team-b']);
  });

  it('the quota of one does not bind the other', async () => {
    // The node's GPUs are only counted.
    const onGpu = detect(2, 'on_gpu', 'partitions = 1, gpu = 1, cpu = 0.2')
      .replace('FROM shot', 'FROM picture')
      .replace('"yolo"', '"yolo", "--device=auto"');
    await cluster.query('CREATE TABLE picture AS SELECT * FROM shot LIMIT 2');
    await other.pool.query("CREATE TABLE picture AS SELECT 1 AS id, 'scene-1.jpg' AS file_name");
    const { body } = await submit('bob', onGpu);
    const waiting = await until('bob', body.id, ({ error }) => error !== null);
    expect(waiting.error.message).toContain('quota millrace-b');
    expect(await run('ada', onGpu)).toMatchObject({ state: 'succeeded', error: null });
    await server.json('bob', 'POST', `/v1/statements/${body.id}/cancel`);
  });

  it('users see only theirs, and the server may do nothing elsewhere', async () => {
    const { status, body } = await server.json('ada', 'POST', '/v1/statements', {
      body: { sql: 'SELECT 1', datasource: 'b' },
    });
    expect([status, body.code]).toEqual([expect.any(Number), expect.any(String)]);
    expect(status).toBeGreaterThanOrEqual(400);
    const may = (verb: string, kind: string, namespace: string) => {
      const account = `system:serviceaccount:${cluster.namespace}:millrace-server`;
      try {
        return kubectl(['auth', 'can-i', verb, kind, '-n', namespace, `--as=${account}`]).out.trim();
      } catch {
        return 'no';
      }
    };
    for (const name of ['a', 'b']) {
      expect(may('create', 'workflows.argoproj.io', namespaceOf(name))).toBe('yes');
      for (const kind of ['secrets', 'pods/exec'])
        expect([kind, may('get', kind, namespaceOf(name))]).toEqual([kind, 'no']);
    }
    expect(may('create', 'workflows.argoproj.io', 'default')).toBe('no');
  });
});
