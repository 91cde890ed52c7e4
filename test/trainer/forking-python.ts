import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { trainerFolder } from '../../src/worker/train/environment.ts';
import { trainerPython } from './python.ts';

const script = fileURLToPath(new URL('forking_python.py', import.meta.url));

let started: Promise<string> | undefined;

/**
 * A stand-in for the start of Python, which takes most of a short job's time: each job is a fork of a process that has loaded the libraries.
 * It is started once for all files of this process, and ends with it.
 * @returns the program, for MILLRACE_TRAINER_PYTHON
 */
export function forkingPython(): Promise<string> {
  started ??= start();
  return started;
}

async function start(): Promise<string> {
  const python = await trainerPython();
  const folder = await mkdtemp(join(inject('serversFolder'), 'forking-'));
  const [program, socket] = [join(folder, 'python'), join(folder, 'socket')];
  await writeFile(program, `#!/bin/sh\nexec '${python}' -I -S '${script}' '${socket}' "$@"\n`, { mode: 0o755 });
  const server = spawn(python, ['-P', script, socket], {
    env: { PATH: process.env.PATH, PYTHONPATH: trainerFolder },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await Promise.race([once(server.stdout, 'data'), once(server, 'exit')]);
  server.unref();
  for (const pipe of [server.stdin, server.stdout]) (pipe as unknown as { unref(): void }).unref();
  return program;
}
