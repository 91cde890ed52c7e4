import { execFileSync } from 'node:child_process';

/** Runs `mount`. @returns false if it failed: it needs root and the right to mount */
export function mounted(args: readonly string[]): boolean {
  try {
    execFileSync('/bin/mount', args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
