import { execFileSync } from 'node:child_process';

/** Whether `mount` did it: that needs root and the right to mount. */
export function mounted(args: readonly string[]): boolean {
  try {
    execFileSync('/bin/mount', args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
