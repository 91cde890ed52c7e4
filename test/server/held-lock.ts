import { onTestFinished } from 'vitest';
import { openPool } from '../../src/datasource/pool.ts';
import type { TestDatabase } from '../database.ts';

export interface HeldLock {
  readonly name: string;
  release(): Promise<void>;
}

let locks = 0;

/** A named lock of a connection of its own, at most until the end of the test. */
export async function takeLock(database: TestDatabase): Promise<HeldLock> {
  const name = `${database.name}-${++locks}`;
  const pool = openPool(database.datasource, { connections: 1 });
  await pool.query('DO GET_LOCK(?, 0)', [name]);
  let ended: Promise<void> | undefined;
  const release = () => {
    ended ??= pool.end();
    return ended;
  };
  onTestFinished(release);
  return { name, release };
}
