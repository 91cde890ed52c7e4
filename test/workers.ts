import { readdir, readFile } from 'node:fs/promises';
import type { WorkerCommand } from '../src/task.ts';

export interface WorkerProcess {
  readonly pid: number;
  readonly command: WorkerCommand;
}

/** The running workers that a process has started, from Linux's /proc. */
export async function workersOf(parent: number): Promise<readonly WorkerProcess[]> {
  const found = await Promise.all((await childrenOf(parent)).map((pid) => workerOf(pid).catch(() => null)));
  return found.filter((worker) => worker !== null);
}

/** All running workers that write to a system schema, whoever started them. */
export async function workersWith(schema: string): Promise<readonly WorkerProcess[]> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    processes.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      return environment.split('\0').includes(`MILLRACE_SCHEMA=${schema}`) ? workerOf(pid).catch(() => null) : null;
    }),
  );
  return found.filter((worker) => worker !== null);
}

/** The kernel lists children by the thread that started them; see proc_pid_task(5). */
async function childrenOf(parent: number): Promise<readonly string[]> {
  const tasks = `/proc/${parent}/task`;
  const threads = await readdir(tasks).catch(() => []);
  const lists = threads.map((thread) => readFile(`${tasks}/${thread}/children`, 'utf8').catch(() => ''));
  return (await Promise.all(lists)).flatMap((list) => list.split(' ').filter((pid) => pid !== ''));
}

/** /proc/PID/stat: `pid (name) state …`, see proc_pid_stat(5). */
async function workerOf(pid: string): Promise<WorkerProcess | null> {
  const [, program = '', command = ''] = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
  if (!program.endsWith('src/worker/main.ts')) return null;
  const [state] = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /s, '').split(' ');
  return state === 'Z' ? null : { pid: Number(pid), command: command as WorkerCommand };
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
