import { withReconnect } from '../../datasource/pool.ts';
import { MillraceError } from '../../errors.ts';
import { drawPartition, isReplaced, renewalMs, renewLeases, type TakenPartition } from '../../ledger/partitions.ts';
import { isHalted } from '../../ledger/worker-starts.ts';
import type { RowsContext } from '../context.ts';

/** A partition that this process has drawn and not closed. */
export interface OpenPartition {
  readonly taken: TakenPartition;
  /** Whether another process has taken it over. */
  readonly isLost: () => boolean;
}

/** The partitions that a process draws, one after the other. */
export interface Drawing {
  /** @returns null: none is left for it, or the step fails */
  next(): Promise<OpenPartition | null>;
  /** Whether another worker has failed for good, so that the step fails. Seconds pass before this is known. */
  isHalted(): boolean;
  /** Runs `work` on a partition, and forgets the partition if another worker has it. @throws PARTITION_TAKEN if that replaces this process */
  unlessLost<T>(partition: OpenPartition, otherwise: T, work: () => Promise<T>): Promise<T>;
  close(partition: OpenPartition): void;
  /** Renews no more leases. */
  end(): void;
}

/** @param worker number of the worker whose process this is */
export function openDrawing(context: RowsContext, worker: number): Drawing {
  const { log, signal } = context;
  const open = new Map<number, TakenPartition>();
  /** Partitions that others have taken over are left to them: by clocks that jump, two workers might take turns forever. */
  const lost = new Set<number>();
  let isResuming = true;
  let halted = false;
  // A lease that could not be renewed is renewed next time, or another worker takes the partition over.
  const renewal = setInterval(() => void renew().catch(() => {}), renewalMs);

  async function renew(): Promise<void> {
    await renewLeases(context, [...open.values()]);
    await look();
  }

  async function look(): Promise<void> {
    if (halted || !(await isHalted(context))) return;
    halted = true;
    log.warn('another worker has failed, so no more partitions are drawn');
  }

  async function draw(): Promise<TakenPartition | null> {
    await look();
    if (halted) return null;
    try {
      const taken = await drawPartition(context, { worker, except: [...open.keys(), ...lost], isResuming });
      isResuming &&= taken !== null && taken.attempt > 1;
      return taken;
    } catch (error) {
      // It is unknown whether this process has drawn one.
      isResuming = true;
      throw error;
    }
  }

  return {
    async next() {
      const taken = await withReconnect(draw, { signal });
      if (taken === null) return null;
      open.set(taken.partitionNo, taken);
      return { taken, isLost: () => open.get(taken.partitionNo) !== taken };
    },

    async unlessLost(partition, otherwise, work) {
      if (partition.isLost()) return otherwise;
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof MillraceError) || error.code !== 'PARTITION_TAKEN') throw error;
        const { taken } = partition;
        if (await withReconnect(() => isReplaced(context, taken, worker), { signal })) throw error;
        open.delete(taken.partitionNo);
        lost.add(taken.partitionNo);
        log.warn({ partition: taken.partitionNo }, 'another worker has taken the partition over');
        return otherwise;
      }
    },

    isHalted: () => halted,
    close: ({ taken }) => void open.delete(taken.partitionNo),
    end: () => clearInterval(renewal),
  };
}
