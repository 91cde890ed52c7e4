import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RunningServer } from '../../src/server/serve.ts';
import { type StandInCluster, standInForCluster } from '../engine/argo/cluster-stand-in.ts';
import { useServer } from './use-server.ts';

const completed = {
  metadata: { labels: { 'workflows.argoproj.io/completed': 'true' } },
  status: { phase: 'Succeeded' },
};

describe('a server whose statements run on Argo, with a stand-in for the cluster', () => {
  const test = useServer({ runningStatementsPerUser: 1, queuedStatementsPerUser: 2 }, { running: false });
  let cluster: StandInCluster;
  let server: RunningServer;

  beforeAll(async () => {
    cluster = await standInForCluster();
    const file = join(test.environment.MILLRACE_STATE!, 'kubeconfig');
    await writeFile(file, cluster.config.exportConfig());
    vi.stubEnv('KUBECONFIG', file);
    server = await test.another({ MILLRACE_ENGINE: 'argo', MILLRACE_WORKER_IMAGE: 'millrace/worker:1' });
  });

  afterAll(() => vi.unstubAllEnvs());

  const submit = async (table: string) => {
    const body = { sql: `CREATE TABLE ${table} AS SELECT 1 AS one`, wait: 0 };
    return test.json('POST', '/v1/statements', { url: server.url, body });
  };
  const now = async (id: string) => (await test.json('GET', `/v1/statements/${id}`, { url: server.url })).body;
  const workflowOf = (id: string) => `millrace-${id}-1`;

  it('queues the statements of a user beyond the running ones, starts them in turn, and rejects those beyond the queue', async () => {
    const answers = [await submit('one'), await submit('two'), await submit('three')];
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    const [first, second, third] = answers.map(({ body }) => body.id) as [string, string, string];
    expect((await submit('four')).body).toMatchObject({ status: 429, code: 'TOO_MANY_STATEMENTS' });
    expect([...cluster.workflows.keys()]).toEqual([workflowOf(first)]);
    expect(await now(second)).toMatchObject({ state: 'queued', queuePosition: 1, startedAt: null, error: null });
    expect(await now(third)).toMatchObject({ state: 'queued', queuePosition: 2 });
    cluster.change(workflowOf(first), completed);
    await vi.waitFor(() => expect(cluster.workflows.has(workflowOf(second))).toBe(true), { timeout: 20_000 });
    expect(await now(first)).toMatchObject({ state: 'succeeded', queuePosition: null });
    await vi.waitFor(async () => expect(await now(third)).toMatchObject({ state: 'queued', queuePosition: 1 }), {
      timeout: 20_000,
    });
  });
});

describe('a datasource with a namespace of its own', () => {
  const test = useServer({}, { running: false });
  let cluster: StandInCluster;
  let server: RunningServer;

  beforeAll(async () => {
    cluster = await standInForCluster('team-a');
    const file = join(test.environment.MILLRACE_STATE!, 'kubeconfig');
    await writeFile(file, cluster.config.exportConfig());
    vi.stubEnv('KUBECONFIG', file);
    const configuration = join(test.environment.MILLRACE_STATE!, 'team.yaml');
    const { users } = JSON.parse(await readFile(test.environment.MILLRACE_SERVER_CONFIG!, 'utf8'));
    const { dsn, systemDsn, readerDsn } = test.database.accounts;
    const secrets = { secret: 'team/dsn', systemSecret: 'team/system', readerSecret: 'team/reader' };
    const place = { namespace: 'team-a', serviceAccount: 'team-pods', schema: test.database.systemSchema };
    const datasources = { team: { dsn, systemDsn, readerDsn, ...secrets, ...place } };
    await writeFile(configuration, JSON.stringify({ users, datasources }));
    server = await test.another({
      MILLRACE_ENGINE: 'argo',
      MILLRACE_WORKER_IMAGE: 'millrace/worker:1',
      MILLRACE_SERVER_CONFIG: configuration,
      MILLRACE_DATASOURCE: '',
      MILLRACE_SYSTEM_DATASOURCE: '',
      MILLRACE_READER_DATASOURCE: '',
    });
  });

  afterAll(() => vi.unstubAllEnvs());

  it('has its workflows there, with its account, and the server follows them there', async () => {
    const body = { sql: 'CREATE TABLE there AS SELECT 1 AS one', wait: 0 };
    const { body: submitted } = await test.json('POST', '/v1/statements', { url: server.url, body });
    const name = `millrace-${submitted.id}-1`;
    expect(cluster.workflows.get(name)).toMatchObject({
      metadata: { namespace: 'team-a' },
      spec: { serviceAccountName: 'team-pods', executor: { serviceAccountName: 'team-pods' } },
    });
    cluster.change(name, completed);
    const now = async () => (await test.json('GET', `/v1/statements/${submitted.id}`, { url: server.url })).body.state;
    await vi.waitFor(async () => expect(await now()).toBe('succeeded'), { timeout: 20_000 });
    const elsewhere = cluster.seen.filter(({ path }) => path.includes('/namespaces/') && !path.includes('/team-a/'));
    expect(elsewhere).toEqual([]);
  });
});
