import { request as httpRequest } from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import { errorTable } from '../../src/errors.ts';
import { useServer } from './use-server.ts';

const server = useServer({ runningStatementsPerUser: 2 });

describe('a client', () => {
  it.each([
    [{}],
    [{ authorization: 'Bearer mlr_wrong' }],
    [{ authorization: 'Basic YWRhOmFkYQ==' }],
    [{ authorization: 'Bearer' }],
  ])('is rejected without a token that the server knows: %j', async (headers) => {
    for (const [method, path] of [
      ['GET', '/v1/statements'],
      ['POST', '/v1/statements'],
      ['GET', '/v1/statements/00000000-0000-7000-8000-000000000000/events'],
      ['GET', '/v1/models'],
      ['GET', '/v1/tables'],
    ] as const) {
      const answer = await server.json(method, path, { user: null, headers });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toContain('Bearer');
      expect(answer.body).toMatchObject({ code: 'UNAUTHENTICATED' });
    }
  });

  it('needs no token for pages that show nothing of any user', async () => {
    for (const path of ['/healthz', '/readyz', '/metrics', '/openapi.json', '/docs', '/docs/errors']) {
      expect([path, (await server.ask('GET', path, { user: null })).status]).toEqual([path, 200]);
    }
  });
});

describe('a reader', () => {
  it('may query', async () => {
    const { body } = await server.run('SELECT COUNT(*) AS n FROM shot', { user: 'rita' });
    expect(body.result.rows).toEqual([['300']]);
  });

  it.each([
    ['INSERT INTO shot VALUES (1000, "x")'],
    ['CREATE TABLE mine (n INT)'],
    ['SET SESSION TRANSACTION READ WRITE; SELECT 1'],
    ["SELECT 1 INTO OUTFILE '/tmp/mine'"],
    ['SELECT id FROM shot FOR UPDATE'],
    [
      'SELECT id, file_name FROM shot TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets" INTO mine;',
    ],
  ])('may not change anything: %s', async (sql) => {
    const { body } = await server.run(sql, { user: 'rita' });
    expect(body).toMatchObject({ status: 403, code: 'READ_ONLY_ROLE' });
  });

  it('is also prevented by the database if a function writes', async () => {
    await server.database.admin.query(
      `CREATE FUNCTION ${server.database.name}.sneak() RETURNS INT MODIFIES SQL DATA
       BEGIN INSERT INTO shot VALUES (2000, 'sneaked'); RETURN 1; END`,
    );
    const { body } = await server.run('SELECT sneak()', { user: 'rita' });
    expect(body).toMatchObject({ state: 'failed', error: { code: 'QUERY_FAILED' } });
    const [rows] = await server.database.pool.query('SELECT * FROM shot WHERE id = 2000');
    expect(rows).toEqual([]);
  });
});

describe('the system schema', () => {
  it('is for administrators, if the database lets them', async () => {
    const sql = `SELECT COUNT(*) AS n FROM ${server.database.systemSchema}.statements`;
    expect((await server.run(sql)).body).toMatchObject({ status: 403, code: 'SYSTEM_SCHEMA' });
    // Here the system schema has an account of its own: the database keeps out who gets past the check of roles.
    const { body } = await server.run(sql, { user: 'root' });
    expect(body).toMatchObject({ state: 'failed', error: { code: 'DATABASE_RIGHTS' } });
  });

  it.each(['SELECT * FROM', 'INSERT INTO', 'CREATE TABLE'])(
    'has a schema for selections that is not theirs: %s',
    async (verb) => {
      const { body } = await server.run(`${verb} ${server.database.systemSchema}_work.selection_x`);
      expect(body).toMatchObject({ status: 403, code: 'SYSTEM_SCHEMA' });
    },
  );

  it('and roles are also checked if a program is only explained', async () => {
    const explain = (user: 'ada' | 'rita' | 'root', sql: string) =>
      server.json('POST', '/v1/explain', { user, body: { sql } });
    const sql = `SELECT id, text FROM ${server.database.systemSchema}.statements
      TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets" INTO mine;`;
    expect((await explain('ada', sql)).body).toMatchObject({ status: 403, code: 'SYSTEM_SCHEMA' });
    expect((await explain('rita', 'DROP TABLE shot')).body).toMatchObject({ status: 403, code: 'READ_ONLY_ROLE' });
    expect((await explain('root', 'SELECT 1')).status).toBe(200);
  });
});

describe('limits', () => {
  it('let a user run a number of statements at once; others wait, and do not delay other users', async () => {
    const ask = (sql: string) => server.json('POST', '/v1/statements', { user: 'bob', body: { sql, wait: 0 } });
    const now = async (id: string) => (await server.json('GET', `/v1/statements/${id}`, { user: 'bob' })).body;
    const cancel = (id: string) => server.json('POST', `/v1/statements/${id}/cancel`, { user: 'bob' });
    const ids: string[] = [];
    for (const sql of ['SELECT SLEEP(30)', 'SELECT SLEEP(30)', 'SELECT 3', 'SELECT 4', 'SELECT 5']) {
      const { status, body } = await ask(sql);
      expect(status).toBe(202);
      ids.push(body.id);
    }
    const [first, second, third, fourth, fifth] = ids as [string, string, string, string, string];
    await vi.waitFor(async () => expect((await now(second)).state).toBe('running'), { timeout: 20_000 });
    expect(await now(third)).toMatchObject({ state: 'queued', queuePosition: 1, startedAt: null });
    expect(await now(fifth)).toMatchObject({ state: 'queued', queuePosition: 3 });
    expect((await server.run('SELECT 1')).body).toMatchObject({ state: 'succeeded', queuePosition: null });
    expect((await cancel(fourth)).status).toBe(202);
    await vi.waitFor(async () => expect((await now(fourth)).state).toBe('cancelled'), { timeout: 20_000 });
    await cancel(first);
    await vi.waitFor(async () => expect((await now(fifth)).state).toBe('succeeded'), { timeout: 20_000 });
    expect((await now(third)).finishedAt <= (await now(fifth)).startedAt).toBe(true);
    await cancel(second);
  });

  it('let a user queue a number of statements', async () => {
    const limits = { runningStatementsPerUser: 1, queuedStatementsPerUser: 1 };
    const { url } = await server.another({ MILLRACE_SERVER_CONFIG: await server.configured(limits) });
    const ask = () => server.json('POST', '/v1/statements', { url, body: { sql: 'SELECT SLEEP(30)', wait: 0 } });
    const [first, second, third] = [await ask(), await ask(), await ask()];
    expect(third.body).toMatchObject({ status: 429, code: 'TOO_MANY_STATEMENTS' });
    for (const { body } of [first, second]) await server.json('POST', `/v1/statements/${body.id}/cancel`);
  });

  it('let a user keep a number of streams open, whatever others do', async () => {
    const { url } = await server.another({ MILLRACE_SERVER_CONFIG: await server.configured({ streamsPerUser: 2 }) });
    const { body } = await server.json('POST', '/v1/statements', { url, body: { sql: 'SELECT SLEEP(30)', wait: 0 } });
    const done = await server.run('SELECT 1', { user: 'bob' });
    const follow = () => server.ask('GET', `/v1/statements/${body.id}/events`, { url });
    const open = [await follow(), await follow()];
    expect(await (await follow()).json()).toMatchObject({ status: 429, code: 'TOO_MANY_STREAMS' });
    const csv = await server.ask('GET', `/v1/statements/${done.body.id}/result?format=csv`, { url, user: 'bob' });
    expect(csv.status).toBe(200);
    await server.json('POST', `/v1/statements/${body.id}/cancel`, { url });
    for (const stream of open) await stream.text();
    expect((await follow()).status).toBe(200);
  });

  it('let a user send a number of requests per minute', async () => {
    const { url } = await server.another({
      MILLRACE_SERVER_CONFIG: await server.configured({ requestsPerMinute: 10 }),
    });
    const answers = await Promise.all(Array.from({ length: 12 }, () => server.json('GET', '/v1/datasources', { url })));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBe(2);
    expect(refused[0]!.body).toMatchObject({ code: 'TOO_MANY_REQUESTS' });
    expect(Number(refused[0]!.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await server.json('GET', '/v1/datasources', { url, user: 'bob' })).status).toBe(200);
  });
});

describe('an answer of the server', () => {
  it('has the security headers for browsers', async () => {
    const { headers } = await server.ask('GET', '/docs', { user: null });
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(headers.get('x-frame-options')).toBe('SAMEORIGIN');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  it('has a page that explains every code', async () => {
    const page = await (await server.ask('GET', '/docs/errors', { user: null })).text();
    for (const code of Object.keys(errorTable)) expect(page).toContain(`id="${code.toLowerCase()}"`);
  });

  it('contains no secret, nor does any event, log or metric', async () => {
    const { password } = server.database.datasource;
    const begun = await server.json('POST', '/v1/statements', {
      body: {
        sql: 'SELECT id, file_name FROM shot LIMIT 4 TO RUN millrace/worker CMD "yolo", "--model=none", "--image_dir=/datasets" INTO t;',
      },
    });
    const failed = await server.run('SELECT * FROM nothing_here');
    const said = [JSON.stringify(begun.body), JSON.stringify(failed.body)];
    for (const path of [
      '/metrics',
      '/openapi.json',
      '/v1/statements?limit=200',
      '/v1/datasources',
      `/v1/statements/${failed.body.id}/events`,
      `/v1/statements/${failed.body.id}/logs`,
    ]) {
      said.push(await (await server.ask('GET', path)).text());
    }
    const everything = [...said, ...server.log].join('\n');
    expect(everything).toContain(failed.body.id);
    for (const secret of [password, encodeURIComponent(password), ...Object.values(server.tokens)]) {
      expect(everything).not.toContain(secret);
    }
  });

  it('is logged with its statement in every line', async () => {
    server.log.length = 0;
    const { body } = await server.run('SELECT 1');
    await server.json('GET', `/v1/statements/${body.id}`);
    const lines = server.log.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'answered');
    expect(lines.map(({ statement, method, status, user }) => ({ statement, method, status, user }))).toEqual([
      { statement: body.id, method: 'POST', status: 200, user: 'ada' },
      { statement: body.id, method: 'GET', status: 200, user: 'ada' },
    ]);
  });
});

describe('a request that is not HTTP', () => {
  it('is answered and closed', async () => {
    const { port, hostname } = new URL(server.server.url);
    const status = await new Promise((resolve, reject) => {
      httpRequest({ port, host: hostname, method: 'GET', path: '/v1/statements', headers: { 'content-length': 'x' } })
        .on('response', ({ statusCode }) => resolve(statusCode))
        .on('error', reject)
        .end();
    }).catch((error) => error.code);
    expect(status).toBe(400);
  });
});
