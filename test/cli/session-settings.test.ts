import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDsn } from '../../src/datasource/dsn.ts';
import { openPool } from '../../src/datasource/pool.ts';
import { startPrivateServer, stopPrivateServer } from '../../src/datasource/private-server.ts';
import { millrace } from './millrace.ts';

// A server of the test's own, for its global settings are what the test is about: the cases session-time-zone and no-backslash-escapes.
describe('on a server 8 hours west of UTC with NO_BACKSLASH_ESCAPES', { timeout: 240_000 }, () => {
  let folder: string;
  let dsn: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-settings-'));
    ({ dsn } = await startPrivateServer(join(folder, 'mariadb')));
    await query("SET GLOBAL time_zone = '-08:00', GLOBAL sql_mode = 'STRICT_TRANS_TABLES,NO_BACKSLASH_ESCAPES'");
    await query('CREATE DATABASE fc');
    await query(
      'CREATE TABLE fc.shots (id INT PRIMARY KEY AUTO_INCREMENT, taken DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP, note VARCHAR(40))',
    );
  }, 240_000);
  afterAll(async () => {
    await stopPrivateServer(join(folder, 'mariadb'));
    await rm(folder, { recursive: true, force: true });
  }, 120_000);

  async function query(sql: string): Promise<RowDataPacket[]> {
    const pool = openPool(parseDsn(dsn), { connections: 1 });
    try {
      return (await pool.query<RowDataPacket[]>(sql))[0];
    } finally {
      await pool.end();
    }
  }

  async function run(sql: string): Promise<unknown[]> {
    const environment = { MILLRACE_DATASOURCE: dsn, MILLRACE_STATE: join(folder, 'state') };
    const { code, stdout, stderr } = await millrace(['run', '--json', '--format=ndjson', sql], environment);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
  }

  it('SQL of users has the same meaning as in their own client', async () => {
    const same = ['time_zone', 'sql_mode', 'tx_isolation'].map(
      (name) => `@@session.${name} = @@global.${name} AS ${name}`,
    );
    expect(await run(`SELECT ${same.join(', ')}`)).toEqual([{ time_zone: 1, sql_mode: 1, tx_isolation: 1 }]);
    await run("INSERT INTO fc.shots (note) VALUES ('C:\\img\\a.png'), ('it''s \\')");
    await run("INSERT INTO fc.shots (taken, note) VALUES (NOW() - INTERVAL 5 HOUR, 'before')");
    expect(await run('SELECT note FROM fc.shots WHERE taken > NOW() - INTERVAL 2 HOUR ORDER BY id')).toEqual([
      { note: 'C:\\img\\a.png' },
      { note: "it's \\" },
    ]);
    const stored =
      'SELECT ROUND(TIMESTAMPDIFF(SECOND, taken, UTC_TIMESTAMP()) / 3600) AS hours FROM fc.shots ORDER BY id';
    expect((await query(stored)).map(({ hours }) => Number(hours))).toEqual([8, 8, 13]);
  });
});
