import { request as httpRequest } from 'node:http';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findJsonError } from '../../src/server/json-error.ts';
import { type Answer, useServer } from './use-server.ts';

const server = useServer({ requestsPerMinute: 1_000_000 });
const none = '/v1/statements/00000000-0000-7000-8000-000000000000';

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** As it stands: fetch would add headers of its own. */
async function send({ method = 'POST', path = '/v1/statements', headers = {}, body }: Sent): Promise<Answer> {
  const { port, hostname } = new URL(server.server.url);
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const all = { authorization: `Bearer ${server.tokens.ada}`, ...length, ...headers };
  return new Promise((resolve, reject) => {
    httpRequest({ port, host: hostname, method, path, headers: all })
      .on('error', reject)
      .on('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece) => {
          text += piece;
        });
        response.on('end', () =>
          resolve({
            status: response.statusCode!,
            headers: new Headers(response.headers as Record<string, string>),
            body: text === '' ? null : JSON.parse(text),
          }),
        );
      })
      .end(body);
  });
}

const json = { 'content-type': 'application/json' };
const program = '{"sql": "SELECT 1"}';

describe('a body', () => {
  it.each<[string, Record<string, string>, string | Buffer, string]>([
    ['without a Content-Type', {}, program, 'the request has no Content-Type'],
    ['of a form', { 'content-type': 'application/x-www-form-urlencoded' }, program, 'x-www-form-urlencoded'],
    ['that is compressed', { ...json, 'content-encoding': 'gzip' }, gzipSync(program), '"gzip"'],
    ['in another charset', { 'content-type': 'application/json; charset=iso-8859-1' }, program, '"iso-8859-1"'],
  ])('%s is rejected with a hint what to send', async (_, headers, body, found) => {
    const answer = await send({ headers, body });
    expect(answer.body).toMatchObject({ status: 415, code: 'MEDIA_TYPE_UNSUPPORTED' });
    expect(answer.body.detail).toContain(found);
    expect(answer.body.hint).toMatch(/Content-Type: application\/json|without the header Content-Encoding/);
  });

  it('may declare UTF-8', async () => {
    const headers = { 'content-type': 'Application/JSON; charset="UTF-8"' };
    expect((await send({ headers, body: program })).status).toBe(200);
  });

  it('that is not UTF-8 is rejected with the position of the byte', async () => {
    const body = Buffer.concat([Buffer.from(`{"sql": "SELECT 'é`), Buffer.from([0xe9]), Buffer.from(`'"}`)]);
    const answer = await send({ headers: json, body });
    expect(answer.body).toMatchObject({ status: 400, code: 'REQUEST_INVALID' });
    expect(answer.body.detail).toBe('byte 19 of the body (0xe9) is not valid UTF-8');
  });

  it.each([
    ['{"sql": ', 'line 1, column 9: expected a value, found the end'],
    ['{"sql": "SELECT 1",\n "wait": 1,}', 'line 2, column 12: expected a key in double quotes, found "}"'],
    ["{'sql': 1}", `line 1, column 2: expected a key in double quotes or }, found "'"`],
    ['{"sql": "SELECT\n1"}', 'line 1, column 16: a string contains a control character'],
    ['{"sql": "a"} x', 'line 1, column 14: expected the end, found "x"'],
  ])('that is not JSON is rejected with the position of the error: %j', async (body, place) => {
    const answer = await send({ headers: json, body });
    expect(answer.body).toMatchObject({ status: 400, code: 'REQUEST_INVALID' });
    expect(answer.body.detail).toContain(`the body is not valid JSON: ${place}`);
  });

  it.each([
    [
      { sql: 'SELECT 1', wiat: 3 },
      /unknown field "wiat"; it may have sql, datasource, parameters, wait, labels/,
      /wait/,
    ],
    [{ sql: 'SELECT 1', wait: '3' }, /^wait is "3"$/, /a number from 0 to 60/],
    [{ sql: '' }, /^sql is ""$/, /not empty/],
    [{}, /lacks sql/, /add sql/],
    [{ sql: 'SELECT 1', labels: { 'a b': 'c' } }, /labels/, /letters, digits/],
    [[], /the body is an empty array/, /JSON object with sql/],
    ['', /no body/, /JSON object with sql/],
  ])('of another form is rejected with an explanation: %j', async (body, detail, hint) => {
    const answer = await send({ headers: json, body: body === '' ? '' : JSON.stringify(body) });
    expect(answer.body).toMatchObject({ status: 400, code: 'REQUEST_INVALID' });
    expect(answer.body.detail).toMatch(detail);
    expect(answer.body.hint).toMatch(hint);
  });

  it('may be empty if none is needed', async () => {
    const { body } = await server.run('SELECT 1');
    for (const headers of [json, { 'content-type': 'text/plain' }, {}] as Record<string, string>[]) {
      const answer = await send({ path: `/v1/statements/${body.id}/retry`, headers, body: '' });
      expect(answer.body).toMatchObject({ status: 409, code: 'STATEMENT_BUSY' });
    }
  });
});

describe('a part of the address', () => {
  it.each([
    ['/v1/statements/x', /^id is "x"$/, /the id of a statement, such as/],
    ['/v1/statements?state=runing', /^state is "runing"$/, /one of queued, running, cancelling/],
    ['/v1/statements?limit=1000', /^limit is 1000$/, /a whole number from 1 to 200/],
    ['/v1/statements?from=yesterday', /^from is "yesterday"$/, /a time such as/],
    ['/v1/statements?label=x', /^label is "x"$/, /name:value/],
    [`${none}/result?format=xml`, /^format is "xml"$/, /one of json, ndjson, csv, arrow/],
  ])('of another form is rejected with an explanation: %s', async (path, detail, hint) => {
    const answer = await send({ method: 'GET', path });
    expect(answer.body).toMatchObject({ status: 400, code: 'REQUEST_INVALID' });
    expect(answer.body.detail).toMatch(detail);
    expect(answer.body.hint).toMatch(hint);
    expect(answer.body.detail + answer.body.hint).not.toMatch(/[\^$\\]/);
  });
});

describe('a path', () => {
  it.each([
    ['DELETE', '/v1/statements', 'GET, HEAD, POST'],
    ['PUT', none, 'GET, HEAD'],
    ['GET', `${none}/cancel`, 'POST'],
    ['POST', '/healthz', 'GET, HEAD'],
    ['PROPFIND', '/v1/explain', 'POST'],
    ['PATCH', '/', 'GET, HEAD'],
  ])('rejects methods that it does not support: %s %s', async (method, path, allowed) => {
    const answer = await send({ method, path, headers: { 'content-type': 'text/plain' }, body: 'x' });
    expect(answer.body).toMatchObject({ status: 405, code: 'METHOD_NOT_ALLOWED' });
    expect(answer.headers.get('allow')).toBe(allowed);
  });

  it('that does not exist gets 404 for any method', async () => {
    for (const method of ['GET', 'POST', 'DELETE']) {
      const answer = await send({ method, path: '/v1/nowhere' });
      expect(answer.body).toMatchObject({ status: 404, code: 'UNKNOWN_ROUTE' });
    }
  });

  it('of the root links to the other pages', async () => {
    const { body } = await send({ method: 'GET', path: '/' });
    expect(body).toMatchObject({ name: 'millrace', links: { documentation: '/docs', statements: '/v1/statements' } });
    const page = await server.ask('GET', '/', { headers: { accept: 'text/html' } });
    expect(await page.text()).toContain('<div id="app">');
  });
});

describe('a result of which not all rows are stored', () => {
  it.each(['csv', 'ndjson'])('reports that as %s before and after its rows', async (format) => {
    const { url } = await server.another({ MILLRACE_SERVER_CONFIG: await server.configured({ resultBytes: 1024 }) });
    const { body } = await server.json('POST', '/v1/statements', {
      url,
      body: { sql: 'SELECT seq FROM seq_1_to_100000', wait: 60 },
    });
    expect(body.result).toMatchObject({ truncated: true });
    const { port, hostname } = new URL(url);
    const path = `/v1/statements/${body.id}/result?format=${format}`;
    const headers = { authorization: `Bearer ${server.tokens.ada}` };
    const told = await new Promise((resolve, reject) => {
      httpRequest({ port, host: hostname, path, headers })
        .on('error', reject)
        .on('response', (response) => {
          response.resume().on('end', () => resolve([response.headers['millrace-truncated'], response.trailers]));
        })
        .end();
    });
    expect(told).toEqual(['true', { 'millrace-truncated': 'true' }]);
    const whole = await server.run('SELECT 1');
    const answer = await server.ask('GET', `/v1/statements/${whole.body.id}/result?format=${format}`);
    expect(answer.headers.get('millrace-truncated')).toBe('false');
  });
});

describe('findJsonError', () => {
  it('finds an error exactly if JSON.parse does', () => {
    const pieces = fc.constantFrom(
      ...'{}[],:"\\ \n0-1.eE+'.split(''),
      'true',
      'null',
      '"a"',
      '\\u00e9',
      '\ud83d\ude00',
      'x',
    );
    const texts = fc.oneof(
      fc.json(),
      fc.array(pieces, { maxLength: 12 }).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(findJsonError(text) === null).toBe(isJson(text));
      }),
      { numRuns: 5000 },
    );
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
