import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Connection, type ConnectionOptions, createConnection } from 'mysql2/promise';
import { afterAll } from 'vitest';
import type { MysqlDoor } from '../../src/mysql/open-door.ts';
import type { DatabaseServer } from '../database-servers.ts';
import { type TestServer, type TestUser, useServer } from '../server/use-server.ts';

/** A real server that also listens for clients of MySQL. */
export interface TestMysql extends TestServer {
  door(): MysqlDoor;
  /** A client of mysql2, closed after the tests at the latest. */
  connect(user?: TestUser, options?: ConnectionOptions): Promise<Connection>;
  /** Runs MariaDB's client. @returns what it prints */
  mariadb(user: TestUser, args: readonly string[]): Promise<string>;
}

export function useMysql(on?: DatabaseServer, limits: Readonly<Record<string, unknown>> = {}): TestMysql {
  const server = useServer(limits, { environment: { MILLRACE_MYSQL_PORT: '0' }, ...(on && { on }) });
  const open: Connection[] = [];
  afterAll(() => {
    for (const connection of open) connection.destroy();
  });
  const test = server as TestMysql;
  test.door = () => test.server.mysql!;
  test.connect = async (user = 'ada', options = {}) => {
    const { host, port } = test.door();
    const ssl = { rejectUnauthorized: false };
    const { name: database } = test.database;
    const connection = await createConnection({
      host,
      port,
      user,
      password: test.tokens[user],
      ssl,
      database,
      ...options,
    });
    open.push(connection);
    return connection;
  };
  test.mariadb = async (user, args) => {
    const { host, port } = test.door();
    const account = [`--host=${host}`, `--port=${port}`, `--user=${user}`, `--database=${test.database.name}`];
    const env = { ...process.env, MYSQL_PWD: test.tokens[user] };
    const { stdout } = await promisify(execFile)('mariadb', ['--no-defaults', ...account, ...args], { env });
    return stdout;
  };
  return test;
}
