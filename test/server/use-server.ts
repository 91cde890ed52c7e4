import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, inject } from 'vitest';
import { type RunningServer, startServer } from '../../src/server/serve.ts';
import { hashToken, newToken } from '../../src/service/access/tokens.ts';
import { mariadb, type TestDatabase, useDatabase } from '../database.ts';
import type { DatabaseServer } from '../database-servers.ts';
import { type Pictures, scenes, usePictures } from '../pictures.ts';

export type TestUser = 'ada' | 'bob' | 'rita' | 'root';

/** A real server on a database, pictures and a state folder of the test file's own. */
export interface TestServer {
  readonly database: TestDatabase;
  readonly pictures: Pictures;
  readonly server: RunningServer;
  readonly environment: NodeJS.ProcessEnv;
  readonly tokens: Readonly<Record<TestUser, string>>;
  /** All that it logged. */
  readonly log: string[];
  /** As `ada`, if nobody is named. */
  ask(method: string, path: string, options?: Ask): Promise<Response>;
  /** The answer's JSON. */
  json(method: string, path: string, options?: Ask): Promise<Answer>;
  /** Submits a program and waits for its end. */
  run(sql: string, options?: Omit<Ask, 'body'>): Promise<Answer>;
  /** @returns a file with other limits */
  configured(limits: Readonly<Record<string, unknown>>, stopSeconds?: number): Promise<string>;
  /** Another replica on the same database. */
  another(environment?: NodeJS.ProcessEnv): Promise<RunningServer>;
}

export interface Ask {
  readonly user?: TestUser | null;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly url?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: what the API answers is what the tests are about
  readonly body: any;
}

const roles = { ada: 'user', bob: 'user', rita: 'reader', root: 'admin' } as const;

/**
 * @param options.running false: none is started, only what one needs is there
 * @param options.on the database server
 * @param options.environment further settings
 */
export function useServer(
  limits: Readonly<Record<string, unknown>> = {},
  {
    running = true,
    on = mariadb,
    environment = {},
  }: { readonly running?: boolean; readonly on?: DatabaseServer; readonly environment?: NodeJS.ProcessEnv } = {},
): TestServer {
  const database = useDatabase(on);
  const pictures = usePictures();
  const servers: RunningServer[] = [];
  const test = { database, pictures, log: [] as string[] } as { -readonly [key in keyof TestServer]: TestServer[key] };

  test.ask = (method, path, { user = 'ada', body, headers = {}, signal, url = test.server.url } = {}) =>
    fetch(`${url}${path}`, {
      method,
      ...(signal && { signal }),
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      headers: {
        ...(user !== null && { authorization: `Bearer ${test.tokens[user]}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
    });
  test.json = async (method, path, options) => {
    const response = await test.ask(method, path, options);
    return { status: response.status, headers: response.headers, body: await response.json() };
  };
  test.run = (sql, options = {}) => test.json('POST', '/v1/statements', { ...options, body: { sql, wait: 60 } });
  test.another = async (environment = {}) => {
    const log = pino({ level: 'info' }, { write: (line: string) => void test.log.push(line) });
    const server = await startServer({ ...test.environment, ...environment }, log);
    servers.push(server);
    await untilReady(server.url);
    return server;
  };

  beforeAll(async () => {
    const stateFolder = join(inject('serversFolder'), 'state', randomUUID());
    await mkdir(stateFolder, { recursive: true });
    test.tokens = { ada: newToken(), bob: newToken(), rita: newToken(), root: newToken() };
    test.configured = async (others, seconds = 20) => {
      const users = Object.entries(roles).map(([name, role]) => ({
        name,
        role,
        token: hashToken(test.tokens[name as TestUser]),
      }));
      const file = join(stateFolder, `${randomUUID()}.yaml`);
      await writeFile(file, JSON.stringify({ users, limits: { ...limits, ...others }, stop: { seconds } }));
      return file;
    };
    test.environment = {
      PATH: process.env.PATH ?? '',
      MILLRACE_SERVER_CONFIG: await test.configured({}),
      MILLRACE_DATASOURCE: database.accounts.dsn,
      MILLRACE_SYSTEM_DATASOURCE: database.accounts.systemDsn,
      MILLRACE_READER_DATASOURCE: database.accounts.readerDsn,
      MILLRACE_SCHEMA: database.systemSchema,
      MILLRACE_STATE: stateFolder,
      MILLRACE_VOLUMES: Object.entries(pictures.volumes)
        .map((pair) => pair.join('='))
        .join(','),
      MILLRACE_PORT: '0',
      ...environment,
    };
    await database.pool.query('CREATE TABLE shot (id INT PRIMARY KEY, file_name VARCHAR(60))');
    const rows = Array.from({ length: 300 }, (_, index) => [index + 1, scenes[index % scenes.length]]);
    await database.pool.query('INSERT INTO shot VALUES ?', [rows]);
    if (running) test.server = await test.another();
  });
  afterAll(async () => {
    for (const server of servers) await server.stop();
  });
  return test;
}

/** A server listens before its databases are there. */
export async function untilReady(url: string): Promise<void> {
  for (let status = 0; status !== 200; ) ({ status } = await fetch(`${url}/readyz`));
}
