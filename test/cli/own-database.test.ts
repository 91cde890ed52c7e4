import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stopPrivateServer } from '../../src/datasource/private-server.ts';
import { scenes, usePictures } from '../pictures.ts';
import { millrace } from './millrace.ts';

// Who names no database has the demo's own, also with the rights that its user expects of a database.
describe("on the demo's own database, a command", { timeout: 240_000 }, () => {
  const pictures = usePictures();
  let state: string;
  let environment: Record<string, string>;

  beforeAll(async () => {
    state = await mkdtemp(join(tmpdir(), 'millrace-own-'));
    await mkdir(join(state, 'mariadb'));
    environment = {
      MILLRACE_STATE: state,
      MILLRACE_VOLUMES: Object.entries(pictures.volumes)
        .map((pair) => pair.join('='))
        .join(','),
    };
  });
  afterAll(async () => {
    await stopPrivateServer(join(state, 'mariadb'));
    await rm(state, { recursive: true });
  });
  const run = (sql: string) => millrace(['run', '--format=csv', sql], environment);

  it('creates a database, fills it, and runs an image over its rows', async () => {
    const rows = scenes.slice(0, 3).map((scene, index) => `(${index}, '${scene}')`);
    const made = await run(`CREATE DATABASE shop;
      CREATE TABLE shop.items (id INT PRIMARY KEY, file_name VARCHAR(60));
      INSERT INTO shop.items VALUES ${rows.join(', ')};`);
    expect(made).toMatchObject({ code: 0 });
    const detected = await run(`SELECT * FROM shop.items
      TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets"
      WITH partitions = 2 INTO shop.result;`);
    expect(detected).toMatchObject({ code: 0 });
    expect((await run('SELECT COUNT(DISTINCT id) AS n FROM shop.result')).stdout).toBe('n\r\n3\r\n');
  });

  it.each([
    'SELECT * FROM millrace.statements',
    "SELECT 1 INTO OUTFILE '/tmp/millrace-test-outfile'",
    'DROP TABLE millrace.ledger',
    "GRANT SELECT ON shop.* TO 'millrace_reader'@'127.0.0.1'",
    "CREATE USER 'other'@'127.0.0.1'",
    'SELECT * FROM mysql.user',
    "LOAD DATA INFILE '/etc/hostname' INTO TABLE shop.items",
  ])('never does %s', async (sql) => {
    const { code, stderr } = await run(sql);
    expect(code).toBe(4);
    expect(stderr).toMatch(/denied/i);
  });

  it('passes all checks of doctor', async () => {
    const { code, stdout, stderr } = await millrace(['doctor'], environment);
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'all checks passed\n' });
    expect(stdout).toContain('the database keeps the SQL of users out of millrace and mysql');
  });
});
