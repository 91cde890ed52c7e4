import { describeTable, hasColumn } from '../../datasource/describe.ts';
import { withReconnect } from '../../datasource/pool.ts';
import { closePartition, type PartitionUsage, type TakenPartition, takePartition } from '../../ledger/partitions.ts';
import { requireSelection, type SelectionState } from '../../ledger/selections.ts';
import { measuredDevice } from '../../programs/device.ts';
import type { RowsContext } from '../context.ts';
import { processUsage } from '../process-usage.ts';
import type { OpenProgram } from '../row-program.ts';
import { openPace, type Pace } from './pace.ts';
import { type PendingRow, pendingRows } from './pending-rows.ts';
import type { ProcessedRows } from './processed-rows.ts';
import { outputsTableOf } from './result-table.ts';
import { writeBatch } from './write-batch.ts';

/**
 * Processes one partition's rows that are not in the ledger yet.
 * @throws {MillraceError} PARTITION_TAKEN once another worker has taken the partition over
 */
export async function partition(context: RowsContext, partitionNo: number): Promise<void> {
  const selection = await withReconnect(() => requireSelection(context, context.task.step), { signal: context.signal });
  if (selection.state !== 'ready') return context.log.info('published already');
  const taken = await withReconnect(() => takePartition(context, partitionNo), { signal: context.signal });
  if (taken === null) return context.log.info('the selection has fewer rows than partitions; none for this one');
  const columns = context.program.readColumns(selection.columns);
  const pace = openPace(context.task.commitRows);
  const pages = pendingRows(context, taken, columns, pace);
  const { open, close } = opening(context, taken);
  let usage: PartitionUsage | null = null;
  try {
    if (taken.hasRowsLeft) ahead(open());
    const first = await pages.next();
    if (first.done !== true) {
      const program = await open();
      const begun = performance.now();
      await processPages(context, taken, selection, startingWith(first.value, pages), program, pace);
      usage = await usageOf(program, performance.now() - begun, context);
    }
  } finally {
    await close();
  }
  if (context.signal.aborted) return;
  await withReconnect(() => closePartition(context, taken, usage), { signal: context.signal });
  context.log.info({ partition: taken.partitionNo, ...processUsage() }, 'partition done');
}

/** What the partition's rows took; null for a program without a model. */
async function usageOf(
  { model }: OpenProgram,
  processMs: number,
  { task }: RowsContext,
): Promise<PartitionUsage | null> {
  if (model === undefined) return null;
  return {
    processMs: Math.round(processMs),
    peakMemory: processUsage().peakMiB * 2 ** 20,
    device: measuredDevice(model.device, task.threads),
    batch: model.batch,
    digest: await model.digest(),
  };
}

/** The program is opened once, while the first page is read. */
function opening({ program, task, volumes, answers, log }: RowsContext, { partitionNo }: TakenPartition) {
  let opened: Promise<OpenProgram> | undefined;
  const load = async () => {
    const open = await program.open({ volumes, threads: task.threads, answers, log });
    log.info({ partition: partitionNo, ...processUsage() }, 'program open');
    return open;
  };
  return {
    open: () => (opened ??= load()),
    close: async () => (await opened?.catch(() => null))?.close(),
  };
}

async function* startingWith<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield first;
  yield* rest;
}

async function processPages(
  context: RowsContext,
  taken: TakenPartition,
  selection: SelectionState,
  pages: AsyncIterable<readonly PendingRow[]>,
  open: OpenProgram,
  pace: Pace,
): Promise<void> {
  pace.fill(open.batch ?? 1);
  const program = { ...context.program, columns: open.columns ?? context.program.columns };
  const columns = await keptColumns(context, selection);
  await processAll({ ...context, program }, taken, columns, pages, open, pace);
}

/** Selected columns that `prepare` gave the result. */
async function keptColumns(context: RowsContext, { columns }: SelectionState): Promise<readonly string[]> {
  const { pool, signal } = context;
  const table = await withReconnect(() => describeTable(pool, outputsTableOf(context)), { signal });
  return columns.filter((name) => hasColumn(table, name));
}

/** Four batches are under way at once: one is processed, the next has begun, two are being written. */
async function processAll(
  context: RowsContext,
  taken: TakenPartition,
  columns: readonly string[],
  pages: AsyncIterable<readonly PendingRow[]>,
  program: OpenProgram,
  pace: Pace,
): Promise<void> {
  let processing: Promise<ProcessedRows> | null = null;
  const writing = [Promise.resolve(0), Promise.resolve(0)];
  const write = async (done: Promise<ProcessedRows>) => {
    const processed = await done;
    pace.processed(processed.rows.length);
    for (const batch of transactions(processed, context.task.commitRows)) {
      const lastWriteMs = await writing.shift()!;
      writing.push(ahead(writeBatch(context, taken, columns, batch, lastWriteMs)));
    }
  };
  for await (const rows of pages) {
    const next = ahead(processRows(rows, program));
    if (processing !== null) await write(processing);
    processing = next;
    if (context.signal.aborted) break;
  }
  if (processing !== null) await write(processing);
  await Promise.all(writing);
}

/** A page has more rows than a transaction may have where a batch of the program has. */
function transactions({ rows, outcomes }: ProcessedRows, most: number | null): readonly ProcessedRows[] {
  const length = most ?? rows.length;
  return Array.from({ length: Math.ceil(rows.length / length) }, (_, at) => {
    const [from, to] = [at * length, (at + 1) * length];
    return { rows: rows.slice(from, to), outcomes: outcomes.slice(from, to) };
  });
}

/** Work whose failure is looked at later: without this Node ends the process in between. */
function ahead<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {});
  return work;
}

async function processRows(rows: readonly PendingRow[], program: OpenProgram): Promise<ProcessedRows> {
  return { rows, outcomes: await program.process(rows.map(({ values }) => values)) };
}
