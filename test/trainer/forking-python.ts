import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { trainerFolder } from '../../src/worker/train/environment.ts';
import { trainerPython } from './python.ts';

const script = fileURLToPath(new URL('forking_python.py', import.meta.url));

export interface ForkingPython {
  /** For MILLRACE_TRAINER_PYTHON. */
  readonly program: string;
  stop(): Promise<void>;
}

/** A stand-in for the start of Python, which takes most of a short job's time: each job is a fork of a process that has loaded the libraries. */
export async function startForkingPython(): Promise<ForkingPython> {
  const python = await trainerPython();
  const folder = await mkdtemp(join(tmpdir(), 'millrace-forking-'));
  const [program, socket] = [join(folder, 'python'), join(folder, 'socket')];
  await writeFile(program, `#!/bin/sh\nexec '${python}' -I -S '${script}' '${socket}' "$@"\n`, { mode: 0o755 });
  const server = spawn(python, ['-P', script, socket], {
    env: { PATH: process.env.PATH, PYTHONPATH: trainerFolder },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(server, 'exit');
  await Promise.race([once(server.stdout, 'data'), ended]);
  return {
    program,
    stop: async () => {
      server.stdin.end();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
