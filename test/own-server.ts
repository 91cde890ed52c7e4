import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll } from 'vitest';
import { isAlive } from '../src/datasource/file-lock.ts';
import { startPrivateServer, stopPrivateServer } from '../src/datasource/private-server.ts';
import type { DatabaseServer } from './database-servers.ts';

/** A MariaDB that no other test uses, so it may die. */
export interface OwnServer extends DatabaseServer {
  /** Of its data and more. */
  folder(): string;
  /** kill -9; where it is dead already, it only starts. */
  killAndStart(): Promise<void>;
  /** Starts it if it has ended itself, as MariaDB does when a rollback finds the disk full. */
  revive(): Promise<void>;
}

export function useOwnServer(): OwnServer {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-own-'));
  });
  afterAll(async () => {
    await stopPrivateServer(folder);
    await rm(folder, { recursive: true, force: true });
  });
  const start = async () => (await startPrivateServer(folder)).dsn;
  const pid = async () => Number(await readFile(join(folder, 'mariadb.pid'), 'utf8').catch(() => 0));
  return {
    name: 'MariaDB',
    start,
    folder: () => folder,
    async killAndStart() {
      const running = await pid();
      if (running !== 0 && isAlive(running)) process.kill(running, 'SIGKILL');
      while (running !== 0 && isAlive(running)) await sleep(10);
      await start();
    },
    async revive() {
      const running = await pid();
      if (running === 0 || !isAlive(running)) await start();
    },
  };
}
