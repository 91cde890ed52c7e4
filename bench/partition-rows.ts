import { existsSync, readFileSync } from 'node:fs';
import { pino } from 'pino';
import { parseDsn } from '../src/datasource/dsn.ts';
import { openPool } from '../src/datasource/pool.ts';
import { type TakenPartition, takePartition } from '../src/ledger/partitions.ts';
import { selectionNames } from '../src/ledger/selection-names.ts';
import { requireSelection, type SelectionState } from '../src/ledger/selections.ts';
import type { RowsTask } from '../src/task.ts';
import type { RowsContext } from '../src/worker/context.ts';
import { rowProgram } from '../src/worker/programs/programs.ts';
import type { DoneRow } from '../src/worker/row-program.ts';
import { pendingRows } from '../src/worker/rows/pending-rows.ts';
import { writeBatch } from '../src/worker/rows/write-batch.ts';

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
  /** The process's peak resident memory, MiB. */
  readonly peakMiB: number;
  /** Heap and buffers after a garbage collection at the end, MiB. */
  readonly liveMiB: number;
  /** Milliseconds to read a page, for the first pages and for the last. */
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
  const pool = openPool(parseDsn(dsn), { connections: 2 });
  const context: RowsContext = {
    task,
    program: rowProgram(task.program),
    pool,
    tables: pool,
    users: pool,
    schema,
    names: selectionNames(task, schema),
    volumes: {},
    log: pino({ enabled: false }),
    signal: new AbortController().signal,
  };
  try {
    return await measure(
      context,
      await requireSelection(context, context.task.step),
      (await takePartition(context, 0))!,
    );
  } finally {
    await pool.end();
  }
}

async function measure(
  context: RowsContext,
  selection: SelectionState,
  taken: TakenPartition,
): Promise<PartitionFigures> {
  const started = performance.now();
  const firstPagesMs: number[] = [];
  const lastPagesMs: number[] = [];
  const pages = pendingRows(context, taken, context.program.readColumns(selection.columns), {
    rows: () => context.task.commitRows ?? 1,
  });
  let rows = 0;
  for (let writeMs = 0; ; ) {
    const asked = performance.now();
    const page = await pages.next();
    if (page.done) break;
    const pageMs = performance.now() - asked;
    if (firstPagesMs.length < pagesKept) firstPagesMs.push(pageMs);
    if (lastPagesMs.push(pageMs) > pagesKept) lastPagesMs.shift();
    const done = page.value.map(({ row }) => ({ row, outcome: fakeOutcome }));
    writeMs = await writeBatch(context, taken, selection.columns, done, writeMs);
    rows += done.length;
  }
  const seconds = (performance.now() - started) / 1000;
  return { rows, seconds, peakMiB: peakMiB(), liveMiB: liveMiB(), firstPagesMs, lastPagesMs };
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
