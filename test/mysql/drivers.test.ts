import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { databaseServers } from '../database-servers.ts';
import { connectorJ, mysqlClient, pythonWithClients, run } from './drivers/installed.ts';
import { useMysql } from './use-mysql.ts';

const installMs = 300_000;
const fileOf = (name: string) => join(import.meta.dirname, 'drivers', name);

const detect = (into: string) =>
  `SELECT id, file_name FROM shot WHERE id <= 4 TO RUN millrace/worker CMD 'yolo', '--model=demo', '--image_dir=/datasets' INTO ${into}`;

let installed: { python: string | null; jar: string | null; client: readonly [string, ...string[]] | null };

beforeAll(async () => {
  installed = { python: await pythonWithClients(), jar: await connectorJ(), client: null };
}, installMs);

describe.each(databaseServers)('with $name', (on) => {
  const mysql = useMysql(on);

  test(
    'PyMySQL, SQLAlchemy and pandas do what a notebook does',
    async ({ skip }) => {
      if (installed.python === null) return skip('Python or its packages are not there');
      const { host, port } = mysql.door();
      const { name } = mysql.database;
      const account = [host, String(port), 'ada', mysql.tokens.ada, name];
      const { stdout } = await run(installed.python, [fileOf('clients.py'), ...account, detect('seen')]);
      expect(JSON.parse(stdout)).toMatchObject({
        rsa: [1, 2],
        tls: [1, 2],
        models: ['demo'],
        error: 1146,
        streamed: 90_000,
        frame: [300, 2],
        copied: 300,
        summary: { table: 'seen', selected: 4, state: 'succeeded' },
        columns: expect.arrayContaining(['class_name', 'score']),
      });
    },
    installMs,
  );

  test(
    'Connector/J starts, prepares, is reset by a pool and changes its user',
    async ({ skip }) => {
      if (installed.jar === null) return skip('Java, Maven or Connector/J are not there');
      const { host, port } = mysql.door();
      const url = `jdbc:mysql://${host}:${port}/${mysql.database.name}`;
      const { ada, rita } = mysql.tokens;
      const ways = [
        'sslMode=REQUIRED',
        'sslMode=REQUIRED&useServerPrepStmts=true&cachePrepStmts=true&useCursorFetch=true&defaultFetchSize=50',
        'sslMode=REQUIRED&rewriteBatchedStatements=true&allowMultiQueries=true',
        // MariaDB calls itself 5.5.5, to which Connector/J encrypts passwords with an old padding that Millrace does not take.
        ...(on.name === 'MySQL' ? ['sslMode=DISABLED&allowPublicKeyRetrieval=true'] : []),
      ];
      const { stdout } = await run('java', [
        '-cp',
        installed.jar,
        fileOf('Clients.java'),
        url,
        'ada',
        ada,
        'rita',
        rita,
        ways.join(' '),
      ]);
      const lines = ['prepared 200', 'batch 100', 'model demo', 'error 1064 42000', 'timeout MySQLTimeoutException'];
      const rest = ['valid true', 'reset 1', 'changed 300', 'catalog information_schema'];
      expect(stdout.trim().split('\n')).toEqual(ways.flatMap(() => [...lines, ...rest]));
    },
    installMs,
  );

  test(
    "MySQL's own client queries, with TLS and without",
    async ({ skip }) => {
      const client = await mysqlClient();
      if (client === null) return skip("MySQL's client is not there");
      const { host, port } = mysql.door();
      const [command, ...first] = client;
      for (const ways of [['--ssl-mode=REQUIRED'], ['--ssl-mode=DISABLED', '--get-server-public-key']]) {
        const account = [
          '--no-defaults',
          `--host=${host}`,
          `--port=${port}`,
          '--user=ada',
          `--database=${mysql.database.name}`,
        ];
        const options = { env: { ...process.env, MYSQL_PWD: mysql.tokens.ada } };
        const { stdout } = await run(
          command,
          [...first, ...account, ...ways, '--execute=SELECT COUNT(*) FROM shot; SHOW MODELS'],
          options,
        );
        expect(stdout).toContain('300');
        expect(stdout).toContain('unregistered');
      }
    },
    installMs,
  );
});
