import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { ErrorCode } from '../../src/errors.ts';
import { type Task, type WorkerCommand, workerExit } from '../../src/task.ts';
import type { TestDatabase } from '../database.ts';
import type { Faults } from './faulty-process.ts';

const worker = fileURLToPath(new URL('../../src/worker/main.ts', import.meta.url));
const imported = ['shifted-clock.ts', 'faulty-process.ts'].flatMap((file) => [
  '--import',
  new URL(file, import.meta.url).href,
]);

/** A worker's process, which may die. */
export interface WorkerRun {
  readonly pid: number;
  readonly ended: Promise<WorkerEnd>;
}

/** `killed`: by SIGKILL, its own or another's. */
export type WorkerEnd = 'done' | 'killed' | 'terminated' | ErrorCode;

export interface Work {
  readonly task: Task;
  readonly command: WorkerCommand;
  readonly worker: number;
  readonly clock: { readonly shiftMs: number; readonly jumpMs: number };
  readonly faults: Faults;
  /** Folders of this machine to use as volumes; absent: none. */
  readonly volumes?: Readonly<Record<string, string>>;
}

export function startWorker({ accounts, systemSchema }: TestDatabase, work: Work): WorkerRun {
  const child = spawn(process.execPath, [...imported, worker, work.command], {
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      MILLRACE_TASK: JSON.stringify(work.task),
      MILLRACE_WORKER: String(work.worker),
      MILLRACE_DATASOURCE: accounts.dsn,
      MILLRACE_SYSTEM_DATASOURCE: accounts.systemDsn!,
      MILLRACE_SCHEMA: systemSchema,
      MILLRACE_CLOCK_MS: String(work.clock.shiftMs),
      MILLRACE_JUMP_MS: String(work.clock.jumpMs),
      MILLRACE_FAULTS: JSON.stringify(work.faults),
      ...(work.volumes !== undefined && { MILLRACE_VOLUMES: JSON.stringify(work.volumes) }),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said = text(child.stdout);
  const ended = once(child, 'close').then(async ([code, signal]): Promise<WorkerEnd> => {
    if (signal === 'SIGKILL') return 'killed';
    if (code === workerExit.done) return 'done';
    if (code === workerExit.terminated) return 'terminated';
    const lines = (await said).trim().split('\n');
    return JSON.parse(lines.at(-1)!).error.code;
  });
  return { pid: child.pid!, ended };
}
