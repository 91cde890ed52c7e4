import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Config } from '../src/config.ts';

export interface ServerProcess {
  readonly url: string;
  /** Where it listens for clients of MySQL; empty: it does not. */
  readonly mysqlUrl: string;
  stop(): Promise<void>;
}

/** High enough that no client is throttled or disconnected during a measurement. */
const limits = { requestsPerMinute: 1_000_000, runningStatementsPerUser: 10_000, idleStreamSeconds: 3600 };

/** `millrace serve` on a free port of loopback, without users. */
export async function startServerProcess(config: Config & { readonly dsn: string }): Promise<ServerProcess> {
  const file = join(config.stateFolder, 'server.yaml');
  await writeFile(file, JSON.stringify({ limits, stop: { seconds: 5 } }));
  const volumes = Object.entries(config.volumes).map((pair) => pair.join('='));
  const child = spawn(process.execPath, [pathOf('../bin/millrace.js'), 'serve'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      MILLRACE_PORT: '0',
      MILLRACE_MYSQL_PORT: '0',
      MILLRACE_SERVER_CONFIG: file,
      MILLRACE_DATASOURCE: config.dsn,
      MILLRACE_SCHEMA: config.schema,
      MILLRACE_STATE: config.stateFolder,
      MILLRACE_VOLUMES: volumes.join(','),
    },
  });
  const { http, mysql } = await Promise.race([listening(child), diedBefore(child)]);
  for (let status = 0; status !== 200; ) ({ status } = await fetch(`${http}/readyz`));
  return { url: http, mysqlUrl: mysql, stop: () => stop(child) };
}

/** A server that does almost nothing, as a baseline. */
export async function startBareServer(dsn: string): Promise<ServerProcess> {
  const child = fork(pathOf('bare-server.ts'), { env: { ...process.env, BENCH_DSN: dsn } });
  const [{ url }] = await Promise.race([once(child, 'message'), diedBefore(child)]);
  return { url, mysqlUrl: '', stop: () => stop(child) };
}

const pathOf = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** Keeps reading the server's log, so that a full pipe does not block it. */
function listening({ stdout }: ChildProcess): Promise<{ readonly http: string; readonly mysql: string }> {
  const { promise, resolve } = Promise.withResolvers<{ readonly http: string; readonly mysql: string }>();
  const urls = { http: '', mysql: '' };
  createInterface({ input: stdout! }).on('line', (line) => {
    const [, url = '', scheme] = /"msg":"listening on ((http|mysql):[^"]*)"/.exec(line) ?? [];
    if (scheme === 'http' || scheme === 'mysql') urls[scheme] = url;
    if (urls.http !== '' && urls.mysql !== '') resolve(urls);
  });
  return promise;
}

async function diedBefore(child: ChildProcess): Promise<never> {
  const [code] = await once(child, 'exit');
  throw new Error(`the server ended with ${code} before it listened`);
}

async function stop(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill();
  await exited;
}
