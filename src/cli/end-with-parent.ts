import { readFileSync } from 'node:fs';

/** How often it checks whether a parent has exited. */
const pollMs = 250;
/** Maximum number of parents: npx, the shell that it starts, and bin/millrace.js under another Node. */
const mostParents = 4;

/**
 * Sends SIGTERM to this process when the process that a person started has exited: bin/millrace.js, whose channel closes, or npm and npx,
 * which end the shell that they start but not the shell's children (@npmcli/run-script, lib/signal-manager.js). A process that a shell or
 * service manager has started itself is not ended with its parent.
 */
export function endWithParent(environment: NodeJS.ProcessEnv): void {
  const end = () => void process.kill(process.pid, 'SIGTERM');
  process.once('disconnect', end);
  process.channel?.unref();
  if (environment.npm_command === undefined) return;
  const parents = parentsToNpm();
  if (parents.length === 0 && !isStartedByNpx(environment)) return;
  const polling = setInterval(() => {
    if (areAlive(parents)) return;
    clearInterval(polling);
    end();
  }, pollMs).unref();
}

/** Whether npx started this process. If npx is not among its parents, it has already exited. */
function isStartedByNpx({ npm_lifecycle_event: event, npm_lifecycle_script: script = '' }: NodeJS.ProcessEnv): boolean {
  return event === 'npx' && /^'?millrace\b/.test(script);
}

/** Process ids from the parent of this process up to npm; empty if npm is not among them, or the system does not provide them. */
function parentsToNpm(): readonly number[] {
  const parents = [process.ppid];
  while (parents.length <= mostParents) {
    const last = parents.at(-1)!;
    if (isNpm(last)) return parents;
    const next = parentOf(last);
    if (next === null || next <= 1) return [];
    parents.push(next);
  }
  return [];
}

/** Whether each is still the parent of the previous one: the child of a process that has exited gets another parent. */
function areAlive(parents: readonly number[]): boolean {
  return parents.length > 0 && parents.every((pid, index) => parentOf(parents[index - 1] ?? process.pid) === pid);
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html; the name in parentheses may contain any character. */
function parentOf(pid: number): number | null {
  if (pid === process.pid) return process.ppid;
  const stat = read(`/proc/${pid}/stat`);
  return stat === null ? null : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

/** npm names itself `npm exec millrace serve`. */
function isNpm(pid: number): boolean {
  return /^npm\b|\b(?:npm|npx)-cli\.js\b/.test((read(`/proc/${pid}/cmdline`) ?? '').replaceAll('\0', ' '));
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
