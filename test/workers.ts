import { readdir, readFile } from 'node:fs/promises';
import type { WorkerCommand } from '../src/task.ts';

export interface WorkerProcess {
  readonly pid: number;
  readonly command: WorkerCommand;
}

/** The running workers that a process has started, from Linux's /proc. */
export async function workersOf(parent: number): Promise<readonly WorkerProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map((pid) => workerOf(parent, pid).catch(() => null)));
  return found.filter((worker) => worker !== null);
}

/** /proc/PID/stat: `pid (name) state ppid …`, see proc_pid_stat(5). */
async function workerOf(parent: number, pid: string): Promise<WorkerProcess | null> {
  const [state, ppid] = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /s, '').split(' ');
  if (Number(ppid) !== parent || state === 'Z') return null;
  const [, program = '', command = ''] = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
  return program.endsWith('src/worker/main.ts') ? { pid: Number(pid), command: command as WorkerCommand } : null;
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
