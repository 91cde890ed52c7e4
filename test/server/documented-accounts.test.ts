import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pool } from 'mysql2/promise';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { formatDsn, parseDsn } from '../../src/datasource/dsn.ts';
import { openPool } from '../../src/datasource/pool.ts';
import { type RunningServer, startServer } from '../../src/server/serve.ts';
import { hashToken, newToken } from '../../src/service/access/tokens.ts';
import { runScript } from '../administrator.ts';
import { millrace } from '../cli/millrace.ts';
import { servers, useDatabase } from '../database.ts';
import { codeBlocks } from '../demo/documents.ts';
import { scenes, usePictures } from '../pictures.ts';
import { untilReady } from './use-server.ts';

const script = codeBlocks('docs/server.md').find(({ text }) => text.startsWith('CREATE DATABASE millrace'))!.text;
const users = [...script.matchAll(/CREATE USER '(\w+)'@'%' IDENTIFIED BY '([^']*)'/g)].map(([, name, password]) => ({
  name: name!,
  password: password!,
}));

describe.each(servers)("docs/server.md's accounts, copied as they stand, on $name", { timeout: 180_000 }, (server) => {
  const database = useDatabase(server);
  const pictures = usePictures();
  const tokens = { ada: newToken(), rita: newToken() };
  const pools: Pool[] = [];
  let running: RunningServer | undefined;
  let environment: Record<string, string>;

  async function clear(): Promise<void> {
    for (const name of ['millrace', 'millrace_work', 'coco'])
      await database.admin.query(`DROP DATABASE IF EXISTS ${name}`);
    for (const { name } of users) await database.admin.query(`DROP USER IF EXISTS ?@'%'`, [name]);
  }

  const dsnOf = (role: string) => {
    const { name, password } = users.find((user) => user.name === `millrace_${role}`)!;
    return formatDsn({ ...database.datasource, user: name, password, database: 'coco' });
  };

  beforeAll(async () => {
    await clear();
    await runScript(server, script);
    await database.admin.query('CREATE DATABASE coco');
    const state = join(inject('serversFolder'), 'state', randomUUID());
    await mkdir(state, { recursive: true });
    const config = join(state, 'server.yaml');
    await writeFile(
      config,
      JSON.stringify({
        users: [
          { name: 'ada', role: 'user', token: hashToken(tokens.ada) },
          { name: 'rita', role: 'reader', token: hashToken(tokens.rita) },
        ],
      }),
    );
    environment = {
      PATH: process.env.PATH ?? '',
      MILLRACE_SERVER_CONFIG: config,
      MILLRACE_DATASOURCE: dsnOf('user'),
      MILLRACE_SYSTEM_DATASOURCE: dsnOf('system'),
      MILLRACE_READER_DATASOURCE: dsnOf('reader'),
      MILLRACE_STATE: state,
      MILLRACE_VOLUMES: Object.entries(pictures.volumes)
        .map((pair) => pair.join('='))
        .join(','),
      MILLRACE_PORT: '0',
    };
    running = await startServer(environment, pino({ level: 'silent' }));
    await untilReady(running.url);
  }, 180_000);
  afterAll(async () => {
    await running?.stop();
    await Promise.all(pools.map((pool) => pool.end()));
    await clear();
  });

  async function run(user: keyof typeof tokens, sql: string) {
    const response = await fetch(`${running!.url}/v1/statements`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tokens[user]}`, 'content-type': 'application/json' },
      body: JSON.stringify({ sql, wait: 60 }),
    });
    return (await response.json()) as { readonly state?: string; readonly result?: { readonly rows?: unknown } };
  }

  it('are sufficient for a server to run statements of users and readers', async () => {
    const rows = scenes.slice(0, 4).map((scene, index) => `(${index}, '${scene}')`);
    for (const sql of [
      'CREATE TABLE coco.shot (id INT PRIMARY KEY, file_name VARCHAR(60))',
      `INSERT INTO coco.shot VALUES ${rows.join(', ')}`,
      `SELECT * FROM shot TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets"
       WITH partitions = 2 INTO coco.found;`,
    ])
      expect(await run('ada', sql)).toMatchObject({ state: 'succeeded' });
    const read = await run('rita', 'SELECT COUNT(DISTINCT id) AS n FROM coco.found');
    expect(read).toMatchObject({ state: 'succeeded', result: { rows: [['4']] } });
  });

  it.each([
    'SELECT * FROM millrace.statements',
    'DROP TABLE millrace.ledger',
    'SELECT * FROM mysql.user',
    "SELECT 1 INTO OUTFILE '/tmp/millrace-test-outfile'",
    "CREATE USER 'other'@'%'",
    "GRANT ALL ON coco.* TO 'millrace_reader'@'%'",
  ])('let no statement do %s, even if no check of the server detects it', async (sql) => {
    for (const user of ['ada', 'rita'] as const) expect((await run(user, sql)).state).not.toBe('succeeded');
    for (const role of ['user', 'reader', 'foreign']) {
      const pool = openPool(parseDsn(dsnOf(role)), { connections: 1, settings: 'server' });
      pools.push(pool);
      await expect(pool.query(sql)).rejects.toMatchObject({ code: 'DATABASE_RIGHTS' });
    }
  });

  it('give doctor nothing to warn about', async () => {
    const { MILLRACE_SERVER_CONFIG, ...settings } = environment;
    expect(await millrace(['doctor'], settings)).toMatchObject({ code: 0, stderr: 'all checks passed\n' });
  });
});
