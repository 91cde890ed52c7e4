import { afterAll, beforeEach, expect, it, vi } from 'vitest';
import { openSplitEngine } from '../../src/engine/split-engine.ts';
import { openLocalService } from '../../src/service/local-service.ts';
import type { Service } from '../../src/service/service.ts';
import { mariadb } from '../database.ts';
import { standInEngine } from '../engine/stand-in-engine.ts';
import { useServer } from '../server/use-server.ts';
import { detect, useSession } from '../use-session.ts';

// Files before this one may have loaded what imports the parser, and files after it must not count.
const counted = vi.hoisted(() => {
  vi.resetModules();
  return { texts: [] as string[] };
});
afterAll(() => vi.resetModules());
vi.mock('../../src/sql/parse.ts', async (original) => {
  const parser = await original<typeof import('../../src/sql/parse.ts')>();
  const parseProgram: typeof parser.parseProgram = (text, mode) => {
    counted.texts.push(text);
    return parser.parseProgram(text, mode);
  };
  return { ...parser, parseProgram };
});

const server = useServer();
const here = useSession(mariadb);
beforeEach(() => {
  counted.texts = [];
});

const query = 'SELECT 1; SELECT 2';
const run = detect(2, 'found', "partitions = 1, write_mode = 'overwrite'");

it.each(['ada', 'rita'] as const)('a program that %s submits over HTTP is parsed once', async (user) => {
  expect((await server.run(query, { user })).body.state).toBe('succeeded');
  expect(counted.texts).toEqual([query]);
});

it('a program that is explained over HTTP is parsed once', async () => {
  const { body } = await server.json('POST', '/v1/explain', { body: { sql: query } });
  expect(body.plan.steps).toHaveLength(2);
  expect(counted.texts).toEqual([query]);
});

it('a program that the database rejects is not parsed again for the answer', async () => {
  expect((await server.run('SELECT * FROM nothing_of_that_name')).status).toBe(400);
  expect(counted.texts).toEqual(['SELECT * FROM nothing_of_that_name']);
});

it.each<[string, (service: Service) => Promise<unknown>, string]>([
  ['that runs', (service) => service.submit(query), query],
  ['with parameters', (service) => service.submit('SELECT ?', { parameters: [7] }), 'SELECT 7'],
  ['that is explained', (service) => service.explain(run), run],
])('a program of the command line %s is parsed once', async (_, use, text) => {
  await use(openLocalService(here.session));
  expect(counted.texts).toEqual([text]);
});

it.each([
  ['that only reads', query, 0],
  ['over rows', run, 1],
])('a program %s on Argo is also parsed once', async (_, text, ofArgo) => {
  const workflows = standInEngine();
  const engine = openSplitEngine({ queries: here.session.engine, workflows });
  await openLocalService({ ...here.session, engine }).submit(text);
  expect(workflows.statements).toHaveLength(ofArgo);
  expect(counted.texts).toEqual([text]);
});
