import { setTimeout as sleep } from 'node:timers/promises';
import type { RowDataPacket } from 'mysql2/promise';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/demo/scenes/random.ts';
import { eventsOf, readEvents } from './read-events.ts';
import { useReplica } from './replica.ts';
import { type Answer, untilReady, useServer } from './use-server.ts';

/** Another run with the same: MILLRACE_SEED=… */
const seed = Number(process.env.MILLRACE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const kills = Number(process.env.MILLRACE_KILLS ?? 8);
const pictures = 12;

const server = useServer({ requestsPerMinute: 1_000_000, runningStatementsPerUser: 1000 }, { running: false });
const replicas = [useReplica(() => server.environment), useReplica(() => server.environment)] as const;

describe(`two servers that are killed at random (MILLRACE_SEED=${seed})`, { timeout: 300_000 }, () => {
  it('do what each key asks for once, and know how it ended', async () => {
    await server.database.pool.query('CREATE TABLE booking (request VARCHAR(40))');
    await Promise.all(replicas.map((replica) => replica.start()));
    const random = createRandom(seed);
    const undisturbed = await ask('undisturbed', detecting(pictures, 'undisturbed'));
    expect(undisturbed.last).toMatchObject({ state: 'succeeded' });

    let over = false;
    const clients = [booking, booking, booking, booking, detection].map((program, client) => work(client, program));
    const started: Promise<boolean>[] = [];
    for (let kill = 0; kill < kills; kill++) {
      const victim = random.count(0, 1);
      // Now and then while it starts.
      if (random.chance(0.8)) await started[victim];
      await sleep(random.between(0, 1000));
      await replicas[victim]!.kill();
      started[victim] = replicas[victim]!.start();
    }
    over = true;
    const asked = (await Promise.all(clients)).flat();
    await Promise.all(started);

    console.info(`${kills} kills: ${JSON.stringify(countsOf(asked))}, MILLRACE_SEED=${seed}`);
    for (const each of asked) expect([each.key, each.ids.size]).toEqual([each.key, 1]);
    for (const replica of replicas) {
      await untilReady(replica.url());
      expect(await statementsOf(replica.url())).toEqual([undisturbed, ...asked].map(({ last }) => last).toSorted(byId));
    }
    for (const each of asked) await expectTrue(each);

    async function work(client: number, program: (key: string) => string): Promise<Asked[]> {
      const done: Asked[] = [];
      do {
        const key = `request_${client}_${done.length}`;
        done.push(await ask(key, program(key)));
      } while (!over);
      return done;
    }

    /** As a client does that wants its program done once: the same request again, until it has ended. */
    async function ask(key: string, sql: string): Promise<Asked> {
      const ids = new Set<string>();
      for (let cut = 0; ; ) {
        const { url } = random.pick(replicas);
        const headers = { 'idempotency-key': key };
        const body = { sql, wait: 1, labels: { key } };
        const answer = await server.json('POST', '/v1/statements', { url: url(), headers, body }).catch(() => null);
        if (answer === null || answer.status >= 500) {
          cut++;
          await sleep(100);
          continue;
        }
        expect([200, 202]).toContain(answer.status);
        ids.add(answer.body.id);
        const { result, ...last } = answer.body;
        if (answer.status === 200) return { key, ids, cut, last };
      }
    }
  });
});

describe('a server that is told to stop', { timeout: 120_000 }, () => {
  it('answers, ends what soon ends, hands over the rest, and goes', async () => {
    const [leaving, staying] = await restarted();
    const begun = await server.json('POST', '/v1/statements', {
      url: leaving.url(),
      body: { sql: detecting(300, 'moved'), wait: 0 },
    });
    const path = begun.headers.get('location')!;
    const events = await server.ask('GET', `${path}/events`, { url: leaving.url() });
    const told: string[] = [];
    let waits: Promise<Answer> | undefined;
    let stopped: ReturnType<typeof leaving.terminate> | undefined;
    for await (const { event, data } of readEvents(events)) {
      told.push(event);
      if (!(data.progress?.done > 0)) continue;
      waits ??= waiting('SELECT SLEEP(3)', leaving.url());
      if (await isRunning('SELECT SLEEP(3)', staying.url())) stopped ??= leaving.terminate();
    }
    const { code, seconds } = await stopped!;
    expect([code, seconds < 22]).toEqual([0, true]);
    expect(told).not.toContain('end');
    const waited = await waits!;
    expect([waited.status, waited.body.state]).toEqual([202, 'running']);

    const rest = await eventsOf(await server.ask('GET', `${path}/events`, { url: staying.url() }));
    expect(rest.filter(({ event }) => event === 'state').map(({ data }) => data.state)).toEqual([
      'queued',
      'running',
      'succeeded',
    ]);
    expect(rest.at(-1)!.data).toMatchObject({ state: 'succeeded', progress: { done: 300, total: 300, failed: 0 } });
    expect(await detections('moved')).toEqual(await expectedDetections(300));
    const slept = await eventsOf(await server.ask('GET', waited.body.links.events, { url: staying.url() }));
    expect(slept.at(-1)!.data).toMatchObject({ state: 'succeeded', error: null });
  });

  it('goes within its bound, whatever runs', async () => {
    const [leaving, staying] = await restarted({ MILLRACE_SERVER_CONFIG: await server.configured({}, 2) });
    const body = { sql: 'SELECT SLEEP(30)', wait: 0 };
    const begun = await server.json('POST', '/v1/statements', { url: leaving.url(), body });
    const { code, seconds } = await leaving.terminate();
    expect([code, seconds < 6]).toEqual([0, true]);
    const events = await eventsOf(await server.ask('GET', begun.body.links.events, { url: staying.url() }));
    expect(events.at(-1)!.data).toMatchObject({ state: 'failed', error: { code: 'STATEMENT_UNCERTAIN' } });
  });

  async function restarted(environment: NodeJS.ProcessEnv = {}): Promise<typeof replicas> {
    await Promise.all(replicas.map((replica) => replica.kill()));
    await Promise.all(replicas.map((replica) => replica.start(environment)));
    await Promise.all(replicas.map((replica) => untilReady(replica.url())));
    return replicas;
  }
});

function waiting(sql: string, url: string): Promise<Answer> {
  return server.json('POST', '/v1/statements', { url, body: { sql, wait: 60 } });
}

async function isRunning(sql: string, url: string): Promise<boolean> {
  const { body } = await server.json('GET', '/v1/statements?state=running', { url });
  return body.statements.some((statement: Answer['body']) => statement.sql === sql);
}

interface Asked {
  readonly key: string;
  /** All that were answered. */
  readonly ids: ReadonlySet<string>;
  /** Requests without an answer. */
  readonly cut: number;
  readonly last: Answer['body'];
}

const booking = (key: string) => `INSERT INTO booking SELECT '${key}' FROM (SELECT SLEEP(0.3)) AS slow`;
const detection = (key: string) => detecting(pictures, key);
const detecting = (rows: number, into: string) => `SELECT * FROM shot ORDER BY id LIMIT ${rows}
  TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets" WITH partitions = 2, batch_size = 2 INTO ${into}`;

async function expectTrue({ key, last }: Asked): Promise<void> {
  const states = await eventsOf(await server.ask('GET', last.links.events, { url: replicas[0].url() }));
  expect(states.filter(({ event }) => event === 'state').map(({ data }) => data.state)).toEqual([
    'queued',
    'running',
    last.state,
  ]);
  if (last.steps[0].kind === 'run') {
    expect(last).toMatchObject({ state: 'succeeded', progress: { done: pictures, total: pictures, failed: 0 } });
    expect(await detections(key)).toEqual(await expectedDetections(pictures));
    return;
  }
  const booked = await query(`SELECT COUNT(*) AS n FROM booking WHERE request = '${key}'`);
  const times = Number(booked[0]!.n);
  if (last.state === 'succeeded') expect([key, times]).toEqual([key, 1]);
  else expect([last.state, last.error.code, times <= 1]).toEqual(['failed', 'STATEMENT_UNCERTAIN', true]);
}

async function statementsOf(url: string): Promise<Answer['body'][]> {
  const all: Answer['body'][] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Answer = await server.json('GET', `/v1/statements?limit=50${cursor && `&cursor=${cursor}`}`, { url });
    all.push(...page.body.statements);
    cursor = page.body.next;
  }
  return all.toSorted(byId);
}

const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);

function countsOf(asked: readonly Asked[]): Record<string, number> {
  const counts: Record<string, number> = { cut: asked.reduce((sum, { cut }) => sum + cut, 0) };
  for (const { last } of asked) {
    const end = `${last.steps[0].kind}: ${last.error?.code ?? last.state}`;
    counts[end] = (counts[end] ?? 0) + 1;
  }
  return counts;
}

async function detections(table: string): Promise<RowDataPacket[]> {
  return query(`SELECT id, file_name, COUNT(*) AS n FROM ${table} GROUP BY id, file_name ORDER BY id`);
}

/** The pictures come again and again: each has as many detections as where nobody was killed. */
async function expectedDetections(rows: number): Promise<RowDataPacket[]> {
  return query(
    `SELECT s.id, s.file_name, u.n FROM shot AS s
     JOIN (SELECT file_name, COUNT(*) AS n FROM undisturbed WHERE id <= 6 GROUP BY file_name) AS u USING (file_name)
     WHERE s.id <= ${rows} ORDER BY s.id`,
  );
}

async function query(sql: string): Promise<RowDataPacket[]> {
  const [rows] = await server.database.pool.query<RowDataPacket[]>(sql);
  return rows;
}
