import { tableFromIPC } from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { slowRows } from '../slow-rows.ts';
import { eventsOf } from './read-events.ts';
import { useServer } from './use-server.ts';

const server = useServer();

const detect = (
  rows: number,
  into: string,
  attributes = 'partitions = 1',
) => `SELECT * FROM shot ORDER BY id LIMIT ${rows}
TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets", "--image_size=160"
WITH ${attributes}
INTO ${into};`;

/** TypeScript's types do not know it yet: https://github.com/tc39/proposal-json-parse-with-source */
const { rawJSON: rawJson } = JSON as unknown as { readonly rawJSON: (digits: string) => unknown };

describe('POST /v1/statements', () => {
  it('answers a query with its rows and their types', async () => {
    const { status, headers, body } = await server.run(
      `SELECT 7 AS small, CAST(18446744073709551615 AS UNSIGNED) AS large, 1.10 AS exact, 'héé' AS text, NULL AS nothing,
       DATE '2026-02-03' AS day, CAST('2026-02-03 04:05:06.789' AS DATETIME(3)) AS at, x'00ff' AS bytes, 1e0/4 AS quarter`,
    );
    expect(status).toBe(200);
    expect(headers.get('location')).toBe(`/v1/statements/${body.id}`);
    expect(body).toMatchObject({ state: 'succeeded', submittedBy: 'ada', datasource: 'default', error: null });
    expect(body.result).toEqual({
      step: 'step-1',
      columns: [
        { name: 'small', type: 'integer' },
        { name: 'large', type: 'bigint' },
        { name: 'exact', type: 'decimal' },
        { name: 'text', type: 'string' },
        { name: 'nothing', type: expect.any(String) },
        { name: 'day', type: 'date' },
        { name: 'at', type: 'datetime' },
        { name: 'bytes', type: 'binary' },
        { name: 'quarter', type: 'double' },
      ],
      rows: [[7, '18446744073709551615', '1.10', 'héé', null, '2026-02-03', '2026-02-03T04:05:06.789', 'AP8=', 0.25]],
      next: null,
      truncated: false,
    });
  });

  it('inserts parameters as values', async () => {
    const nasty = `'; DROP TABLE shot; -- \\ "`;
    const byPlace = await server.json('POST', '/v1/statements', {
      body: { sql: 'SELECT ? AS a, ? AS b, ? AS c', parameters: [nasty, 3, null] },
    });
    expect(byPlace.body.result.rows).toEqual([[nasty, 3, null]]);
    const byName = await server.json('POST', '/v1/statements', {
      body: { sql: 'SELECT COUNT(*) AS n FROM shot WHERE id <= :most', parameters: { most: 5 } },
    });
    expect(byName.body.result.rows).toEqual([['5']]);
  });

  it('keeps the digits of numbers as sent', async () => {
    const digits = [
      '9007199254740993',
      '-1234567890123456789',
      '18446744073709551615',
      '1.10',
      '0.30000000000000004441',
      '1e2',
    ];
    const sent = digits.map((each) => rawJson(each));
    const { body } = await server.json('POST', '/v1/statements', {
      body: { sql: 'SELECT ?, ?, ?, ?, ?, ?', parameters: sent },
    });
    expect(body.sql).toBe(`SELECT ${digits.join(', ')}`);
    expect(body.result.rows).toEqual([[...digits.slice(0, 5), 100]]);
    await server.run('CREATE TABLE numbered AS SELECT 9007199254740992 AS id UNION SELECT 9007199254740993');
    await server.json('POST', '/v1/statements', {
      body: { sql: 'DELETE FROM numbered WHERE id = :id', parameters: { id: rawJson('9007199254740993') } },
    });
    expect((await server.run('SELECT id FROM numbered')).body.result.rows).toEqual([['9007199254740992']]);
  });

  it('refuses LOAD DATA LOCAL before anything runs', async () => {
    const sql = "SELECT 1;\nLOAD DATA LOCAL INFILE 'list.csv' INTO TABLE shot";
    const { status, body } = await server.json('POST', '/v1/statements', { body: { sql } });
    expect({ status, ...body }).toMatchObject({
      status: 400,
      code: 'LOCAL_INFILE',
      position: { line: 2, column: 11 },
    });
  });

  it('rejects more statements than the maximum, at the first one beyond it', async () => {
    const { status, body } = await server.json('POST', '/v1/statements', { body: { sql: 'DO 1;\n'.repeat(100_000) } });
    expect({ status, ...body }).toMatchObject({ status: 400, code: 'PROGRAM_TOO_LONG', position: { line: 5001 } });
  });

  it('answers a longer program with 202, which can be followed to its end', async () => {
    const begun = await server.json('POST', '/v1/statements', {
      body: { sql: detect(20, 'followed'), wait: 0, labels: { team: 'harbour' } },
    });
    expect(begun.status).toBe(202);
    const events = await eventsOf(await server.ask('GET', `${begun.headers.get('location')}/events`));
    expect(events.filter(({ event }) => event === 'state').map(({ data }) => data.state)).toEqual([
      'queued',
      'running',
      'succeeded',
    ]);
    const { event, data } = events.at(-1)!;
    expect(event).toBe('end');
    expect(data).toMatchObject({
      id: begun.body.id,
      state: 'succeeded',
      labels: { team: 'harbour' },
      progress: { step: 'step-1', done: 20, total: 20, failed: 0 },
      results: [{ step: 'step-1', kind: 'table', table: 'followed' }],
    });
    expect(data.progress.rowsPerSecond).toBeGreaterThan(0);
    const [[{ n }]] = (await server.database.pool.query('SELECT COUNT(*) AS n FROM followed')) as unknown as [
      [{ n: string }],
    ];
    expect(data.progress.outputs).toBe(Number(n));
  });

  it('shows where an invalid program is wrong, and submits nothing', async () => {
    const before = await server.json('GET', '/v1/statements?limit=200');
    const { status, headers, body } = await server.run('SELECT * FROM shot\nTO RUM millrace/worker CMD "yolo" INTO t;');
    expect(status).toBe(400);
    expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(body).toMatchObject({
      type: '/docs/errors#unknown_verb',
      status: 400,
      code: 'UNKNOWN_VERB',
      position: { line: 2, column: 4 },
      hint: expect.stringContaining('RUN'),
    });
    expect(body.excerpt).toContain('  --> sql:2:4\n');
    expect(body.excerpt).toContain('TO RUM millrace/worker');
    const after = await server.json('GET', '/v1/statements?limit=200');
    expect(after.body.statements.length).toBe(before.body.statements.length);
  });

  it('answers a program that failed with its error', async () => {
    const { status, body } = await server.run('SELECT id, (SELECT id FROM shot) FROM shot');
    expect(status).toBe(200);
    expect(body).toMatchObject({ state: 'failed', error: { code: 'QUERY_FAILED' }, result: null });
    expect(body.error.message).toContain('more than 1 row');
  });

  it.each([
    ['\nSELECT id FORM shot', 'syntax error near', 2],
    ['SELECT * FROM not_there', 'not_there', 1],
    ['INSERT INTO shot (id, no_column) VALUES (1000, 1)', 'no_column', 1],
    ['SELECT no_function()', 'no_function', 1],
    ['SELECT * FROM not_there; INSERT INTO shot VALUES (1000, NULL)', 'not_there', 1],
  ])('reports an error that only the database finds like any other, and stores it: %j', async (sql, word, line) => {
    const { status, headers, body } = await server.run(sql);
    expect({ status, ...body }).toMatchObject({ status: 400, code: 'QUERY_REFUSED', position: { line, column: 1 } });
    expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(body.detail).toContain(word);
    const kept = await server.json('GET', headers.get('location')!);
    expect(kept.body).toMatchObject({ id: body.statement, state: 'failed', error: { code: 'QUERY_REFUSED' } });
  });

  it('answers an error with 400 only if nothing has run and the client waits', async () => {
    await server.run(
      'CREATE PROCEDURE erring() BEGIN INSERT INTO shot VALUES (2000, NULL); SELECT * FROM not_there; END',
    );
    for (const sql of ['CALL erring()', 'SELECT 1; SELECT * FROM not_there']) {
      const { status, body } = await server.run(sql);
      expect([status, body.state, body.error.code]).toEqual([200, 'failed', 'QUERY_REFUSED']);
    }
    await server.run('DELETE FROM shot WHERE id = 2000');
    const ask = (wait: number) =>
      server.json('POST', '/v1/statements', {
        body: { sql: 'SELECT * FROM not_there', wait },
        headers: { 'idempotency-key': 'mistaken' },
      });
    expect((await ask(0)).status).toBeLessThan(300);
    const again = await ask(60);
    expect((await ask(60)).body).toEqual(again.body);
    expect(again.body).toMatchObject({ status: 400, code: 'QUERY_REFUSED' });
  });

  it('treats a repeated request with the same key as the same statement', async () => {
    const ask = (body: object) =>
      server.json('POST', '/v1/statements', { body, headers: { 'idempotency-key': 'order-66' } });
    const program = { sql: 'CREATE TABLE once (n INT); INSERT INTO once VALUES (1)' };
    const answers = await Promise.all([ask(program), ask(program), ask(program)]);
    const again = await ask({ ...program, datasource: 'default' });
    expect(new Set([...answers, again].map(({ body }) => body.id)).size).toBe(1);
    expect(again.body.state).toBe('succeeded');
    const [rows] = await server.database.pool.query('SELECT n FROM once');
    expect(rows).toEqual([{ n: 1 }]);
    expect((await ask({ sql: 'SELECT 2' })).body).toMatchObject({ status: 422, code: 'KEY_REUSED' });
    const bobs = await server.json('POST', '/v1/statements', {
      user: 'bob',
      body: { sql: 'SELECT 2' },
      headers: { 'idempotency-key': 'order-66' },
    });
    expect(bobs.body.state).toBe('succeeded');
  });

  it.each([
    [{ sql: 3 }],
    [{}],
    [{ sql: 'SELECT 1', wait: '3' }],
    [{ sql: 'SELECT 1', wait: 61 }],
    [{ sql: 'SELECT 1', surprise: 1 }],
    [{ sql: 'SELECT 1', labels: { 'a b': 'c' } }],
    ['{"sql": '],
  ])('refuses a request of another form: %j', async (body) => {
    const answer = await server.json('POST', '/v1/statements', { body });
    expect(answer.body).toMatchObject({ status: 400, code: 'REQUEST_INVALID' });
  });

  it('refuses a program that is too long', async () => {
    const { body } = await server.json('POST', '/v1/statements', { body: { sql: `SELECT '${'x'.repeat(2 ** 21)}'` } });
    expect(body).toMatchObject({ status: 413, code: 'REQUEST_TOO_LARGE' });
  });

  it('rejects unknown datasources', async () => {
    const { body } = await server.json('POST', '/v1/statements', { body: { sql: 'SELECT 1', datasource: 'other' } });
    expect(body).toMatchObject({ status: 404, code: 'UNKNOWN_DATASOURCE' });
  });
});

describe('GET /v1/statements', () => {
  it('lists by state, label, user and time, in pages', async () => {
    for (let number = 1; number <= 5; number++) {
      const sql = number === 3 ? 'SELECT * FROM nowhere' : `SELECT ${number}`;
      await server.json('POST', '/v1/statements', {
        user: 'bob',
        body: { sql, labels: { batch: 'five', n: `${number}` } },
      });
    }
    const list = async (query: string, user: 'bob' | 'root' | 'ada' = 'bob') =>
      (await server.json('GET', `/v1/statements?${query}`, { user })).body;
    const numbers = (page: { statements: { labels: { n: string } }[] }) =>
      page.statements.map(({ labels }) => labels.n);

    expect(numbers(await list('label=batch:five'))).toEqual(['5', '4', '3', '2', '1']);
    expect(numbers(await list('label=batch:five&state=failed'))).toEqual(['3']);
    expect(numbers(await list('label=batch:five&state=failed&state=succeeded&label=n:4'))).toEqual(['4']);
    expect(numbers(await list('label=batch:five&user=bob', 'root'))).toEqual(['5', '4', '3', '2', '1']);
    expect(numbers(await list('label=batch:five&user=bob', 'ada'))).toEqual([]);
    expect(numbers(await list('label=batch:five', 'ada'))).toEqual([]);

    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: { statements: { labels: { n: string } }[]; next: string | null } = await list(
        `label=batch:five&limit=2${cursor && `&cursor=${cursor}`}`,
      );
      seen.push(...numbers(page));
      cursor = page.next;
    }
    expect(seen).toEqual(['5', '4', '3', '2', '1']);

    const { statements } = await list('label=batch:five');
    const third = statements[2].submittedAt;
    expect(numbers(await list(`label=batch:five&from=${third}`))).toEqual(['5', '4', '3']);
    expect(numbers(await list(`label=batch:five&to=${third}`))).toEqual(['2', '1']);
  });

  it('rejects a cursor that it did not issue', async () => {
    expect((await server.json('GET', '/v1/statements?cursor=abc')).body).toMatchObject({ code: 'REQUEST_INVALID' });
  });
});

describe('a statement', () => {
  it('is visible to its user and to administrators', async () => {
    const { body } = await server.run('SELECT 1');
    const as = async (user: 'ada' | 'bob' | 'root') =>
      (await server.json('GET', `/v1/statements/${body.id}`, { user })).status;
    expect([await as('ada'), await as('bob'), await as('root')]).toEqual([200, 404, 200]);
    const cancelled = await server.json('POST', `/v1/statements/${body.id}/cancel`, { user: 'bob' });
    expect(cancelled.body).toMatchObject({ code: 'UNKNOWN_STATEMENT' });
  });

  it('has a plan, but no workflow on this machine', async () => {
    const { body } = await server.run(detect(4, 'planned', 'partitions = 2'));
    const plan = await server.json('GET', `/v1/statements/${body.id}/plan`);
    expect(plan.body).toMatchObject({
      kind: 'plan',
      version: 6,
      steps: [{ kind: 'run', partitions: 2, into: { table: 'planned' } }],
    });
    const workflow = await server.json('GET', `/v1/statements/${body.id}/workflow`);
    expect(workflow.body).toMatchObject({ status: 404, code: 'NO_WORKFLOW' });
  });

  it('is cancelled and retried', { timeout: 120_000 }, async () => {
    await slowRows(server.database, 1);
    const begun = await server.json('POST', '/v1/statements', {
      body: { sql: detect(40, 'halfway', 'partitions = 2, commit_rows = 1'), wait: 0 },
    });
    const path = `/v1/statements/${begun.body.id}`;
    const events = await server.ask('GET', `${path}/events`);
    for await (const { data } of (await import('./read-events.ts')).readEvents(events)) {
      if (data.progress?.done > 0) break;
    }
    expect((await server.json('POST', `${path}/cancel`)).status).toBe(202);
    const cancelled = await eventsOf(await server.ask('GET', `${path}/events`));
    expect(cancelled.at(-1)!.data).toMatchObject({ state: 'cancelled', error: { code: 'CANCELLED' } });
    await slowRows(server.database, 0);
    expect((await server.json('POST', `${path}/retry`)).status).toBe(202);
    const retried = await eventsOf(await server.ask('GET', `${path}/events`));
    expect(retried.at(-1)!.data).toMatchObject({ state: 'succeeded', progress: { done: 40, total: 40 } });
    expect((await server.json('POST', `${path}/retry`)).body).toMatchObject({ status: 409, code: 'STATEMENT_BUSY' });
  });

  it('sends only events after Last-Event-ID', async () => {
    const { body } = await server.run('SELECT 1');
    const path = `/v1/statements/${body.id}/events`;
    const all = (await eventsOf(await server.ask('GET', path))).filter(({ event }) => event === 'state');
    const rest = await eventsOf(await server.ask('GET', path, { headers: { 'last-event-id': all[0]!.id! } }));
    expect(rest.filter(({ event }) => event === 'state')).toEqual(all.slice(1));
    expect(rest.at(-1)!.event).toBe('end');
  });

  it('returns the lines that its workers wrote, and follows them', async () => {
    const begun = await server.json('POST', '/v1/statements', {
      body: { sql: detect(10, 'logged', 'partitions = 2'), wait: 0 },
    });
    const followed = await (await server.ask('GET', `/v1/statements/${begun.body.id}/logs?follow=true`)).text();
    const whole = await (await server.ask('GET', `/v1/statements/${begun.body.id}/logs`)).text();
    const lines = (text: string) =>
      text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line));
    const sources = new Set(lines(whole).map(({ source }) => source));
    expect(sources).toEqual(new Set(['prepare', 'worker-0', 'worker-1', 'finish']));
    expect(
      lines(followed)
        .map(({ text }) => text)
        .toSorted(),
    ).toEqual(
      lines(whole)
        .map(({ text }) => text)
        .toSorted(),
    );
    const one = await (await server.ask('GET', `/v1/statements/${begun.body.id}/logs?step=step-1&partition=1`)).text();
    const partitions = lines(one).map(({ text }) => JSON.parse(text).partition);
    expect(new Set(partitions)).toEqual(new Set([1]));
  });

  it('does not exist under another id', async () => {
    const none = await server.json('GET', '/v1/statements/00000000-0000-7000-8000-000000000000');
    expect(none.body).toMatchObject({ status: 404, code: 'UNKNOWN_STATEMENT' });
    expect((await server.json('GET', '/v1/statements/x')).body).toMatchObject({ status: 400, code: 'REQUEST_INVALID' });
  });
});

describe('a result', () => {
  it('is sent as pages, ndjson, csv and arrow, for a query and for a table', async () => {
    const text = `a,"b"\r\nc`;
    const program = `SELECT id, ? AS text, NULL AS id, '' AS empty FROM shot ORDER BY 1 LIMIT 5`;
    const { body } = await server.json('POST', '/v1/statements', { body: { sql: program, parameters: [text] } });
    const path = `/v1/statements/${body.id}/result`;
    const first = await server.json('GET', `${path}?limit=3`);
    const second = await server.json('GET', `${path}?limit=3&cursor=${first.body.next}`);
    expect([...first.body.rows, ...second.body.rows]).toEqual([1, 2, 3, 4, 5].map((id) => [id, text, null, '']));
    expect(second.body.next).toBe(null);
    expect(await (await server.ask('GET', `${path}?format=ndjson`)).text()).toBe(
      [1, 2, 3, 4, 5].map((id) => `${JSON.stringify({ id, text, id_2: null, empty: '' })}\n`).join(''),
    );
    expect(await (await server.ask('GET', `${path}?format=csv`)).text()).toBe(
      `id,text,id,empty\r\n${[1, 2, 3, 4, 5].map((id) => `${id},"a,""b""\r\nc",,""\r\n`).join('')}`,
    );
    const arrow = await server.ask('GET', `${path}?format=arrow`);
    expect(arrow.headers.get('content-type')).toBe('application/vnd.apache.arrow.stream');
    const read = tableFromIPC(new Uint8Array(await arrow.arrayBuffer()));
    expect(read.toArray().map((row) => row.toJSON())).toEqual(
      [1n, 2n, 3n, 4n, 5n].map((id) => ({ id, text, id_2: null, empty: '' })),
    );

    const table = await server.run(detect(12, 'paged'));
    const [expected] = (await server.database.pool.query('SELECT * FROM paged')) as unknown as [object[]];
    const rows: unknown[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await server.json(
        'GET',
        `/v1/statements/${table.body.id}/result?limit=7${cursor && `&cursor=${cursor}`}`,
      );
      rows.push(...page.body.rows);
      cursor = page.body.next;
    }
    expect(rows).toEqual(expected.map((row) => Object.values(row)));
    const lines = await (await server.ask('GET', `/v1/statements/${table.body.id}/result?format=ndjson`)).text();
    expect(
      lines
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    ).toEqual(expected);
  });

  it("can be any of the program's results", async () => {
    const { body } = await server.run('SELECT 1 AS a; DO 0; SELECT 2 AS b');
    const path = `/v1/statements/${body.id}/result`;
    expect(body.result.columns).toEqual([{ name: 'b', type: 'integer' }]);
    expect((await server.json('GET', `${path}?step=step-1`)).body.rows).toEqual([[1]]);
    expect((await server.json('GET', `${path}?step=step-2`)).body).toMatchObject({ status: 404, code: 'NO_RESULT' });
  });

  it('is gone if its table is dropped', async () => {
    const { body } = await server.run(detect(2, 'dropped'));
    await server.database.pool.query('DROP TABLE dropped');
    for (const format of ['json', 'ndjson', 'csv', 'arrow']) {
      const gone = await server.json('GET', `/v1/statements/${body.id}/result?format=${format}`);
      expect(gone.body).toMatchObject({ status: 410, code: 'RESULT_GONE' });
    }
  });
});

describe('an object that statements can name', () => {
  it('is listed', async () => {
    const models = await server.json('GET', '/v1/models');
    expect(models.body.models).toContainEqual(
      expect.objectContaining({ name: 'demo', file: '/models/demo.onnx', kind: 'unregistered' }),
    );
    await server.database.pool.query('CREATE VIEW named AS SELECT id FROM shot');
    const { tables } = (await server.json('GET', '/v1/tables')).body;
    expect(tables).toEqual(expect.arrayContaining(['named', 'shot']));
    expect(tables.filter((name: string) => name.includes(server.database.systemSchema))).toEqual([]);
    const { body } = await server.json('GET', '/v1/datasources');
    expect(body).toEqual({ datasources: [{ name: 'default', engine: 'local', default: true }] });
  });

  it('is planned without execution', async () => {
    const { status, body } = await server.json('POST', '/v1/explain', {
      body: { sql: detect(9, 'never', 'partitions = 2') },
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ plan: { kind: 'plan', version: 6, steps: [{ name: 'step-1' }] }, workflow: null });
    expect(body.text).toContain('partition × 2');
    const [tables] = (await server.database.pool.query(`SHOW TABLES LIKE 'never'`)) as unknown as [unknown[]];
    expect(tables).toEqual([]);
  });
});
