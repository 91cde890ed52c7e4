import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../../src/demo/scenes/random.ts';
import type { OwnServer } from '../../own-server.ts';
import { workersOf } from '../../workers.ts';
import type { Replica } from '../replica.ts';
import type { DatabaseProxy } from './database-proxy.ts';
import type { SmallDisk } from './small-disk.ts';

export interface Surroundings {
  readonly replica: Replica;
  readonly proxy: DatabaseProxy;
  readonly database: OwnServer;
  /** null: none could be mounted. */
  readonly disk: SmallDisk | null;
  readonly random: Random;
}

/** What befalls a replica, its workers and its database. @returns whether it took place */
type Intervention = (surroundings: Surroundings) => Promise<boolean>;

const shiftedClock = new URL('../../faults/shifted-clock.ts', import.meta.url).href;

export const interventions = {
  async serverKilled({ replica }) {
    await replica.kill();
    await replica.start();
    return true;
  },

  async serverAtAnotherTime({ replica, random }) {
    await replica.kill();
    await replica.start({
      NODE_OPTIONS: `--import=${shiftedClock}`,
      MILLRACE_CLOCK_MS: String(random.pick([-86_400_000, -60_000, 60_000, 86_400_000])),
      MILLRACE_JUMP_MS: String(random.pick([0, -60_000, 60_000])),
    });
    return true;
  },

  async serverKilledWhileItStarts({ replica, random }) {
    await replica.kill();
    const started = replica.start();
    await sleep(random.between(0, 800));
    await replica.kill();
    await started;
    await replica.start();
    return true;
  },

  async serverStopped({ replica, random }) {
    return stopAndGoOn(replica.pid(), random.between(100, 5000));
  },

  async workerKilled({ replica, random }) {
    const worker = await pickWorker(replica, random);
    return worker !== null && signal(worker, 'SIGKILL');
  },

  async workerStopped({ replica, random }) {
    const worker = await pickWorker(replica, random);
    return worker !== null && stopAndGoOn(worker, random.between(100, 3000));
  },

  async connectionsCut({ proxy }) {
    proxy.cut();
    return true;
  },

  async answersLost({ proxy, random }) {
    for (let lost = 0; lost < 5; lost++) {
      proxy.loseAnswer();
      await sleep(random.between(0, 200));
    }
    return true;
  },

  async networkGone({ proxy, random }) {
    proxy.freeze();
    await sleep(random.between(100, 4000));
    proxy.thaw();
    return true;
  },

  async databaseKilled({ database }) {
    await database.killAndStart();
    return true;
  },

  async diskFull({ disk, database, random }) {
    if (disk === null) return false;
    await disk.fill();
    await sleep(random.between(500, 2500));
    await disk.clear();
    await database.revive();
    return true;
  },
} as const satisfies Record<string, Intervention>;

export type InterventionName = keyof typeof interventions;

async function pickWorker(replica: Replica, random: Random): Promise<number | null> {
  const workers = await workersOf(replica.pid());
  return workers.length === 0 ? null : random.pick(workers).pid;
}

async function stopAndGoOn(pid: number, ms: number): Promise<boolean> {
  if (!signal(pid, 'SIGSTOP')) return false;
  await sleep(ms);
  signal(pid, 'SIGCONT');
  return true;
}

/** Whether it was still there. */
function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
