import { randomUUIDv7 } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openArgoEngine } from '../../../src/engine/argo/argo-engine.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import { queuePositions, readTransitions } from '../../../src/ledger/history.ts';
import { migrate } from '../../../src/ledger/migrate.ts';
import type { Submission } from '../../../src/ledger/statement-status.ts';
import { mariadb, useDatabase } from '../../database.ts';
import { deployment, runStep } from '../../workflow/deployment.ts';
import { refuse } from './api-server-stand-in.ts';
import { type StandInCluster, standInForCluster } from './cluster-stand-in.ts';

const server = { readOnly: false, resultBytes: 1024, statementSeconds: null, labels: {} };
const completed = { metadata: { labels: { 'workflows.argoproj.io/completed': 'true' } } };

describe("the queue of servers' statements on Argo, with a stand-in for the cluster", () => {
  const database = useDatabase(mariadb);
  let cluster: StandInCluster;
  let stops: (() => Promise<void>)[];

  beforeAll(() => migrate(database.pool, database.systemSchema));

  beforeEach(async () => {
    cluster = await standInForCluster();
    stops = [];
    await database.pool.query(`DELETE FROM \`${database.systemSchema}\`.statements`);
  });

  afterEach(() => stop());

  async function stop(): Promise<void> {
    for (const each of stops.splice(0)) await each();
  }

  function engineWith(runningPerUser?: number): Engine {
    const { pool, systemSchema: schema } = database;
    const engine = openArgoEngine({ api: cluster.api, pool, deployment: { ...deployment, schema }, runningPerUser });
    stops.push(() => engine.close());
    return engine;
  }

  /** The engine of a server with this limit per user. */
  function serve(runningPerUser: number): Engine {
    const engine = engineWith(runningPerUser);
    const over = new AbortController();
    const keeping = engine.keepRecords(over.signal, () => {});
    stops.push(() => {
      over.abort();
      return keeping;
    });
    return engine;
  }

  async function submit(engine: Engine, user: string): Promise<string> {
    const submission: Submission = {
      id: randomUUIDv7(),
      text: 'SELECT 1',
      plan: { kind: 'plan', version: 6, steps: [runStep({ name: 'step-1' })] },
      submittedBy: user,
      server,
    };
    await engine.submit(submission);
    return submission.id;
  }

  async function lastState(engine: Engine, id: string): Promise<string> {
    let last = '';
    for await (const { state } of engine.events(id)) last = state;
    return last;
  }

  const nameOf = (id: string, attempt = 1) => `millrace-${id}-${attempt}`;
  const begun = (id: string) => cluster.workflows.has(nameOf(id));
  const allBegun = () => [...cluster.workflows.keys()];
  const end = (id: string, phase = 'Succeeded') => cluster.change(nameOf(id), { ...completed, status: { phase } });
  const statesOf = async (id: string) =>
    (await readTransitions(database.pool, database.systemSchema, id, 0)).map(({ state }) => state);

  it("starts a user's oldest statement when another of theirs has ended; no user waits for others", async () => {
    const engine = serve(1);
    const [first, second, third] = [
      await submit(engine, 'ada'),
      await submit(engine, 'ada'),
      await submit(engine, 'ada'),
    ];
    const other = await submit(engine, 'bob');
    expect(allBegun()).toEqual([first, other].map((id) => nameOf(id)));
    expect(await engine.status(third)).toMatchObject({ state: 'queued', error: null, startedAt: null });
    expect(await queuePositions(database.pool, database.systemSchema, [second, third])).toEqual(
      new Map([
        [second, 1],
        [third, 2],
      ]),
    );
    end(other);
    end(first);
    await expect.poll(() => begun(second)).toBe(true);
    expect(begun(third)).toBe(false);
    end(second, 'Failed');
    await expect.poll(() => begun(third)).toBe(true);
    await expect.poll(() => statesOf(third)).toEqual(['queued', 'running']);
  });

  it('survives the servers, even if statements end in the meantime', async () => {
    const engine = serve(1);
    const [first, second] = [await submit(engine, 'ada'), await submit(engine, 'ada')];
    await stop();
    end(first);
    expect(begun(second)).toBe(false);
    const next = serve(1);
    await expect.poll(() => begun(second)).toBe(true);
    expect(await next.status(first)).toMatchObject({ state: 'succeeded' });
  });

  it('is followed from the queue to the end', async () => {
    const engine = serve(1);
    const [first, second] = [await submit(engine, 'ada'), await submit(engine, 'ada')];
    const seen: string[] = [];
    for await (const { state } of engine.events(second)) {
      seen.push(state);
      if (state === 'queued' && !begun(second)) {
        end(first);
        await expect.poll(() => statesOf(second)).toEqual(['queued', 'running']);
      }
      if (!begun(second)) continue;
      if (state === 'running') end(second);
      else cluster.change(nameOf(second), { status: { phase: 'Running' } });
    }
    expect([...new Set(seen)]).toEqual(['queued', 'running', 'succeeded']);
  });

  it('is not changed by clients that only look', async () => {
    const engine = serve(1);
    const [first, second] = [await submit(engine, 'ada'), await submit(engine, 'ada')];
    const visitor = engineWith();
    expect(await visitor.status(second)).toMatchObject({ state: 'queued' });
    expect((await visitor.list()).map(({ id, state }) => [id, state])).toContainEqual([second, 'queued']);
    expect(allBegun()).toEqual([nameOf(first)]);
  });

  it('cancels a waiting statement without creating a workflow', async () => {
    const engine = serve(1);
    const [, second] = [await submit(engine, 'ada'), await submit(engine, 'ada')];
    const followed = lastState(engine, second);
    await engine.cancel(second);
    expect(await engine.status(second)).toMatchObject({ state: 'cancelled', steps: [{ state: 'cancelled' }] });
    expect(await followed).toBe('cancelled');
    expect(begun(second)).toBe(false);
  });

  it('does not run a statement that is cancelled while its workflow is created', async () => {
    const engine = serve(1);
    const other = engineWith();
    const [first, second] = [await submit(engine, 'ada'), await submit(engine, 'ada')];
    // The first attempt to create it is answered too late.
    cluster.refusals.set('POST', async (response) => {
      cluster.refusals.clear();
      await other.cancel(second);
      refuse(response, 503, 'ServiceUnavailable', 'not now');
    });
    end(first);
    await expect.poll(() => cluster.workflows.get(nameOf(second))?.spec.shutdown).toBe('Stop');
    expect(await engine.status(second)).toMatchObject({ state: 'cancelled' });
    expect(await statesOf(second)).toEqual(['queued', 'cancelling', 'cancelled']);
  });

  it('keeps waiting while Kubernetes rejects the server, and fails only the statement that Kubernetes rejects', async () => {
    const engine = serve(1);
    const [first, second, third] = [
      await submit(engine, 'ada'),
      await submit(engine, 'ada'),
      await submit(engine, 'ada'),
    ];
    let asked = 0;
    cluster.refusals.set('POST', (response) => {
      asked += 1;
      refuse(response, 401, 'Unauthorized', 'Unauthorized');
    });
    end(first);
    await expect.poll(() => asked).toBeGreaterThan(0);
    expect(await statesOf(second)).toEqual(['queued']);
    cluster.refusals.set('POST', (response) => {
      cluster.refusals.clear();
      refuse(response, 422, 'Invalid', 'spec is too large');
    });
    // Another server takes over.
    serve(1);
    await expect.poll(() => begun(third)).toBe(true);
    expect(await engine.status(second)).toMatchObject({ state: 'failed', error: { code: 'WORKFLOW_REFUSED' } });
  });

  it('shows why its statements wait while Kubernetes does not let the server start them', async () => {
    const engine = serve(1);
    const [first, second, third] = [
      await submit(engine, 'ada'),
      await submit(engine, 'ada'),
      await submit(engine, 'ada'),
    ];
    const message =
      'workflows.argoproj.io is forbidden: User "system:serviceaccount:millrace:server" cannot create resource "workflows" in API group "argoproj.io" in the namespace "millrace"';
    cluster.refusals.set('POST', (response) => refuse(response, 403, 'Forbidden', message));
    end(first);
    const reason = {
      code: 'KUBERNETES_REFUSED',
      message: 'system:serviceaccount:millrace:server may not create workflows in the namespace millrace',
    };
    await expect.poll(() => engine.status(second)).toMatchObject({ state: 'queued', error: reason });
    expect(await engine.status(third)).toMatchObject({ state: 'queued', error: reason });
    expect(await engine.list({ states: ['queued'] })).toMatchObject([{ error: reason }, { error: reason }]);
    for await (const seen of engine.events(second)) {
      expect(seen).toMatchObject({ state: 'queued', error: reason });
      break;
    }
    cluster.refusals.clear();
    await submit(engine, 'bob');
    expect(await engine.status(third)).toMatchObject({ state: 'queued', error: null });
  });

  it('starts retried statements in their turn', async () => {
    const engine = serve(1);
    const first = await submit(engine, 'ada');
    end(first, 'Failed');
    await expect.poll(async () => (await engine.status(first)).state).toBe('failed');
    const second = await submit(engine, 'ada');
    await engine.retry(first);
    expect(await engine.status(first)).toMatchObject({ state: 'queued', error: null });
    end(second);
    await expect.poll(() => cluster.workflows.has(nameOf(first, 2))).toBe(true);
  });

  it('resumes a statement whose server died after it had created the workflow', async () => {
    const engine = serve(1);
    const [first, second, third] = [
      await submit(engine, 'ada'),
      await submit(engine, 'ada'),
      await submit(engine, 'ada'),
    ];
    await stop();
    const { spec, metadata, ...rest } = cluster.workflows.get(nameOf(first))!;
    const annotations = { ...metadata.annotations };
    cluster.workflows.set(nameOf(second), {
      ...rest,
      spec,
      metadata: { ...metadata, annotations, name: nameOf(second) },
    });
    end(second);
    end(first);
    const next = serve(1);
    await expect.poll(() => begun(third)).toBe(true);
    expect(await next.status(second)).toMatchObject({ state: 'succeeded' });
  });
});
