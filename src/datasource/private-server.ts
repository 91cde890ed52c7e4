import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Connection, createConnection } from 'mysql2/promise';
import { MillraceError } from '../errors.ts';
import { replacePrivate, writePrivate } from '../private-file.ts';
import { makePrivate } from '../private-folder.ts';
import { formatDsn } from './dsn.ts';
import { isAlive, withFileLock } from './file-lock.ts';
import { freePort, isFree } from './free-port.ts';
import { findMariadb } from './mariadb-programs.ts';

export interface PrivateServer {
  /** DSN of the administrator, who has all rights. Includes the password: a secret. Statements use `startPrivateDatabase`'s accounts. */
  readonly dsn: string;
  /** Whether it was running already. */
  readonly reused: boolean;
}

/** How the server was last started. Stored in `server.json`, readable only by its owner. */
interface Settings {
  readonly port: number;
  readonly password: string;
}

const USER = 'millrace';
const HOST = '127.0.0.1';
/** Long enough for InnoDB's recovery after a crash. */
const START_PATIENCE_MS = 60_000;
const STOP_PATIENCE_MS = 60_000;

/**
 * Starts a private MariaDB in `folder` (data, password, log, process id): on loopback only, with its own port, detached from this
 * process. Never touches other servers on the machine or their settings.
 *
 * @param options.onProgress called with a short text before each slow step
 * @throws MillraceError MARIADB_MISSING, MARIADB_FAILED
 */
export async function startPrivateServer(
  folder: string,
  { onProgress = () => {} }: { readonly onProgress?: (message: string) => void } = {},
): Promise<PrivateServer> {
  const root = resolve(folder);
  await makeFolder(root);
  return withFileLock(join(root, 'starting.lock'), async () => {
    const known = await readSettings(root);
    if (known && (await answers(known))) return { dsn: dsnOf(known), reused: true };
    const programs = await findMariadb();
    if (!(await exists(join(root, 'data')))) {
      onProgress('creating a private MariaDB');
      await createData(root, programs.install);
    }
    onProgress('starting the private MariaDB');
    const started = await startServer(root, programs.server, known);
    return { dsn: dsnOf(started), reused: false };
  });
}

async function makeFolder(root: string): Promise<void> {
  try {
    await makePrivate(root);
    await makePrivate(temporaryFolder(root));
    await access(root, constants.W_OK);
  } catch (error) {
    throw failed('cannot write its folder', root, error);
  }
}

/** Stops the server of `folder` gracefully and waits until it has exited. Does nothing if none is running. */
export async function stopPrivateServer(folder: string): Promise<void> {
  const root = resolve(folder);
  const settings = await readSettings(root);
  const connection = settings && (await connect(settings));
  if (!connection) return;
  const pid = Number(await readFile(join(root, 'mariadb.pid'), 'utf8'));
  await connection.query('SHUTDOWN');
  connection.destroy();
  const deadline = Date.now() + STOP_PATIENCE_MS;
  while (isAlive(pid) && Date.now() < deadline) await sleep(50);
}

/**
 * Creates the data folder under another name and renames it, so that an interrupted creation leaves no incomplete one. MariaDB's script
 * needs a path without spaces and, without `--force`, a host name that resolves.
 */
async function createData(root: string, install: string): Promise<void> {
  const unfinished = join(root, 'data.new');
  await rm(unfinished, { recursive: true, force: true });
  const options = ['--force', '--datadir=./data.new', '--skip-test-db', '--auth-root-authentication-method=socket'];
  try {
    const all = ['--no-defaults', ...runAsRoot(), ...options, ...smallLog()];
    await promisify(execFile)(install, all, { cwd: root, env: environment(root) });
  } catch (error) {
    throw failed(
      'its data folder could not be created',
      firstLine(error as { stdout?: string; stderr?: string }),
      error,
    );
  }
  await rename(unfinished, join(root, 'data'));
}

/** Retries once with a new port, because another program may take the free port first. */
async function startServer(root: string, server: string, known: Settings | null): Promise<Settings> {
  const password = known?.password ?? randomBytes(24).toString('base64url');
  let port = known && (await isFree(HOST, known.port)) ? known.port : await freePort(HOST);
  for (let attempt = 1; ; attempt++) {
    const settings = { port, password };
    await writeSettings(root, settings);
    const log = await launch(root, server, settings);
    if (log === null) return settings;
    if (attempt === 3 || !/Can't start server: Bind on TCP\/IP port/.test(log))
      throw failed('it exited during startup', lastError(log), undefined, join(root, 'mariadb.log'));
    port = await freePort(HOST);
  }
}

/** @returns null once the server answers, or its log if it exits before */
async function launch(root: string, server: string, settings: Settings): Promise<string | null> {
  const accounts = join(root, 'accounts.sql');
  await writePrivate(accounts, accountsSql(settings.password));
  const logFile = join(root, 'mariadb.log');
  const log = await open(logFile, 'w', 0o600);
  await log.chmod(0o600);
  const child = spawn(server, serverOptions(root, settings.port, accounts), {
    cwd: root,
    env: environment(root),
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  child.on('error', () => {});
  child.unref();
  await log.close();
  try {
    return (await isReady(child, settings)) ? null : await readFile(logFile, 'utf8');
  } finally {
    await rm(accounts, { force: true });
  }
}

async function isReady(child: ChildProcess, settings: Settings): Promise<boolean> {
  const deadline = Date.now() + START_PATIENCE_MS;
  while (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    if (await answers(settings)) return true;
    if (Date.now() > deadline) child.kill('SIGTERM');
    await sleep(50);
  }
  return false;
}

/** `--no-defaults` must come first; it ignores the machine's settings. The socket is relative to the data folder, because its path may have at most 107 bytes. */
function serverOptions(root: string, port: number, accounts: string): string[] {
  return [
    '--no-defaults',
    ...runAsRoot(),
    `--datadir=${join(root, 'data')}`,
    `--pid-file=${join(root, 'mariadb.pid')}`,
    '--socket=mariadb.sock',
    `--bind-address=${HOST}`,
    `--port=${port}`,
    `--init-file=${accounts}`,
    '--skip-name-resolve',
    '--local-infile=0',
    '--character-set-server=utf8mb4',
    '--collation-server=utf8mb4_unicode_ci',
    '--default-time-zone=+00:00',
    '--innodb-buffer-pool-size=256M',
    '--max-allowed-packet=64M',
    ...smallLog(),
  ];
}

/** Not shared: at startup, a server removes every temporary table (`#sql…`) in this folder, including those of other servers. */
function temporaryFolder(root: string): string {
  return join(root, 'tmp');
}

function environment(root: string): NodeJS.ProcessEnv {
  return { ...process.env, TMPDIR: temporaryFolder(root) };
}

function smallLog(): string[] {
  return ['--innodb-log-file-size=48M'];
}

function runAsRoot(): string[] {
  return process.getuid?.() === 0 ? ['--user=root'] : [];
}

/** The password is base64url, so nothing needs escaping. */
function accountsSql(password: string): string {
  const account = `'${USER}'@'${HOST}'`;
  return [
    `CREATE USER IF NOT EXISTS ${account};`,
    `ALTER USER ${account} IDENTIFIED BY '${password}';`,
    `GRANT ALL PRIVILEGES ON *.* TO ${account} WITH GRANT OPTION;`,
    '',
  ].join('\n');
}

async function answers(settings: Settings): Promise<boolean> {
  const connection = await connect(settings);
  connection?.destroy();
  return connection !== null;
}

async function connect({ port, password }: Settings): Promise<Connection | null> {
  return createConnection({ host: HOST, port, user: USER, password, connectTimeout: 5_000 }).catch(() => null);
}

function dsnOf({ port, password }: Settings): string {
  return formatDsn({ host: HOST, port, user: USER, password, database: null, socketPath: null, tls: null });
}

async function readSettings(root: string): Promise<Settings | null> {
  const text = await readFile(join(root, 'server.json'), 'utf8').catch(() => null);
  return text === null ? null : (JSON.parse(text) as Settings);
}

async function writeSettings(root: string, settings: Settings): Promise<void> {
  await replacePrivate(join(root, 'server.json'), `${JSON.stringify(settings)}\n`);
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

function firstLine({ stderr = '', stdout = '' }: { readonly stderr?: string; readonly stdout?: string }): string {
  return `${stderr}${stdout}`.trim().split('\n')[0] ?? '';
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

/** The first line of the log that is marked as an error: the later ones are consequences. */
function lastError(log: string): string {
  return /\[ERROR\] (.*)/.exec(log)?.[1] ?? lastLine(log);
}

function failed(what: string, reason: string, cause?: unknown, log?: string): MillraceError {
  const message = `the private MariaDB did not start: ${what}${reason ? ` (${reason})` : ''}`;
  return new MillraceError('MARIADB_FAILED', message, { cause, ...(log ? { hint: `see ${log}` } : {}) });
}
