import { describeTable, hasColumn } from '../../datasource/describe.ts';
import { withReconnect } from '../../datasource/pool.ts';
import { closePartition, type PartitionUsage } from '../../ledger/partitions.ts';
import { requireSelection, type SelectionState } from '../../ledger/selections.ts';
import { measuredDevice } from '../../programs/device.ts';
import { type ArgoProgress, openArgoProgress } from '../argo-progress.ts';
import type { RowsContext } from '../context.ts';
import { processUsage } from '../process-usage.ts';
import type { AnyRow, OpenProgram } from '../row-program.ts';
import { type Drawing, type OpenPartition, openDrawing } from './drawing.ts';
import { largeColumns } from './large-values.ts';
import { allAtOnce, openPace, type Pace } from './pace.ts';
import { type PendingPage, pendingRows, type RowReading } from './pending-rows.ts';
import { isReplaced } from './prepare.ts';
import type { ProcessedRows } from './processed-rows.ts';
import { outputsTableOf } from './result-table.ts';
import { writeBatch } from './write-batch.ts';

/**
 * Draws partitions until none is left, and processes their rows that are not in the ledger yet. The program is opened once.
 * @param worker number of the worker whose process this is
 * @throws {MillraceError} PARTITION_TAKEN once another process of the same worker has taken a partition over
 */
export async function partitions(context: RowsContext, worker: number): Promise<void> {
  const { task, signal, log } = context;
  const selection = await withReconnect(() => requireSelection(context, task.step), { signal });
  if (selection.state !== 'ready') return log.info('published already');
  const drawing = openDrawing(context, worker);
  const progress = openArgoProgress(process.env.ARGO_PROGRESS_FILE, selection.rows, task.workers);
  const { open, close } = opening(context, selection);
  try {
    const pace = context.program.needsAllRows ? allAtOnce : openPace(task.commitRows);
    const work = { context, drawing, open, pace, progress };
    await processAll(work, await readingOf(context, selection));
    if (!signal.aborted && !drawing.isHalted()) await progress.end();
  } finally {
    drawing.end();
    await close();
  }
  if (!drawing.isHalted()) log.info(processUsage(), 'no partition is left to draw');
}

/** What a worker has at hand for all its partitions. */
interface Work {
  readonly context: RowsContext;
  readonly drawing: Drawing;
  readonly open: () => Promise<Opened>;
  readonly pace: Pace;
  readonly progress: ArgoProgress;
}

interface Opened {
  readonly program: OpenProgram<AnyRow>;
  /** With the columns that the open program names. */
  readonly context: RowsContext;
  /** Selected columns that `prepare` gave the result. */
  readonly columns: readonly string[];
}

/** The program is opened for the first partition that has rows, while its first page is read. */
function opening(context: RowsContext, selection: SelectionState) {
  const { program, task, volumes, answers, log, signal } = context;
  let opened: Promise<OpenProgram<AnyRow>> | undefined;
  let ready: Promise<Opened> | undefined;
  const load = async () => {
    const open = await program.open({ volumes, threads: task.threads, answers, log, signal });
    log.info(processUsage(), 'program open');
    return open;
  };
  const prepared = async (): Promise<Opened> => {
    opened = load();
    const open = await opened;
    const columns = await keptColumns(context, selection);
    const named = { ...context.program, columns: open.columns ?? context.program.columns };
    return { program: open, context: { ...context, program: named }, columns };
  };
  return {
    open: () => (ready ??= prepared()),
    close: async () => (await opened?.catch(() => null))?.close(),
  };
}

async function keptColumns(context: RowsContext, { columns }: SelectionState): Promise<readonly string[]> {
  const { pool, signal } = context;
  const table = await withReconnect(() => describeTable(pool, outputsTableOf(context)), { signal });
  return columns.filter((name) => hasColumn(table, name) && !isReplaced(name, context.program));
}

async function readingOf(context: RowsContext, selection: SelectionState): Promise<Omit<RowReading, 'pace'>> {
  const columns = context.program.readColumns(selection.columns);
  return { columns, large: context.program.readsValues ? new Set() : await largeColumns(context, columns) };
}

interface Page extends PendingPage {
  readonly partition: OpenPartition;
}

/** The pages of one partition after the other: a partition is drawn while the last page of the previous one is processed. */
async function* drawnPages({ context, drawing, open, pace }: Work, reading: Omit<RowReading, 'pace'>) {
  while (!context.signal.aborted) {
    const partition = await drawing.next();
    if (partition === null) return;
    if (partition.taken.hasRowsLeft) ahead(open());
    for await (const page of pendingRows(context, partition.taken, { ...reading, pace })) {
      yield { partition, ...page };
      if (partition.isLost()) break;
      if (drawing.isHalted()) return;
    }
  }
}

interface ProcessedPage extends ProcessedRows {
  readonly page: Page;
  /** When the first page of its partition was begun. */
  readonly begunAt: number;
}

/** Four batches are under way at once: one is processed, the next has begun, two are being written. */
async function processAll(work: Work, reading: Omit<RowReading, 'pace'>): Promise<void> {
  const { context, pace } = work;
  const writer = openWriter(work);
  let processing: Promise<ProcessedPage> | null = null;
  let current: OpenPartition | null = null;
  let begunAt = 0;
  for await (const page of drawnPages(work, reading)) {
    const opened = page.rows.length === 0 ? null : await work.open();
    if (opened !== null) pace.fill(opened.program.batch ?? 1);
    if (page.partition !== current) begunAt = performance.now();
    current = page.partition;
    const next: Promise<ProcessedPage> = ahead(processPage(page, opened, begunAt));
    if (processing !== null) await writer.write(await processing);
    processing = next;
    if (context.signal.aborted) break;
  }
  if (processing !== null) await writer.write(await processing);
  await writer.end();
}

async function processPage(page: Page, opened: Opened | null, begunAt: number): Promise<ProcessedPage> {
  const { rows } = page;
  const outcomes = opened === null ? [] : await opened.program.process(rows.map(({ values }) => values));
  return { page, rows, outcomes, begunAt };
}

/** Writes two batches at once, and closes partitions whose batches are written. */
function openWriter({ context, drawing, open, pace, progress }: Work) {
  const { task, signal, log } = context;
  const writing = [Promise.resolve(0), Promise.resolve(0)];
  let closing: Promise<void> = Promise.resolve();
  let closedAt = 0;

  async function writeRows({ partition }: Page, batch: ProcessedRows, lastWriteMs: number): Promise<number> {
    const { context, columns } = await open();
    return drawing.unlessLost(partition, lastWriteMs, async () => {
      const writeMs = await writeBatch(context, partition.taken, columns, batch, lastWriteMs);
      progress.add(batch.rows.length);
      return writeMs;
    });
  }

  async function close(
    { page: { partition, rows }, begunAt }: ProcessedPage,
    written: Promise<unknown>,
  ): Promise<void> {
    await written;
    if (partition.isLost() || signal.aborted) return;
    const { partitionNo, hasRowsLeft } = partition.taken;
    const now = performance.now();
    const usage =
      hasRowsLeft || rows.length > 0 ? await usageOf(await open(), now - Math.max(begunAt, closedAt)) : null;
    closedAt = now;
    await withReconnect(() => closePartition(context, partition.taken, usage), { signal });
    drawing.close(partition);
    log.info({ partition: partitionNo, ...processUsage() }, 'partition done');
  }

  return {
    async write(processed: ProcessedPage): Promise<void> {
      const { page, rows } = processed;
      if (rows.length > 0) pace.processed(rows.length);
      for (const batch of transactions(processed, task.commitRows)) {
        const lastWriteMs = await writing.shift()!;
        writing.push(ahead(writeRows(page, batch, lastWriteMs)));
      }
      if (!page.isLast) return;
      await closing;
      closing = ahead(close(processed, Promise.all(writing)));
    },
    async end(): Promise<void> {
      await Promise.all(writing);
      await closing;
    },
  };
}

/** What the partition's rows took; null for a program without a model. */
async function usageOf({ program: { model }, context }: Opened, processMs: number): Promise<PartitionUsage | null> {
  if (model === undefined) return null;
  return {
    processMs: Math.round(processMs),
    peakMemory: processUsage().peakMiB * 2 ** 20,
    device: measuredDevice(model.device, context.task.threads),
    batch: model.batch,
    digest: await model.digest(),
  };
}

/** A page has more rows than a transaction may have where a batch of the program has. */
function transactions({ rows, outcomes }: ProcessedRows, most: number | null): readonly ProcessedRows[] {
  const length = most ?? rows.length;
  return Array.from({ length: Math.ceil(rows.length / Math.max(1, length)) }, (_, at) => {
    const [from, to] = [at * length, (at + 1) * length];
    return { rows: rows.slice(from, to), outcomes: outcomes.slice(from, to) };
  });
}

/** Work whose failure is looked at later: without this Node ends the process in between. */
function ahead<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {});
  return work;
}
