import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Config } from '../src/config.ts';

export interface ServerProcess {
  readonly url: string;
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
      MILLRACE_SERVER_CONFIG: file,
      MILLRACE_DATASOURCE: config.dsn,
      MILLRACE_SCHEMA: config.schema,
      MILLRACE_STATE: config.stateFolder,
      MILLRACE_VOLUMES: volumes.join(','),
    },
  });
  const url = await Promise.race([listening(child), diedBefore(child)]);
  for (let status = 0; status !== 200; ) ({ status } = await fetch(`${url}/readyz`));
  return { url, stop: () => stop(child) };
}

/** A server that does almost nothing, as a baseline. */
export async function startBareServer(dsn: string): Promise<ServerProcess> {
  const child = fork(pathOf('bare-server.ts'), { env: { ...process.env, BENCH_DSN: dsn } });
  const [{ url }] = await Promise.race([once(child, 'message'), diedBefore(child)]);
  return { url, stop: () => stop(child) };
}

const pathOf = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** Keeps reading the server's log, so that a full pipe does not block it. @returns the server's URL */
function listening({ stdout }: ChildProcess): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  createInterface({ input: stdout! }).on('line', (line) => {
    const url = /"msg":"listening on ([^"]*)"/.exec(line)?.[1];
    if (url !== undefined) resolve(url);
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
