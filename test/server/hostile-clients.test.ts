import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { parseDsn } from '../../src/datasource/dsn.ts';
import { takeLock } from './held-lock.ts';
import { connectTo, neverReads, type RawClient, requestText } from './raw-client.ts';
import { eventsOf, readEvents, type ServerSentEvent } from './read-events.ts';
import { useServer } from './use-server.ts';

const most = { requestsPerMinute: 1_000_000, runningStatementsPerUser: 100, streamsPerUser: 2000 };
const server = useServer(most);

const bigRows = 300_000;
/** The machine may be busy with other tests. */
const patience = { timeout: 20_000, interval: 20 };
let bigResult: string;

beforeAll(async () => {
  const { body } = await server.run(
    'SELECT * FROM shot LIMIT 1 TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets" INTO big;',
  );
  await server.database.pool.query(
    `INSERT INTO big (id, file_name, millrace_row, detection_no, class_id, class_name, score, x1, y1, x2, y2)
     SELECT seq, 'a picture with a long name, to fill what buffers there', seq + 1000, 0, 1, 'nothing', 0.5, 1, 2, 3, 4 FROM seq_1_to_${bigRows}`,
  );
  bigResult = `/v1/statements/${body.id}/result`;
});

describe('a client that sends slowly', () => {
  it('headers or a body is disconnected in time, while others are served', async () => {
    const { url } = await server.another({
      MILLRACE_SERVER_CONFIG: await server.configured({ ...most, requestSeconds: 1 }),
    });
    const trickling = await Promise.all(Array.from({ length: 20 }, () => connectTo(url)));
    for (const [index, client] of trickling.entries())
      client.say(index % 2 ? bodyBegun() : 'GET /v1/models HTTP/1.1\r\n');
    const trickle = setInterval(() => {
      for (const client of trickling) client.say('a');
    }, 50);
    const all = Promise.all(trickling.map(({ closed }) => closed));
    let over = false;
    void all.then(() => {
      over = true;
    });
    const others: number[] = [];
    while (!over) others.push((await server.json('POST', '/v1/statements', { url, body: { sql: 'SELECT 1' } })).status);
    clearInterval(trickle);
    expect(new Set(others)).toEqual(new Set([200]));
    expect(others.length).toBeGreaterThan(3);
    expect(Math.max(...(await all))).toBeLessThan(4000);
    for (const client of trickling) {
      expect(client.heard()).toMatch(/^HTTP\/1\.1 408 .*application\/problem\+json.*"code":"REQUEST_TOO_SLOW"/s);
    }
  });
});

describe('bytes that are not a request', () => {
  it.each([
    ['EHLO millrace\r\n\r\n', 400, 'REQUEST_INVALID'],
    [`GET / HTTP/1.1\r\nhost: millrace\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'HEADERS_TOO_LARGE'],
  ])('get an error like any other: %.20s', async (said, status, code) => {
    const client = await connectTo(server.server.url);
    client.say(said);
    await client.closed;
    const [head = '', body = ''] = client.heard().split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} .*\r\nContent-Type: application/problem\\+json`));
    expect(JSON.parse(body)).toMatchObject({ status, code, type: `/docs/errors#${code.toLowerCase()}` });
  });
});

describe('a client that leaves', () => {
  const begun = (client: RawClient) => client.hears('\r\n\r\n');
  const phases: Record<string, (client: RawClient, running: string) => Promise<void> | void> = {
    'before it says anything': () => {},
    'in its headers': (client) => client.say('GET /v1/statements HTTP/1.1\r\nauthoriz'),
    'in its body': (client) => client.say(bodyBegun()),
    'once it has asked for events': (client, running) => client.say(get(`${running}/events`)),
    'once it has asked for rows': (client) => client.say(get(`${bigResult}?format=ndjson`)),
    'in the middle of events': async (client, running) => {
      client.say(get(`${running}/events`));
      await client.hears('event: progress');
    },
    'while it follows logs': async (client, running) => {
      client.say(get(`${running}/logs?follow=true`));
      await begun(client);
    },
    'in the middle of ndjson': async (client) => {
      client.say(get(`${bigResult}?format=ndjson`));
      await client.hears('a picture');
    },
    'in the middle of csv': async (client) => {
      client.say(get(`${bigResult}?format=csv`));
      await client.hears('a picture');
    },
  };

  it('leaves nothing open, in any phase', { timeout: 60_000 }, async () => {
    const { url } = await server.another({
      MILLRACE_SERVER_CONFIG: await server.configured({ ...most, streams: 3 }),
    });
    const held = await holdStatement();
    const connectionsBefore = await connections();
    for (const [phase, work] of Object.entries(phases)) {
      for (let time = 0; time < 4; time++) {
        const client = await connectTo(url);
        await work(client, held.path);
        client.leave();
        await settled(url, phase);
      }
    }
    const follow = () => server.ask('GET', `${held.path}/events`, { url });
    const streams = await Promise.all([follow(), follow(), follow()]);
    expect(streams.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await (await follow()).json()).toMatchObject({ status: 429, code: 'TOO_MANY_STREAMS' });
    await held.release();
    for (const stream of streams) expect((await eventsOf(stream)).at(-1)).toMatchObject({ event: 'end' });
    // The pool's, and as many as were reading rows at once.
    expect(await connections()).toBeLessThanOrEqual(connectionsBefore + 16 + 1);
  });

  it('does not stop its statement', async () => {
    const { url } = await server.another();
    const lock = await takeLock(server.database);
    const sql = `SELECT GET_LOCK('${lock.name}', 60) AS got`;
    const clients = await Promise.all(Array.from({ length: 5 }, () => connectTo(url)));
    for (const client of clients)
      client.say(requestText('POST', '/v1/statements', server.tokens.bob, JSON.stringify({ sql, wait: 60 })));
    await vi.waitUntil(async () => (await queries(lock.name)) === 5, patience);
    for (const client of clients) client.leave();
    await settled(url, 'waiting');
    await lock.release();
    await vi.waitUntil(async () => {
      const { body } = await server.json('GET', '/v1/statements?user=bob', { user: 'bob' });
      return body.statements.every(({ state }: { state: string }) => state === 'succeeded');
    }, patience);
  });

  /** Nobody is being answered, and the database works for nobody. */
  async function settled(url: string, phase: string): Promise<void> {
    const isSettled = async () => (await inFlight(url)) === 0 && (await queries('`big`')) === 0;
    await vi.waitUntil(isSettled, { timeout: 10_000, interval: 20 }).catch(async (error) => {
      throw new Error(`${phase}: ${await inFlight(url)} in flight, ${await queries('`big`')} queries`, {
        cause: error,
      });
    });
  }
});

describe('a client that never reads', () => {
  it.each(['ndjson', 'csv'])('is disconnected from %s, and its query ends', async (format) => {
    const { url } = await server.another({
      MILLRACE_SERVER_CONFIG: await server.configured({ ...most, idleStreamSeconds: 1 }),
    });
    const leave = await neverReads(url, get(`${bigResult}?format=${format}`));
    await vi.waitUntil(async () => (await queries('`big`')) === 1, patience);
    await vi.waitUntil(async () => (await queries('`big`')) === 0 && (await inFlight(url)) === 0, patience);
    leave();
  });

  it('differs from one that receives nothing because there is nothing to send', async () => {
    const { url } = await server.another({
      MILLRACE_SERVER_CONFIG: await server.configured({ ...most, idleStreamSeconds: 1 }),
    });
    const held = await holdStatement();
    const client = await connectTo(url);
    client.say(get(`${held.path}/events`));
    await client.hears(': heartbeat', 4);
    await held.release();
    await client.hears('event: end');
    client.leave();
  });
});

describe('watchers', () => {
  it('of one statement share one query, a thousand of them', { timeout: 60_000 }, async () => {
    await server.database.admin.query('SET GLOBAL userstat = 1');
    await watchedBy(1000);
    const heap = await heapInUse();
    const { asked, ends } = await watchedBy(1000);
    expect(ends).toEqual({ 'end succeeded': 1000 });
    // Each of a thousand would ask for the states and the results of the statement at least.
    expect(asked).toBeLessThan(300);
    expect((await heapInUse()) - heap).toBeLessThan(8 * 2 ** 20);
    expect(await inFlight(server.server.url)).toBe(0);
  });

  it('of twenty statements, a hundred of them', async () => {
    const lock = await takeLock(server.database);
    const statements = await Promise.all(Array.from({ length: 20 }, () => submitHeld(lock.name)));
    const watchers = statements.flatMap((path) => Array.from({ length: 5 }, () => watch(path)));
    await Promise.all((await Promise.all(watchers)).map(({ begun }) => begun));
    await lock.release();
    const ends = (await Promise.all(watchers)).map(async ({ ended }) => (await ended).data.links.self);
    expect(await Promise.all(ends)).toEqual(statements.flatMap((path) => Array(5).fill(path)));
  });

  it('continue at another server where they were', async () => {
    const other = await server.another();
    const held = await holdStatement();
    const states: ServerSentEvent[] = [];
    for await (const event of readEvents(await server.ask('GET', `${held.path}/events`))) {
      if (event.event === 'state') states.push(event);
      if (event.event === 'progress') break;
    }
    expect(states.map(({ data }) => data.state)).toEqual(['queued', 'running']);
    const headers = { 'last-event-id': states[0]!.id! };
    const resumed = await server.ask('GET', `${held.path}/events`, { url: other.url, headers });
    await held.release();
    const rest = await eventsOf(resumed);
    expect(rest.filter(({ event }) => event === 'state').map(({ data }) => data.state)).toEqual([
      'running',
      'succeeded',
    ]);
    expect(rest.find(({ event }) => event === 'state')).toEqual(states[1]);
    expect(rest.at(-1)).toMatchObject({ event: 'end', data: { state: 'succeeded' } });
  });

  async function watchedBy(number: number): Promise<{ asked: number; ends: Record<string, number> }> {
    const held = await holdStatement();
    const watchers = await Promise.all(Array.from({ length: number }, () => watch(held.path)));
    await Promise.all(watchers.map(({ begun }) => begun));
    const before = await selects();
    await held.release();
    const ends: Record<string, number> = {};
    for (const { ended } of watchers) {
      const { event, data } = await ended;
      ends[`${event} ${data.state}`] = (ends[`${event} ${data.state}`] ?? 0) + 1;
    }
    return { asked: (await selects()) - before, ends };
  }

  async function watch(path: string): Promise<{ begun: Promise<void>; ended: Promise<ServerSentEvent> }> {
    const response = await server.ask('GET', `${path}/events`);
    expect(response.status).toBe(200);
    const { promise: begun, resolve } = Promise.withResolvers<void>();
    const read = async () => {
      let last: ServerSentEvent | undefined;
      for await (const event of readEvents(response)) {
        last = event;
        if (event.event === 'progress') resolve();
      }
      return last!;
    };
    return { begun, ended: read() };
  }
});

const get = (path: string) => requestText('GET', path, server.tokens.ada);

function bodyBegun(): string {
  const whole = requestText(
    'POST',
    '/v1/statements',
    server.tokens.ada,
    JSON.stringify({ sql: `SELECT '${'x'.repeat(900)}'` }),
  );
  return whole.slice(0, -800);
}

/** A statement that runs until it is released. */
async function holdStatement(): Promise<{ path: string; release(): Promise<void> }> {
  const lock = await takeLock(server.database);
  const path = await submitHeld(lock.name);
  await vi.waitUntil(async () => (await queries(lock.name)) === 1, patience);
  return { path, release: lock.release };
}

async function submitHeld(lock: string): Promise<string> {
  const sql = `SELECT GET_LOCK('${lock}', 60) AS got, RELEASE_LOCK('${lock}') AS released`;
  const { status, headers } = await server.json('POST', '/v1/statements', { body: { sql, wait: 0 } });
  expect(status).toBe(202);
  return headers.get('location')!;
}

/** How many queries of the server's accounts are running that say this word. */
async function queries(word: string): Promise<number> {
  return counted(
    `SELECT COUNT(*) AS n FROM information_schema.PROCESSLIST WHERE USER IN (?) AND INFO LIKE '%${word}%'`,
  );
}

async function connections(): Promise<number> {
  return counted('SELECT COUNT(*) AS n FROM information_schema.PROCESSLIST WHERE USER IN (?)');
}

async function selects(): Promise<number> {
  return counted('SELECT SUM(SELECT_COMMANDS) AS n FROM information_schema.USER_STATISTICS WHERE USER IN (?)');
}

async function counted(sql: string): Promise<number> {
  const users = Object.values(server.database.accounts).map((dsn) => parseDsn(dsn).user);
  const [[row]] = (await server.database.admin.query(sql, [users])) as unknown as [[{ n: string }]];
  return Number(row.n);
}

/** Requests that are being answered, but for the one that asks. */
async function inFlight(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const open = text.matchAll(/^millrace_http_requests_in_flight\{route="(.*)"\} (\d+)$/gm);
  return [...open].reduce((sum, [, route, number]) => sum + (route === '/metrics' ? 0 : Number(number)), 0);
}

async function heapInUse(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  for (let time = 0; time < 3; time++) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  return process.memoryUsage().heapUsed;
}
