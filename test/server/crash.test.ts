import type { RowDataPacket } from 'mysql2/promise';
import { describe, expect, it } from 'vitest';
import { slowRows } from '../slow-rows.ts';
import { eventsOf, readEvents } from './read-events.ts';
import { useReplica } from './replica.ts';
import { type Answer, untilReady, useServer } from './use-server.ts';

const server = useServer(
  { requestsPerMinute: 1_000_000, runningStatementsPerUser: 1000, serverDeaths: 1000 },
  { running: false },
);
const replicas = [useReplica(() => server.environment), useReplica(() => server.environment)] as const;

describe('a server that is stopped', { timeout: 120_000 }, () => {
  it('answers, completes what ends soon, hands over the rest, and exits', async () => {
    const [leaving, staying] = await restarted();
    await waiting(detecting(6, 'undisturbed'), staying.url());
    await slowRows(server.database, 0.5);
    const begun = await server.json('POST', '/v1/statements', {
      url: leaving.url(),
      body: { sql: detecting(60, 'moved'), wait: 0 },
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
    await slowRows(server.database, 0);
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
    expect(rest.at(-1)!.data).toMatchObject({ state: 'succeeded', progress: { done: 60, total: 60, failed: 0 } });
    expect(await detections('moved')).toEqual(await expectedDetections(60));
    const slept = await eventsOf(await server.ask('GET', waited.body.links.events, { url: staying.url() }));
    expect(slept.at(-1)!.data).toMatchObject({ state: 'succeeded', error: null });
  });

  it('exits before its limit, whatever is running', async () => {
    const [leaving, staying] = await restarted({ MILLRACE_SERVER_CONFIG: await server.configured({}, 2) });
    const body = { sql: 'SELECT SLEEP(30)', wait: 0 };
    const begun = await server.json('POST', '/v1/statements', { url: leaving.url(), body });
    const step = async () => (await server.json('GET', begun.body.links.self, { url: staying.url() })).body.steps[0];
    await expect.poll(step, { timeout: 30_000 }).toMatchObject({ state: 'running' });
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

const detecting = (rows: number, into: string) => `SELECT * FROM shot ORDER BY id LIMIT ${rows}
  TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets", "--image_size=160" WITH partitions = 2, commit_rows = 1 INTO ${into}`;

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
