import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDsn } from '../../src/datasource/dsn.ts';
import { openPool, withReconnect } from '../../src/datasource/pool.ts';
import { startPrivateServer, stopPrivateServer } from '../../src/datasource/private-server.ts';

describe('a private server', () => {
  let folder: string;

  beforeAll(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'millrace-private-')), 'a folder with spaces');
  });

  afterAll(async () => {
    await stopPrivateServer(folder);
    await rm(join(folder, '..'), { recursive: true, force: true });
  });

  it('is started once by two concurrent calls, and reused afterwards', async () => {
    const progress: string[] = [];
    const onProgress = (message: string) => progress.push(message);
    const [one, two] = await Promise.all([
      startPrivateServer(folder, { onProgress }),
      startPrivateServer(folder, { onProgress }),
    ]);
    expect([one.reused, two.reused].sort()).toEqual([false, true]);
    expect(one.dsn).toBe(two.dsn);
    expect(progress).toEqual(['creating a private MariaDB', 'starting the private MariaDB']);
    expect(await startPrivateServer(folder)).toEqual({ dsn: one.dsn, reused: true });
  });

  it('listens on loopback only and does not reveal its password', async () => {
    const { dsn } = await startPrivateServer(folder);
    const datasource = parseDsn(dsn);
    expect(datasource.host).toBe('127.0.0.1');
    expect(((await stat(join(folder, 'server.json'))).mode & 0o777).toString(8)).toBe('600');
    expect(((await stat(folder)).mode & 0o777).toString(8)).toBe('700');
    expect(await readFile(join(folder, 'mariadb.log'), 'utf8')).not.toContain(datasource.password);
    await expect(stat(join(folder, 'accounts.sql'))).rejects.toMatchObject({ code: 'ENOENT' });
    const pool = openPool(datasource, { connections: 1 });
    const [[settings]] = (await pool.query(
      'SELECT @@bind_address AS bound, @@character_set_server AS charset, @@innodb_buffer_pool_size AS pool, @@tmpdir AS tmp',
    )) as unknown as [[object]];
    expect(settings).toEqual({
      bound: '127.0.0.1',
      charset: 'utf8mb4',
      pool: String(256 * 2 ** 20),
      tmp: join(folder, 'tmp'),
    });
    const [accounts] = await pool.query(
      "SELECT user AS user, host AS host FROM mysql.user WHERE user NOT IN ('root', 'mysql', 'mariadb.sys') AND host <> 'localhost'",
    );
    expect(accounts).toEqual([{ user: 'millrace', host: '127.0.0.1' }]);
    const passwordless = openPool({ ...datasource, user: 'root', password: '' }, { connections: 1 });
    await expect(passwordless.query('SELECT 1')).rejects.toMatchObject({ code: 'DATABASE_REFUSED' });
    await Promise.all([pool.end(), passwordless.end()]);
  });

  it('keeps its data and its port, and a pool survives its restart', async () => {
    const { dsn } = await startPrivateServer(folder);
    const pool = openPool(parseDsn(dsn), { connections: 2 });
    await pool.query('CREATE DATABASE kept');
    await stopPrivateServer(folder);
    await expect(pool.query('SELECT 1')).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' });
    const waiting = withReconnect(() => pool.query("SHOW DATABASES LIKE 'kept'"));
    expect(await startPrivateServer(folder)).toEqual({ dsn, reused: false });
    expect((await waiting)[0]).toHaveLength(1);
    await pool.end();
  });

  it('uses another port if its own is taken', async () => {
    const before = parseDsn((await startPrivateServer(folder)).dsn);
    await stopPrivateServer(folder);
    const intruder = createServer((socket) => socket.destroy());
    await new Promise<void>((listening) => intruder.listen(before.port, '127.0.0.1', listening));
    const after = parseDsn((await startPrivateServer(folder)).dsn);
    expect(after.port).not.toBe(before.port);
    expect(after.password).toBe(before.password);
    await new Promise((closed) => intruder.close(closed));
  });

  it('can be stopped when it is not running', async () => {
    await stopPrivateServer(folder);
    await stopPrivateServer(folder);
    await stopPrivateServer(join(folder, 'absent'));
  });

  it('reports the error from its log if it does not start', async () => {
    const broken = join(folder, '..', 'broken');
    await mkdir(join(broken, 'data'), { recursive: true });
    await writeFile(join(broken, 'data', 'ibdata1'), 'not a tablespace');
    await expect(startPrivateServer(broken)).rejects.toMatchObject({
      code: 'MARIADB_FAILED',
      message: expect.stringMatching(
        /^the private MariaDB did not start: it exited during startup \(.*(InnoDB|ibdata1)/,
      ),
      hint: `see ${join(broken, 'mariadb.log')}`,
    });
  });
});
