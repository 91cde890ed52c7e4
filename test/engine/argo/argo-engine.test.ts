import { randomUUIDv7 } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openArgoEngine } from '../../../src/engine/argo/argo-engine.ts';
import { type KubernetesApi, openKubernetesApi } from '../../../src/engine/argo/kubernetes/kubernetes-api.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import { openAttempts } from '../../../src/ledger/attempts.ts';
import { readTransitions } from '../../../src/ledger/history.ts';
import { migrate } from '../../../src/ledger/migrate.ts';
import type { StatementStatus, Submission } from '../../../src/ledger/statement-status.ts';
import { openStatementStore } from '../../../src/ledger/statement-store.ts';
import type { Deployment } from '../../../src/workflow/workflow.ts';
import { mariadb, useDatabase } from '../../database.ts';
import { deployment, render, runStep } from '../../workflow/deployment.ts';
import { kubeconfig, refuse } from './api-server-stand-in.ts';
import { type StandInCluster, type StandInPod, standInForCluster } from './cluster-stand-in.ts';

const steps = [runStep({ name: 'step-1' }), runStep({ name: 'step-2', needs: ['step-1'] })];
const completed = { metadata: { labels: { 'workflows.argoproj.io/completed': 'true' } } };

describe('the engine on Argo, with a stand-in for the cluster', () => {
  const database = useDatabase(mariadb);
  let cluster: StandInCluster;
  let engine: Engine;
  let submission: Submission;
  /** Name of an attempt's workflow. */
  const name = (attempt = 1) => `millrace-${submission.id}-${attempt}`;
  const node = (path: string, rest: object) => ({
    [path]: { id: path, name: `${name()}.${path}`, type: 'Pod', ...rest },
  });

  beforeAll(() => migrate(database.pool, database.systemSchema));

  beforeEach(async () => {
    cluster = await standInForCluster();
    engine = newEngine();
    submission = {
      id: randomUUIDv7(),
      text: 'SELECT 1',
      plan: { kind: 'plan', version: 6, steps },
      submittedBy: 'ada',
      server: null,
    };
  });

  afterEach(() => engine.close());

  /** A cluster where no server listens. */
  const unreachable = openKubernetesApi(kubeconfig('http://127.0.0.1:9'));

  function newEngine(api: KubernetesApi = cluster.api, changes: Partial<Deployment> = {}): Engine {
    const { pool, systemSchema: schema } = database;
    return openArgoEngine({ api, pool, deployment: { ...deployment, schema, ...changes } });
  }

  /** The states that a follower sees while `controller` changes the workflow. */
  async function follow(controller: (status: StatementStatus) => void): Promise<StatementStatus[]> {
    const seen: StatementStatus[] = [];
    for await (const status of engine.events(submission.id)) {
      seen.push(status);
      controller(status);
    }
    return seen;
  }

  async function failedWith(message: string): Promise<StatementStatus> {
    await engine.submit(submission);
    const nodes = node('step-1', { type: 'DAG', phase: 'Failed' });
    Object.assign(nodes, node('step-1.prepare', { phase: 'Failed', message }));
    cluster.change(name(), { ...completed, status: { phase: 'Failed', nodes } });
    return engine.status(submission.id);
  }

  it('stops a workflow whose pod waits too long, and says why its statement failed', async () => {
    const [first, second] = steps;
    const plan = { ...submission.plan, steps: [{ ...first!, pendingSeconds: 30 }, second!] };
    await engine.submit({ ...submission, plan });
    expect(cluster.workflows.get(name())?.metadata.labels).toMatchObject({ 'millrace/pending-timeout': 'true' });
    const startedAt = new Date(Date.now() - 60_000).toISOString();
    const pod = { phase: 'Pending', startedAt, message: 'Unschedulable: 0/1 nodes are available: 1 Insufficient cpu.' };
    const nodes = { ...node('step-1', { type: 'DAG', phase: 'Running' }), ...node('step-1.prepare(0)', pod) };
    cluster.change(name(), { status: { phase: 'Running', nodes } });
    expect(await engine.status(submission.id)).toMatchObject({ state: 'running' });
    expect(cluster.workflows.get(name())?.spec.shutdown).toBe('Stop');
    expect(await engine.status(submission.id)).toMatchObject({ state: 'running' });
    const stopped = { phase: 'Failed', message: "Stopped with strategy 'Stop'" };
    const ended = { ...node('step-1', { type: 'DAG', phase: 'Failed' }), ...node('step-1.prepare(0)', stopped) };
    cluster.change(name(), { ...completed, status: { phase: 'Failed', nodes: ended } });
    const error = {
      code: 'PENDING_TIMEOUT',
      message: 'prepare of step-1 waited longer than 30 s before it ran: no node has enough free cpu',
    };
    expect(await engine.status(submission.id)).toMatchObject({
      state: 'failed',
      error,
      steps: [{ state: 'failed', error }, { state: 'pending' }],
    });
  });

  it('goes on by itself in another attempt after nodes have taken its pods away', async () => {
    await engine.submit(submission);
    const removed = (attempt: number) => {
      const path = `${name(attempt)}.step-1.partition(0:0)`;
      const pods = [0, 1, 2, 3].map((at) => ({ id: `${at}`, name: `${path}(${at})`, type: 'Pod', phase: 'Failed' }));
      const children = pods.map(({ id }) => id);
      const retry = { id: 'r', name: path, type: 'Retry', phase: 'Failed', message: 'No more retries left', children };
      const message = 'Pod was terminated in response to imminent node shutdown.';
      const nodes = Object.fromEntries([retry, ...pods].map((each) => [each.id, { message, ...each }]));
      cluster.change(name(attempt), { ...completed, status: { phase: 'Failed', nodes } });
    };
    const seen = await follow(({ state }) => {
      if (state === 'queued' && !cluster.workflows.has(name(2))) removed(1);
      else if (cluster.workflows.has(name(2))) {
        cluster.change(name(2), { ...completed, status: { phase: 'Succeeded', nodes: {} } });
      }
    });
    expect(seen.at(-1)).toMatchObject({ state: 'succeeded', error: null });
    expect([...cluster.workflows.keys()]).toEqual([name(1), name(2)]);
  });

  it('creates one workflow, however often a statement is submitted', async () => {
    await Promise.all([engine.submit(submission), newEngine().submit(submission)]);
    await engine.submit(submission);
    expect([...cluster.workflows.keys()]).toEqual([name()]);
    expect(await engine.status(submission.id)).toMatchObject({ state: 'queued', error: null, startedAt: null });
    const { id, text, submittedBy } = submission;
    const rendered = render(steps, {
      submission: { id, text, submittedBy },
      deployment: { schema: database.systemSchema },
    });
    expect(cluster.workflows.get(name())).toMatchObject(JSON.parse(JSON.stringify(rendered)));
  });

  it("runs a reader's statement with the account of readers, and others with the account of users", async () => {
    const engine = newEngine(cluster.api, { readerDatasource: { secret: 'reader', key: 'dsn' } });
    const sql = {
      name: 'step-1',
      kind: 'sql',
      sql: 'SELECT 1',
      onlyReads: true,
      isolated: true,
      runsOthers: false,
    } as const;
    const { needs, span } = steps[0]!;
    const plan = { kind: 'plan', version: 6, steps: [{ needs, span, ...sql }] } as const;
    for (const [readOnly, secret] of [
      [true, 'reader'],
      [false, 'database'],
    ] as const) {
      const id = randomUUIDv7();
      await engine.submit({
        ...submission,
        id,
        plan,
        server: { readOnly, resultBytes: 1024, statementSeconds: null, labels: {} },
      });
      const workflow = JSON.stringify(cluster.workflows.get(`millrace-${id}-1`));
      expect([...workflow.matchAll(/"secretKeyRef":\{"name":"(\w+)"/g)].map(([, name]) => name)).toEqual([secret]);
    }
    await engine.close();
  });

  it('follows a statement to its end, and still knows it after its workflow was deleted', async () => {
    await engine.submit(submission);
    const begun = { phase: 'Running', startedAt: '2026-11-21T11:00:00Z', nodes: node('step-1', { phase: 'Running' }) };
    const ended = { phase: 'Succeeded', finishedAt: '2026-11-21T11:02:00Z' };
    const seen = await follow(({ state }) => {
      if (state === 'queued') cluster.change(name(), { status: begun });
      if (state === 'running') cluster.change(name(), { ...completed, status: ended });
    });
    expect(seen.map(({ state, steps }) => [state, steps[0]?.state])).toEqual([
      ['queued', 'pending'],
      ['running', 'running'],
      ['succeeded', 'running'],
    ]);
    cluster.remove(name());
    expect(await newEngine().status(submission.id)).toMatchObject({
      state: 'succeeded',
      startedAt: '2026-11-21 11:00:00.000000',
      finishedAt: '2026-11-21 11:02:00.000000',
    });
  });

  it("reports the worker's own error, from the workflow", async () => {
    const error = { code: 'MODEL_MISSING', message: 'there is no file /models/x.onnx', hint: 'mount the claim' };
    const status = await failedWith(`main: Error (exit code 65): ${JSON.stringify({ level: 50, error })}`);
    expect(status).toMatchObject({ state: 'failed', error, steps: [{ state: 'failed', error }, { state: 'pending' }] });
  });

  it("reports the worker's own error, from the pod's log", async () => {
    const error = { code: 'QUERY_REFUSED', message: 'no such column', hint: 'select another' };
    const labels = { 'workflows.argoproj.io/workflow': name(), 'millrace/step': 'step-1' };
    const end =
      'time=2026-11-21T11:00:40.072Z level=INFO msg="sub-process exited" error=<nil> argo=true\nError: exit status 65\n';
    cluster.pods.push({ name: 'p', labels, failed: true, log: `${JSON.stringify({ error })}\n${end}` });
    expect(await failedWith('main: Error (exit code 65)')).toMatchObject({ state: 'failed', error });
  });

  it('quotes the last line of a program that does not explain its failure', async () => {
    const labels = { 'workflows.argoproj.io/workflow': name(), 'millrace/step': 'step-1' };
    cluster.pods.push({ name: 'p', labels, failed: true, log: "begins\nModuleNotFoundError: No module named 'run'\n" });
    expect((await failedWith('main: Error (exit code 1)')).error).toMatchObject({
      code: 'WORKER_FAILED',
      message: "a worker of step-1 ended with exit code 1: ModuleNotFoundError: No module named 'run'",
    });
  });

  it('reports what a waiting statement is waiting for', async () => {
    await engine.submit(submission);
    const message = 'ImagePullBackOff: Back-off pulling image "registry.example/worker:9": not found';
    cluster.change(name(), {
      status: { phase: 'Running', nodes: node('step-1.worker(3:3)(0)', { phase: 'Pending', message }) },
    });
    expect(await engine.status(submission.id)).toMatchObject({
      state: 'running',
      error: {
        code: 'IMAGE_UNAVAILABLE',
        message: 'worker-3 of step-1 cannot start: the image registry.example/worker:9 cannot be pulled',
      },
    });
  });

  it('reports that no controller has picked up a workflow', async () => {
    await engine.submit(submission);
    cluster.change(name(), { metadata: { creationTimestamp: new Date(Date.now() - 60_000).toISOString() } });
    expect(await engine.status(submission.id)).toMatchObject({
      state: 'queued',
      error: { code: 'ARGO_MISSING', message: `no controller has picked up the workflow ${name()}` },
    });
  });

  it('reports that Kubernetes does not answer, and continues once it does', async () => {
    await engine.submit(submission);
    cluster.change(name(), { status: { phase: 'Running' } });
    const seen = await follow(({ state, error }) => {
      if (state === 'running' && error === null) {
        cluster.refusals.set('GET', (response) => refuse(response, 503, 'ServiceUnavailable', 'etcd is not there'));
        setTimeout(cluster.breakWatches, 100);
      }
      if (error?.code !== 'KUBERNETES_UNREACHABLE') return;
      cluster.refusals.clear();
      cluster.change(name(), { ...completed, status: { phase: 'Succeeded' } });
    });
    expect(seen.map(({ state, error }) => [state, error?.code])).toEqual([
      ['running', undefined],
      ['running', 'KUBERNETES_UNREACHABLE'],
      ['succeeded', undefined],
    ]);
  });

  it('reports a statement as interrupted when its workflow is deleted, and resumes it in another', async () => {
    await engine.submit(submission);
    const nodes = { ...node('step-1', { type: 'DAG', phase: 'Succeeded' }), ...node('step-2', { phase: 'Running' }) };
    cluster.change(name(), { status: { phase: 'Running', nodes } });
    const seen = await follow(({ state }) => state === 'running' && cluster.remove(name()));
    expect(seen.at(-1)).toMatchObject({ state: 'interrupted', error: { code: 'WORKFLOW_DELETED' } });

    await engine.retry(submission.id);
    const { id, text, submittedBy } = submission;
    const again = render(steps, {
      submission: { id, text, submittedBy, attempt: 2, done: ['step-1'] },
      deployment: { schema: database.systemSchema },
    });
    expect([...cluster.workflows.keys()]).toEqual([name(2)]);
    expect(cluster.workflows.get(name(2))).toMatchObject(JSON.parse(JSON.stringify(again)));
    await expect(engine.retry(submission.id)).rejects.toMatchObject({ code: 'STATEMENT_BUSY' });
  });

  it('cancels gracefully', async () => {
    await engine.submit(submission);
    cluster.change(name(), { status: { phase: 'Running' } });
    await engine.cancel(submission.id);
    expect(cluster.workflows.get(name())).toMatchObject({
      spec: { shutdown: 'Stop' },
      metadata: {
        labels: { 'millrace/cancelled': 'true' },
        annotations: { 'workflows.argoproj.io/title': 'cancelled: demo.detections · detect · ada' },
      },
    });
    expect(await engine.status(submission.id)).toMatchObject({ state: 'cancelling' });
    cluster.change(name(), { ...completed, status: { phase: 'Failed', message: "Stopped with strategy 'Stop'" } });
    expect(await engine.status(submission.id)).toMatchObject({ state: 'cancelled', error: { code: 'CANCELLED' } });
    await engine.cancel(submission.id);
  });

  it('kills a workflow that does not stop gracefully', async () => {
    await engine.submit(submission);
    await engine.cancel(submission.id);
    const annotations = { 'millrace/stop-requested-at': new Date(Date.now() - 60_000).toISOString() };
    cluster.change(name(), { metadata: { annotations }, status: { phase: 'Running' } });
    await engine.status(submission.id);
    expect(cluster.workflows.get(name())?.spec.shutdown).toBe('Terminate');
  });

  it('cancels a statement whose workflow has been deleted', async () => {
    await engine.submit(submission);
    cluster.remove(name());
    await engine.cancel(submission.id);
    expect(await engine.status(submission.id)).toMatchObject({
      state: 'cancelled',
      error: { code: 'CANCELLED' },
      steps: [{ state: 'cancelled' }, { state: 'cancelled' }],
    });
  });

  it('submits a statement that another process stored but did not submit', async () => {
    const { pool, systemSchema } = database;
    cluster.refusals.set('POST', (response) => void response.destroy());
    const died = engine.submit(submission);
    await died.catch(() => {});
    cluster.refusals.clear();
    expect(await engine.status(submission.id)).toMatchObject({
      state: 'failed',
      error: { code: 'KUBERNETES_UNREACHABLE' },
    });
    await openStatementStore(pool, systemSchema, 'argo').move(submission.id, ['failed'], 'queued');
    await newEngine().status(submission.id);
    expect([...cluster.workflows.keys()]).toEqual([name()]);
  });

  it('stores that Kubernetes rejected a workflow', async () => {
    cluster.refusals.set('POST', (response) =>
      refuse(
        response,
        403,
        'Forbidden',
        'workflows.argoproj.io is forbidden: User "ada" cannot create resource "workflows" in API group "argoproj.io" in the namespace "millrace"',
      ),
    );
    const error = { code: 'KUBERNETES_REFUSED', message: 'ada may not create workflows in the namespace millrace' };
    await expect(engine.submit(submission)).rejects.toMatchObject(error);
    expect(await engine.status(submission.id)).toMatchObject({ state: 'failed', error });
  });

  it('takes over a workflow that was created by other means', async () => {
    const { id, text } = submission;
    const workflow = render(steps, { submission: { id, text }, deployment: { schema: database.systemSchema } });
    cluster.workflows.set(name(), JSON.parse(JSON.stringify(workflow)));
    cluster.change(name(), { status: { phase: 'Running' } });
    expect(await engine.status(id)).toMatchObject({ id, text, submittedBy: 'ada', state: 'running' });
    expect((await engine.list()).filter((status) => status.id === id)).toHaveLength(1);
  });

  it('keeps records of statements that nobody follows', async () => {
    await engine.submit(submission);
    const over = new AbortController();
    const keeping = engine.keepRecords(over.signal, (error) => expect.unreachable(String(error)));
    cluster.change(name(), { ...completed, status: { phase: 'Succeeded' } });
    const store = openStatementStore(database.pool, database.systemSchema, 'argo');
    await expect.poll(async () => (await store.read(submission.id)).state).toBe('succeeded');
    over.abort();
    await keeping;
  });

  it('records how a statement ended while no engine was running', async () => {
    await engine.submit(submission);
    cluster.change(name(), { ...completed, status: { phase: 'Succeeded' } });
    const over = new AbortController();
    const keeping = engine.keepRecords(over.signal, (error) => expect.unreachable(String(error)));
    const store = openStatementStore(database.pool, database.systemSchema, 'argo');
    await expect.poll(async () => (await store.read(submission.id)).state).toBe('succeeded');
    over.abort();
    await keeping;
  });

  it('follows a completed workflow that others run again, to its new end', async () => {
    await engine.submit(submission);
    cluster.change(name(), { ...completed, status: { phase: 'Failed' } });
    expect(await engine.status(submission.id)).toMatchObject({ state: 'failed' });
    const over = new AbortController();
    const keeping = engine.keepRecords(over.signal, (error) => expect.unreachable(String(error)));
    const state = async () => (await engine.status(submission.id)).state;
    cluster.change(name(), {
      metadata: { labels: { 'workflows.argoproj.io/completed': 'false' } },
      status: { phase: 'Running' },
    });
    await expect.poll(state).toBe('running');
    cluster.change(name(), { ...completed, status: { phase: 'Succeeded' } });
    await expect.poll(state).toBe('succeeded');
    over.abort();
    await keeping;
  });

  it.each([
    [{ cpu: null, memory: null, gpu: 8 }, 'no node has 8 GPUs; the largest has 4 GPUs'],
    [{ cpu: null, memory: 2 ** 36, gpu: 0 }, 'no node has 64 GiB of memory; the largest has 32 GiB of memory'],
    [{ cpu: 8, memory: null, gpu: 0 }, 'no node has 8 cores; the largest has 7.9 cores'],
    [{ cpu: 2, memory: null, gpu: 4 }, 'no node has enough free GPUs'],
  ])('distinguishes nodes that are too small from nodes that are full: %j', async (resources, words) => {
    submission = { ...submission, plan: { kind: 'plan', version: 6, steps: [runStep({ resources })] } };
    await engine.submit(submission);
    const message = 'Unschedulable: 0/1 nodes are available: 1 Insufficient nvidia.com/gpu.';
    const nodes = node('step-1.worker(0:0)(0)', { phase: 'Pending', message });
    cluster.change(name(), { status: { phase: 'Running', nodes } });
    const { error } = await engine.status(submission.id);
    expect(error?.message).toBe(`worker-0 of step-1 cannot start: ${words}`);
    expect(error?.hint?.includes('cancel the statement')).toBe(words.includes('largest'));
  });

  it('reports a suspended workflow', async () => {
    await engine.submit(submission);
    cluster.change(name(), { spec: { suspend: true }, status: { phase: 'Running' } });
    expect(await engine.status(submission.id)).toMatchObject({
      state: 'running',
      error: { code: 'WORKFLOW_SUSPENDED', hint: `resume it: argo resume ${name()}` },
    });
  });

  it('ignores statements of other databases in the same namespace', async () => {
    const { id, text } = submission;
    const workflow = render(steps, { submission: { id, text }, deployment: { schema: 'of_another' } });
    cluster.workflows.set(name(), JSON.parse(JSON.stringify(workflow)));
    cluster.change(name(), { status: { phase: 'Running' } });
    await expect(engine.status(id)).rejects.toMatchObject({ code: 'UNKNOWN_STATEMENT' });
    expect((await engine.list()).filter((status) => status.id === id)).toEqual([]);
  });

  it('yields the logs of every pod in order, without the lines of the executor', async () => {
    await engine.submit(submission);
    const pod = (podName: string, step: string, source: string, log: string) => ({
      name: podName,
      labels: { 'millrace/statement': submission.id, 'millrace/step': step, 'millrace/source': source },
      log,
    });
    cluster.pods.push(
      pod('d', 'step-2', 'prepare', 'sixth\n'),
      pod('a', 'step-1', 'finish', 'Error: exit status 1\nfifth'),
      pod('c', 'step-1', 'partition-10', 'of an image that draws none\n'),
      pod('f', 'step-1', 'worker-10', 'fourth\n{"partition":1}\n{"partition":10}\n'),
      pod('b', 'step-1', 'worker-2', 'third\n'),
      pod(
        'e',
        'step-1',
        'prepare',
        'time=1 level=INFO msg="waiting" argo=true signalPath=/x\nfirst\nsecond\ntime=1 level=INFO msg="exited" argo=true\nError: exit status 65\n',
      ),
    );
    const lines: string[] = [];
    for await (const { step, source, text } of engine.logs(submission.id)) lines.push(`${step} ${source} ${text}`);
    expect(lines).toEqual([
      'step-1 prepare first',
      'step-1 prepare second',
      'step-1 worker-2 third',
      'step-1 worker-10 fourth',
      'step-1 worker-10 {"partition":1}',
      'step-1 worker-10 {"partition":10}',
      'step-1 partition-10 of an image that draws none',
      'step-1 finish Error: exit status 1',
      'step-1 finish fifth',
      'step-2 prepare sixth',
    ]);
    const some: string[] = [];
    for await (const { text } of engine.logs(submission.id, { step: 'step-1', partition: 10 })) some.push(text);
    expect(some).toEqual(['{"partition":10}', 'of an image that draws none']);
  });

  it('follows the logs of pods as they appear, until the statement has ended', async () => {
    await engine.submit(submission);
    const pod = (podName: string, source: string, log: string): StandInPod => ({
      name: podName,
      labels: { 'millrace/statement': submission.id, 'millrace/step': 'step-1', 'millrace/source': source },
      log,
      followers: new Set(),
    });
    const [first, second] = [pod('a', 'prepare', 'one\ntw'), pod('b', 'worker-0', 'zero\n')];
    cluster.pods.push(first);
    const lines: string[] = [];
    for await (const { source, text } of engine.logs(submission.id, { follow: true })) {
      lines.push(`${source} ${text}`);
      if (text === 'one') cluster.write(first, 'o\nthree\n');
      if (text === 'three') for (const follower of first.followers!) follower.destroy();
      if (text === 'three') cluster.pods.push(second);
      if (text === 'zero') cluster.write(first, 'four\n');
      // Written after following has ended, without a line break.
      if (text === 'four') {
        cluster.change(name(), { ...completed, status: { phase: 'Succeeded' } });
        await expect.poll(() => second.followers!.size, { timeout: 10_000 }).toBe(0);
        cluster.write(second, 'last');
      }
    }
    expect(lines).toEqual([
      'prepare one',
      'prepare two',
      'prepare three',
      'worker-0 zero',
      'prepare four',
      'worker-0 last',
    ]);
  });

  it('stops following logs when it is aborted', async () => {
    await engine.submit(submission);
    const labels = { 'millrace/statement': submission.id, 'millrace/step': 'step-1', 'millrace/source': 'prepare' };
    const pod = { name: 'a', labels, log: 'one\n', followers: new Set<ServerResponse>() };
    cluster.pods.push(pod);
    const leaving = new AbortController();
    const lines: string[] = [];
    for await (const { text } of engine.logs(submission.id, { follow: true, signal: leaving.signal })) {
      lines.push(text);
      leaving.abort();
    }
    expect(lines).toEqual(['one']);
    await expect.poll(() => pod.followers.size).toBe(0);
    for await (const { text } of engine.logs(submission.id, { follow: true })) {
      lines.push(text);
      break;
    }
    expect(lines).toEqual(['one', 'one']);
    await expect.poll(() => pod.followers.size).toBe(0);
  });

  it('lists statements as stored while Kubernetes does not answer', async () => {
    await engine.submit(submission);
    cluster.change(name(), { status: { phase: 'Running' } });
    const id = submission.id;
    const one = async () => (await engine.list({ states: ['running', 'queued'] })).find((status) => status.id === id);
    expect(await one()).toMatchObject({ state: 'running', error: null });
    const without = newEngine(unreachable);
    const found = (await without.list()).find((status) => status.id === id);
    expect(found).toMatchObject({ state: 'running', error: { code: 'KUBERNETES_UNREACHABLE' }, steps: [{}, {}] });
    cluster.change(name(), { ...completed, status: { phase: 'Succeeded' } });
    expect(await one()).toBeUndefined();
    expect((await without.list()).find((status) => status.id === id)).toMatchObject({
      state: 'succeeded',
      error: null,
    });
  });

  it('creates a workflow that a dead process did not create, and stops one that it did not stop', async () => {
    const { pool, systemSchema: schema } = database;
    const store = openStatementStore(pool, schema, 'argo');
    const cancelling = { ...submission, id: randomUUIDv7() };
    await engine.submit(cancelling);
    await store.move(cancelling.id, ['running'], 'cancelling');
    await openAttempts(pool, schema).begin(submission.id, 1);
    await store.insert(submission, 'queued');
    const over = new AbortController();
    const keeping = newEngine().keepRecords(over.signal, (error) => expect.unreachable(String(error)));
    await expect.poll(() => cluster.workflows.has(name())).toBe(true);
    await expect.poll(() => cluster.workflows.get(`millrace-${cancelling.id}-1`)?.spec.shutdown).toBe('Stop');
    await expect.poll(async () => (await store.read(submission.id)).state).toBe('running');
    over.abort();
    await keeping;
  });

  it('stores each state once', async () => {
    const statesOf = async () =>
      (await readTransitions(database.pool, database.systemSchema, submission.id, 0)).map(({ state }) => state);
    await engine.submit(submission);
    expect(await statesOf()).toEqual(['queued', 'running']);
    cluster.change(name(), { ...completed, status: { phase: 'Failed' } });
    await Promise.all([engine.status(submission.id), newEngine().status(submission.id)]);
    expect(await statesOf()).toEqual(['queued', 'running', 'failed']);
    await engine.retry(submission.id);
    expect(await statesOf()).toEqual(['queued', 'running', 'failed', 'queued', 'running']);
  });
});
