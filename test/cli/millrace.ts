import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { TestSession } from '../use-session.ts';

export const program = fileURLToPath(new URL('../../bin/millrace.js', import.meta.url));

/** A line of `millrace logs` of the first step, as a person reads it: time, level, source, message. */
export const logLine = /^\d{4}-\d\d-\d\d [\d:.]{12} {2}info {3}step-1 (\S+) +\w[^{]*/;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** So far. */
  stderr(): string;
}

/** The command as a person's shell starts it: in a process group of its own, with nothing of this process's environment but PATH. */
export function start(args: readonly string[], environment: Readonly<Record<string, string>>, input = ''): Started {
  const child = spawn(process.execPath, [program, ...args], {
    env: { PATH: process.env.PATH, ...environment },
    detached: true,
  });
  child.stdin.end(input);
  const stdout = text(child.stdout);
  const stderr = text(child.stderr);
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code) => resolve({ code, stdout: stdout(), stderr: stderr() }));
  });
  return { child, ended, stderr };
}

/** Runs the command to its end; no output may show how the program is made, or a secret. */
export async function millrace(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  input = '',
): Promise<Ended> {
  const ended = await start(args, environment, input).ended;
  for (const output of [ended.stdout, ended.stderr]) {
    expect(output).not.toMatch(/^\s+at .+:\d+:\d+\)?$|node_modules|\bnode:|Error: /m);
    for (const secret of secretsOf(environment)) expect(output).not.toContain(secret);
  }
  return ended;
}

export function environmentOf({ config }: TestSession): Record<string, string> {
  return {
    MILLRACE_DATASOURCE: config.dsn ?? '',
    MILLRACE_SYSTEM_DATASOURCE: config.systemDsn ?? '',
    MILLRACE_SCHEMA: config.schema,
    MILLRACE_STATE: config.stateFolder,
    MILLRACE_VOLUMES: Object.entries(config.volumes)
      .map(([mount, folder]) => `${mount}=${folder}`)
      .join(','),
  };
}

function secretsOf({ MILLRACE_DATASOURCE = '' }: Readonly<Record<string, string>>): readonly string[] {
  const password = /^mysql:\/\/[^:]*:(.+)@/.exec(MILLRACE_DATASOURCE)?.[1];
  return password === undefined ? [] : [password, decodeURIComponent(password)];
}

function text(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
}
