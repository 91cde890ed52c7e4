import type { ChildProcess } from 'node:child_process';

/**
 * Asks a process to stop when the signal is aborted, and kills it if it is still there later.
 * @param graceMs time to stop in
 * @returns call it when the process has ended
 */
export function endOnAbort(child: ChildProcess, signal: AbortSignal, graceMs: number): () => void {
  let killing: NodeJS.Timeout | undefined;
  const end = () => {
    child.kill('SIGTERM');
    killing = setTimeout(() => child.kill('SIGKILL'), graceMs);
  };
  signal.addEventListener('abort', end, { once: true });
  return () => {
    clearTimeout(killing);
    signal.removeEventListener('abort', end);
  };
}
