import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import type { RowDataPacket } from 'mysql2/promise';
import { describe, expect, test, vi } from 'vitest';
import { databaseServers } from '../database-servers.ts';
import { useMysql } from './use-mysql.ts';

describe.each(databaseServers)("MariaDB's own programs, with $name", (on) => {
  const mysql = useMysql(on);

  test.each([['--skip-ssl'], ['--ssl']])('its client queries, %s', async (ssl) => {
    const printed = await mysql.mariadb('ada', [
      ssl,
      '--table',
      '--execute=SELECT id, file_name FROM shot WHERE id = 1; SHOW MODELS; SHOW STATEMENTS',
    ]);
    expect(printed).toContain('file_name');
    expect(printed).toContain('unregistered');
  });

  test('its client shows an error with its place', async () => {
    const error = await mysql.mariadb('ada', ['--execute=SELECT 1 TO RUN']).catch((thrown) => thrown);
    expect(error.stderr).toMatch(/^ERROR 1064 \(42000\) at line 1: .*\(line 1, column \d+\)/m);
  });

  test('mariadb-dump dumps a table, which its client loads', async () => {
    const { host, port } = mysql.door();
    const env = { ...process.env, MYSQL_PWD: mysql.tokens.ada };
    const account = ['--no-defaults', `--host=${host}`, `--port=${port}`, '--user=ada'];
    const options = ['--no-tablespaces', '--skip-triggers', '--single-transaction'];
    const dumped = await promisify(execFile)('mariadb-dump', [...account, ...options, mysql.database.name, 'shot'], {
      env,
    });
    expect(dumped.stdout.match(/\),\n?\(/g)).toHaveLength(299);
    const client = spawn('mariadb', [...account, `--database=${mysql.database.name}`], {
      env,
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    client.stdin.end(dumped.stdout.replaceAll('`shot`', '`shot_again`'));
    expect((await once(client, 'exit'))[0]).toBe(0);
    const [[row]] = await mysql.database.pool.query<RowDataPacket[]>('SELECT COUNT(*) AS n FROM shot_again');
    expect(Number(row!.n)).toBe(300);
  });

  test('Ctrl-C in its client ends the statement, and keeps the connection', async () => {
    const { host, port } = mysql.door();
    const client = spawn(
      'mariadb',
      [
        '--no-defaults',
        `--host=${host}`,
        `--port=${port}`,
        '--user=ada',
        '--force',
        '--unbuffered',
        '--skip-column-names',
      ],
      { env: { ...process.env, MYSQL_PWD: mysql.tokens.ada } },
    );
    let printed = '';
    client.stdout.on('data', (text) => {
      printed += text;
    });
    client.stderr.on('data', (text) => {
      printed += text;
    });
    client.stdin.write('SELECT SLEEP(600) AS slept;\nSELECT 41 + 1;\n');
    const other = await mysql.connect('root');
    await vi.waitFor(
      async () => {
        const [rows] = await mysql.database.admin.query<RowDataPacket[]>(
          "SELECT 1 FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP(600)%'",
        );
        expect(rows).toHaveLength(1);
      },
      { timeout: 20_000 },
    );
    client.kill('SIGINT');
    await vi.waitFor(() => expect(printed).toContain('42'), { timeout: 20_000 });
    client.stdin.end();
    await once(client, 'exit');
    await other.end();
  });
});
