import { quoteTable } from '../datasource/identifiers.ts';
import { transaction, withReconnect } from '../datasource/pool.ts';
import type { WorkerContext } from './context.ts';
import { type Detector, loadDetector } from './detector.ts';
import { pendingRows, type TakenPartition, takePartition } from './pending-rows.ts';
import { requireSelection, type SelectionState } from './selection-state.ts';
import { imagePath, volumePath } from './volume-path.ts';
import { type DoneRow, writeBatch } from './write-batch.ts';

/**
 * Works off one partition's rows that are not in the ledger yet.
 * @throws {MillraceError} PARTITION_TAKEN once another worker has taken the partition over
 */
export async function partition(context: WorkerContext, partitionNo: number): Promise<void> {
  const selection = await withReconnect(() => requireSelection(context), { signal: context.signal });
  if (selection.state !== 'ready') return context.log.info('published already');
  const taken = await withReconnect(() => takePartition(context, partitionNo), { signal: context.signal });
  const detector = await openDetector(context);
  try {
    await detectAll(context, taken, selection, detector);
  } finally {
    await detector.close();
  }
  if (context.signal.aborted) return;
  await withReconnect(() => closePartition(context, taken), { signal: context.signal });
}

async function openDetector({ task, volumes, log }: WorkerContext): Promise<Detector> {
  const { modelFile, device, confidence, iou, maxDetections, imageSize } = task.detect;
  const detector = await loadDetector({
    modelFile: volumePath(modelFile, volumes),
    device,
    threads: task.threads,
    confidence,
    iou,
    maxDetections,
    imageSize,
  });
  log.info({ model: detector.model }, 'model loaded');
  return detector;
}

/** Three batches are under way at once: one is decoded and inferred, the next has begun, the one before is being written. */
async function detectAll(
  context: WorkerContext,
  taken: TakenPartition,
  selection: SelectionState,
  detector: Detector,
): Promise<void> {
  let detecting: Promise<readonly DoneRow[]> | null = null;
  let written = Promise.resolve(0);
  const write = async (done: Promise<readonly DoneRow[]>) => {
    const rows = await done;
    const lastWriteMs = await written;
    written = ahead(writeBatch(context, taken, selection.columns, rows, lastWriteMs));
  };
  for await (const rows of pendingRows(context, taken, selection.imageColumn)) {
    const next = ahead(detectRows(context, rows, detector));
    if (detecting !== null) await write(detecting);
    detecting = next;
    if (context.signal.aborted) break;
  }
  if (detecting !== null) await write(detecting);
  await written;
}

/** Work whose failure is looked at later: without this Node ends the process in between. */
function ahead<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {});
  return work;
}

async function detectRows(
  { task, volumes }: WorkerContext,
  rows: readonly { readonly row: string; readonly image: string | null }[],
  detector: Detector,
): Promise<readonly DoneRow[]> {
  const folder = volumePath(task.detect.imageDir, volumes);
  const paths = rows.map(({ image }) => (image ? imagePath(folder, volumePath(image, volumes)) : null));
  const present = paths.filter((path) => path !== null);
  const results = (await detector.detect(present)).values();
  return rows.map(({ row, image }, index) => {
    if (paths[index] !== null) return { row, result: results.next().value! };
    const message = image ? `${image} lies outside ${task.detect.imageDir}` : 'the row names no image';
    return { row, result: { error: { code: 'IMAGE_MISSING', message } } };
  });
}

async function closePartition({ pool, schema, names, log }: WorkerContext, taken: TakenPartition): Promise<void> {
  await transaction(pool, (connection) =>
    connection.query(
      `UPDATE ${quoteTable({ database: schema, table: 'partitions' })} SET state = 'done', finished_at = NOW(6)
       WHERE selection_id = ? AND partition_no = ? AND attempt = ?`,
      [names.id, taken.partitionNo, taken.attempt],
    ),
  );
  log.info({ partition: taken.partitionNo }, 'partition done');
}
