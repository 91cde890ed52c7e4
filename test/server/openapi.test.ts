import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ErrorCode, errorTable } from '../../src/errors.ts';
import { formatNames, formats } from '../../src/formats/formats.ts';
import { brokenRequest, type GeneratedRequest, validRequest } from './arbitrary-request.ts';
import { type OpenApi, openAnswerCheck, type Route, routesOf } from './openapi-document.ts';
import { type TestUser, useServer } from './use-server.ts';

/** More by hand: MILLRACE_RUNS=… */
const numRuns = Number(process.env.MILLRACE_RUNS ?? 12);

const server = useServer({ requestsPerMinute: 1_000_000, runningStatementsPerUser: 1000 });

/** The routes that answer with JSON or streams; pages and metrics are for others. */
const routes = [
  'DELETE /v1/models/{name}',
  'GET /healthz',
  'GET /readyz',
  'GET /v1/classes',
  'GET /v1/columns',
  'GET /v1/datasources',
  'GET /v1/model-figures',
  'GET /v1/models',
  'GET /v1/models/{name}',
  'GET /v1/models/{name}/measurements',
  'GET /v1/models/{name}/training',
  'GET /v1/profiles',
  'GET /v1/statements',
  'GET /v1/statements/{id}',
  'GET /v1/statements/{id}/classes',
  'GET /v1/statements/{id}/events',
  'GET /v1/statements/{id}/failures',
  'GET /v1/statements/{id}/logs',
  'GET /v1/statements/{id}/partitions',
  'GET /v1/statements/{id}/pictures',
  'GET /v1/statements/{id}/pictures/{row}',
  'GET /v1/statements/{id}/plan',
  'GET /v1/statements/{id}/result',
  'GET /v1/statements/{id}/workflow',
  'GET /v1/tables',
  'GET /v1/user',
  'PATCH /v1/models/{name}',
  'POST /v1/explain',
  'POST /v1/statements',
  'POST /v1/statements/{id}/cancel',
  'POST /v1/statements/{id}/retry',
  'PUT /v1/models/{name}',
];
/** Not on this engine, not of statements that have ended or have no pictures, and not of models that nobody registered. */
const neverDone = [
  ...['GET /v1/statements/{id}/workflow', 'POST /v1/statements/{id}/cancel'],
  // test/server/pictures.test.ts has a statement with pictures.
  ...['classes', 'pictures', 'pictures/{row}'].map((each) => `GET /v1/statements/{id}/${each}`),
  ...['DELETE', 'GET', 'PATCH', 'PUT'].map((method) => `${method} /v1/models/{name}`),
  'GET /v1/models/{name}/measurements',
  'GET /v1/models/{name}/training',
];
const hidden = /^(\/|\/assets\/.*|\/(sql|statements|models)(\/.*)?|\/metrics|\/openapi\.json|\/docs.*|\*)$/;

let document: OpenApi;
let check: ReturnType<typeof openAnswerCheck>;
const known = {
  sql: [
    'SELECT 1',
    'SELECT id, file_name FROM shot LIMIT 3',
    'SELECT ? AS a',
    'SELECT :a AS a',
    'SELECT 1; DO 0; SELECT 2',
    'SELECT * FROM nowhere',
    'SELECT 1 TO RUM x',
    'SELECT id, file_name FROM shot TO RUN millrace/worker CMD "yolo", "--model=none", "--image_dir=/datasets" INTO t',
  ],
  datasource: ['default'],
  parameters: [[], {}, [1], { a: 'b' }],
  step: ['step-1'],
  user: ['ada', 'rita'],
};
const ids: Record<string, string[]> = {};

beforeAll(async () => {
  document = (await server.json('GET', '/openapi.json', { user: null })).body;
  check = openAnswerCheck(document);
  const programs = ['SELECT 1', 'SELECT id, file_name FROM shot LIMIT 200', 'SELECT (SELECT id FROM shot)'];
  for (const user of ['ada', 'rita'] as const) {
    ids[user] = await Promise.all(programs.map(async (sql) => (await server.run(sql, { user })).body.id));
  }
});

describe('/openapi.json', () => {
  it('has all routes', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(routesOf(document).map(nameOf).toSorted()).toEqual(routes);
    expect(servedRoutes()).toEqual(routes);
    for (const route of routesOf(document)) expect([nameOf(route), route.summary]).not.toEqual([nameOf(route), '']);
  });

  it('offers rows in every format', () => {
    const result = document.paths['/v1/statements/{id}/result']!.get!;
    expect(result.parameters?.find(({ name }) => name === 'format')?.schema.enum).toEqual(formatNames);
    const types = Object.values(formats).map(({ mediaType }) => mediaType.split(';')[0]!);
    expect(Object.keys(result.responses['200']?.content ?? {}).sort()).toEqual(types.sort());
  });
});

describe('the problems of /openapi.json', () => {
  it('have each code of the table, under its status', () => {
    const { enum: codes, description = '' } = document.components.schemas.ErrorCode!;
    const listed = [...description.matchAll(/^- (\d{3}): (.+)$/gm)].flatMap(([, status, list = '']) =>
      list.split(', ').map((code) => [code, Number(status)] as const),
    );
    const answers = Object.entries(errorTable).filter(([, { status }]) => status !== null);
    expect(new Map(listed)).toEqual(new Map(answers.map(([code, { status }]) => [code, status])));
    expect(codes).toEqual(answers.map(([code]) => code));
  });
});

describe.each(['ada', 'rita'] as const)('%s', (user) => {
  it.each(routes)('is answered as documented: %s', { timeout: 60_000 }, async (name) => {
    const route = routeNamed(name);
    const statuses = new Set<number>();
    await property(validRequest(route, { ...known, id: ids[user]! }), async (request) => {
      const { status, code } = await answered(route, request, user);
      statuses.add(status);
      // A cursor is text that the server gave.
      if (!request.path.includes('cursor=')) expect([status, code]).not.toContain('REQUEST_INVALID');
    });
    if (!neverDone.includes(name)) expect([200, 202].some((status) => statuses.has(status))).toBe(true);
  });

  it.each(routes)('is refused as documented: %s', { timeout: 60_000 }, async (name) => {
    const route = routeNamed(name);
    const broken = brokenRequest(route, { ...known, id: ids[user]! });
    if (broken === null) return;
    await property(broken, async (request) => {
      expect(await answered(route, request, user)).toEqual({ status: 400, code: 'REQUEST_INVALID' });
    });
  });
});

/** The same requests in every run. */
function property(
  requests: fc.Arbitrary<GeneratedRequest>,
  holds: (request: GeneratedRequest) => Promise<void>,
): Promise<void> {
  return fc.assert(fc.asyncProperty(requests, holds), { numRuns, seed: 20_266 });
}

async function answered(route: Route, request: GeneratedRequest, user: TestUser) {
  const { path, headers, body } = request;
  const answer = await server.ask(route.method, path, { user, headers, ...(body !== undefined && { body }) });
  const text = await answer.text();
  expect(check(route, answer.status, answer.headers.get('content-type') ?? '', text)).toBe(null);
  expect(answer.status).toBeLessThan(500);
  if (answer.status < 400) return { status: answer.status, code: null };
  const problem = JSON.parse(text);
  expect(problem.status).toBe(answer.status);
  expect(errorTable[problem.code as ErrorCode].status).toBe(answer.status);
  return { status: answer.status, code: problem.code };
}

const nameOf = ({ method, path }: Pick<Route, 'method' | 'path'>) => `${method} ${path}`;

function routeNamed(name: string): Route {
  return routesOf(document).find((route) => nameOf(route) === name)!;
}

/** As Fastify prints them: a tree, a path's part in each line. */
function servedRoutes(): string[] {
  const parts: string[] = [];
  const found: string[] = [];
  for (const line of server.server.app.printRoutes({ commonPrefix: false }).split('\n')) {
    const [, indent, part, methods] = /^([│ ]*)[├└]── (\S*)(?: \((.*)\))?$/.exec(line) ?? [];
    if (indent === undefined) continue;
    parts.splice(indent.length / 4, parts.length, part!);
    const path = parts.join('').replace(/:(\w+)/g, '{$1}');
    if (hidden.test(path)) continue;
    for (const method of methods?.split(', ') ?? []) if (method !== 'HEAD') found.push(`${method} ${path}`);
  }
  return found.toSorted();
}
