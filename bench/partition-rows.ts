import '../src/worker/young-generation.ts';
import { existsSync, readFileSync } from 'node:fs';
import { pino } from 'pino';
import { parseDsn } from '../src/datasource/dsn.ts';
import { openPool } from '../src/datasource/pool.ts';
import { selectionNames } from '../src/ledger/selection-names.ts';
import type { RowsTask } from '../src/task.ts';
import type { RowsContext } from '../src/worker/context.ts';
import { rowProgram } from '../src/worker/programs/programs.ts';
import type { DoneRow, OpenProgram } from '../src/worker/row-program.ts';
import { partitions } from '../src/worker/rows/partitions.ts';

// Runs in its own process, so that its peak memory is that of one partition.

/** Passed as JSON in the environment, like the worker's task. */
export interface PartitionWork {
  readonly dsn: string;
  readonly schema: string;
  readonly task: RowsTask;
}

/** Sent to the parent process. */
export interface PartitionFigures {
  readonly rows: number;
  readonly seconds: number;
  /** CPU of the process, without that of the database. */
  readonly cpuSeconds: number;
  /** The process's peak resident memory, MiB. */
  readonly peakMiB: number;
  /** Heap and buffers after a garbage collection at the end, MiB. */
  readonly liveMiB: number;
  /** Milliseconds from page to page, for the first pages and for the last. */
  readonly firstPagesMs: readonly number[];
  readonly lastPagesMs: readonly number[];
}

/** Number of pages measured at each end. */
const pagesKept = 50;

/** The average result of a picture in the demo, in the worker's format. */
const fakeOutcome: DoneRow = {
  timings: { decodeMs: 4, inferMs: 12 },
  outputs: [1, 2, 3].map((n) => [n, 'potted plant', 0.9, 1.5 * n, 2.5, 99.125, 77.75]),
};

process.send?.(await work(JSON.parse(process.env.BENCH_PARTITION ?? '')));

async function work({ dsn, schema, task }: PartitionWork): Promise<PartitionFigures> {
  const pool = openPool(parseDsn(dsn), { connections: 3 });
  const standIn = openStandIn();
  const context: RowsContext = {
    task,
    program: { ...rowProgram(task.program), open: async () => standIn },
    pool,
    tables: pool,
    users: pool,
    schema,
    names: selectionNames(task, schema),
    volumes: {},
    answers: null,
    log: pino({ enabled: false }),
    signal: new AbortController().signal,
  };
  try {
    const [started, cpu] = [performance.now(), process.cpuUsage()];
    await partitions(context, 0);
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const cpuSeconds = (user + system) / 1e6;
    return { ...standIn.figures(), seconds, cpuSeconds, peakMiB: peakMiB(), liveMiB: liveMiB() };
  } finally {
    await pool.end();
  }
}

type Pages = Pick<PartitionFigures, 'rows' | 'firstPagesMs' | 'lastPagesMs'>;

/** Stands in for a program: each row has three detections, without a model. */
function openStandIn(): OpenProgram & { figures(): Pages } {
  const firstPagesMs: number[] = [];
  const lastPagesMs: number[] = [];
  let rows = 0;
  let last = performance.now();
  return {
    async process(page) {
      const now = performance.now();
      const pageMs = now - last;
      last = now;
      rows += page.length;
      if (firstPagesMs.length < pagesKept) firstPagesMs.push(pageMs);
      if (lastPagesMs.push(pageMs) > pagesKept) lastPagesMs.shift();
      return page.map(() => fakeOutcome);
    },
    close: async () => {},
    figures: () => ({ rows, firstPagesMs, lastPagesMs }),
  };
}

/** A child's `maxRSS` starts at its parent's size (getrusage(2), even after execve); Linux's high-water mark starts at zero: proc(5). */
function peakMiB(): number {
  if (!existsSync('/proc/self/status')) return process.resourceUsage().maxRSS / 1024;
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kib) / 1024;
}

function liveMiB(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}
