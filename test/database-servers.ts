import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseDsn } from '../src/datasource/dsn.ts';
import { withFileLock } from '../src/datasource/file-lock.ts';
import { freePort } from '../src/datasource/free-port.ts';
import { openPool } from '../src/datasource/pool.ts';
import { startPrivateServer, stopPrivateServer } from '../src/datasource/private-server.ts';

/** A real database server, started by the first test that needs it. */
export interface DatabaseServer {
  readonly name: 'MariaDB' | 'MySQL';
  /** Starts it in the run's folder, unless it already runs there. @returns the administrator's DSN */
  readonly start: (folder: string) => Promise<string>;
}

const mysqlScripts = join(import.meta.dirname, '../../shared/mysql');
const mariadb: DatabaseServer = { name: 'MariaDB', start: startMariadb };
const mysql: DatabaseServer = { name: 'MySQL', start: startMysql };

/** Includes MySQL only if ../shared/mysql can start one, which needs root. */
export const databaseServers: readonly DatabaseServer[] = hasMysql() ? [mariadb, mysql] : [mariadb];

function hasMysql(): boolean {
  return existsSync(join(mysqlScripts, 'up')) && process.getuid?.() === 0;
}

async function startMariadb(folder: string): Promise<string> {
  const { dsn, reused } = await startPrivateServer(folder);
  if (!reused) await setGlobally(dsn, ['SET GLOBAL innodb_flush_log_at_trx_commit = 0']);
  return dsn;
}

async function startMysql(folder: string): Promise<string> {
  return withFileLock(join(folder, 'mysql.lock'), async () => {
    const known = await mysqlPort(folder);
    const port = known ?? String(await freePort('127.0.0.1'));
    await writeFile(join(folder, 'mysql.port'), port);
    const { stdout } = await promisify(execFile)(join(mysqlScripts, 'up'), [port]);
    const dsn = stdout.trim().split('\n').at(-1)!;
    if (known === null)
      await setGlobally(dsn, [
        'SET GLOBAL innodb_flush_log_at_trx_commit = 0',
        'SET GLOBAL sync_binlog = 0',
        'ALTER INSTANCE DISABLE INNODB REDO_LOG',
      ]);
    return dsn;
  });
}

/** These servers end with the run: nothing needs to survive a crash. Tests that kill a server have their own. */
async function setGlobally(dsn: string, statements: readonly string[]): Promise<void> {
  const administrator = openPool(parseDsn(dsn), { connections: 1 });
  for (const sql of statements) await administrator.query(sql);
  await administrator.end();
}

export async function stopServers(folder: string): Promise<void> {
  const port = await mysqlPort(folder);
  const stopMysql = port === null ? null : promisify(execFile)(join(mysqlScripts, 'down'), [port, '--purge']);
  await Promise.all([stopPrivateServer(folder), stopMysql]);
}

async function mysqlPort(folder: string): Promise<string | null> {
  return readFile(join(folder, 'mysql.port'), 'utf8').catch(() => null);
}
