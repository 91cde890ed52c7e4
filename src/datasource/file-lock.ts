import { randomUUID } from 'node:crypto';
import { link, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Longer than any work under such a lock. After a reboot, the dead owner's process id may belong to another process. */
const LONGEST_HOLD_MS = 5 * 60_000;

/** Runs `work` while no other process holds the same lock file. Takes over the lock of a dead owner. */
export async function withFileLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  while (!(await takeLock(file))) await sleep(50);
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

/** `link` is atomic and, unlike an exclusive open, never leaves a lock without its owner's process id. */
async function takeLock(file: string): Promise<boolean> {
  const own = `${file}.${randomUUID()}`;
  await writeFile(own, String(process.pid));
  try {
    await link(own, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (await isAbandoned(file)) await rm(file, { force: true });
    return false;
  } finally {
    await rm(own, { force: true });
  }
}

async function isAbandoned(file: string): Promise<boolean> {
  try {
    const [owner, { mtimeMs }] = await Promise.all([readFile(file, 'utf8'), stat(file)]);
    return !isAlive(Number(owner)) || Date.now() - mtimeMs > LONGEST_HOLD_MS;
  } catch {
    return false;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
