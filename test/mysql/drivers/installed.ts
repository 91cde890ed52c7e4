import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { withFileLock } from '../../../src/datasource/file-lock.ts';

export const run = promisify(execFile);

/** What clients need is installed once on a machine, and kept for later runs. */
const folder = join(tmpdir(), 'millrace-test-clients');

/** @returns null: it cannot be installed, with the reason on standard error */
async function once(file: string, install: () => Promise<unknown>): Promise<string | null> {
  await mkdir(folder, { recursive: true });
  return withFileLock(join(folder, `${basename(file)}.lock`), async () => {
    try {
      if (!existsSync(file)) await install();
      return file;
    } catch (error) {
      console.warn(`not installed: ${(error as Error).message.split('\n')[0]}`);
      return null;
    }
  });
}

/** A Python with PyMySQL, SQLAlchemy and pandas. */
export async function pythonWithClients(): Promise<string | null> {
  const environment = join(folder, 'python-1');
  const python = join(environment, 'bin/python');
  const complete = join(environment, 'bin/complete');
  const packages = ['pymysql==1.2.4', 'cryptography==50.0.2', 'sqlalchemy==2.1.9', 'pandas==3.1.1'];
  const done = await once(complete, async () => {
    await run('python3', ['-m', 'venv', environment]);
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages]);
    await run('touch', [complete]);
  });
  return done === null ? null : python;
}

/** The file of Connector/J. */
export function connectorJ(): Promise<string | null> {
  const artifact = 'com.mysql:mysql-connector-j:9.5.0';
  return once(join(folder, 'mysql-connector-j-9.5.0.jar'), async () => {
    await run('java', ['--version']);
    await run('mvn', ['-q', '-B', 'dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`]);
  });
}

/** MySQL's own client, beside the server that ../shared/mysql/up installs. @returns the command and its first arguments */
export async function mysqlClient(): Promise<readonly [string, ...string[]] | null> {
  const root = join(process.env.MILLRACE_MYSQL_CACHE ?? '/var/cache/millrace-mysql', 'root');
  if (process.getuid?.() !== 0 || !existsSync(join(root, 'usr/sbin/mysqld'))) return null;
  const options = ['install', '-y', '-qq', '--no-install-recommends', '--no-remove'];
  const client = await once(join(root, 'usr/bin/mysql'), () =>
    run('chroot', [root, 'apt-get', ...options, 'mysql-client-core']),
  );
  return client === null ? null : ['chroot', root, '/usr/bin/mysql'];
}
