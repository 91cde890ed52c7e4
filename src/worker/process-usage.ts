import { readFileSync } from 'node:fs';

/** What this process has used so far. */
export function processUsage(): { readonly cpuMs: number; readonly peakMiB: number } {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  return { cpuMs: Math.round((userCPUTime + systemCPUTime) / 1000), peakMiB: Math.round((ownPeak() ?? maxRSS) / 1024) };
}

/** KiB; null: the system does not say. Linux's `maxRSS` starts with that of the process that started this one (`exec_mmap` in fs/exec.c). */
function ownPeak(): number | null {
  try {
    const written = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return written === undefined ? null : Number(written);
  } catch {
    return null;
  }
}
