import { withReconnect } from '../../datasource/pool.ts';
import { MillraceError } from '../../errors.ts';
import { closePartition, type TakenPartition, takePartition } from '../../ledger/partitions.ts';
import { requireSelection, type SelectionState } from '../../ledger/selections.ts';
import type { WorkerContext } from '../context.ts';
import { nameProblem } from '../image/image-name.ts';
import { type Detector, loadDetector } from '../programs/yolo/detector.ts';
import { imagePath, pathInside, type VolumePath, type Volumes, volumePath } from '../volume-path.ts';
import { type PendingRow, pendingRows } from './pending-rows.ts';
import { type DoneRow, writeBatch } from './write-batch.ts';

/**
 * Works off one partition's rows that are not in the ledger yet.
 * @throws {MillraceError} PARTITION_TAKEN once another worker has taken the partition over
 */
export async function partition(context: WorkerContext, partitionNo: number): Promise<void> {
  const selection = await withReconnect(() => requireSelection(context, context.task.step), { signal: context.signal });
  if (selection.state !== 'ready') return context.log.info('published already');
  const taken = await withReconnect(() => takePartition(context, partitionNo), { signal: context.signal });
  if (taken === null) return context.log.info('the selection has fewer rows than partitions; none for this one');
  const pages = pendingRows(context, taken, selection.imageColumn);
  const first = await pages.next();
  if (first.done !== true) await detectPages(context, taken, selection, startingWith(first.value, pages));
  if (context.signal.aborted) return;
  await withReconnect(() => closePartition(context, taken), { signal: context.signal });
  context.log.info({ partition: taken.partitionNo }, 'partition done');
}

async function* startingWith<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield first;
  yield* rest;
}

async function detectPages(
  context: WorkerContext,
  taken: TakenPartition,
  selection: SelectionState,
  pages: AsyncIterable<readonly PendingRow[]>,
): Promise<void> {
  const folder = await imageFolder(context);
  const detector = await openDetector(context, folder.root);
  try {
    await detectAll(context, taken, selection.columns, pages, { detector, folder: folder.path });
  } finally {
    await detector.close();
  }
}

async function openDetector({ task, volumes, log }: WorkerContext, imageRoot: string): Promise<Detector> {
  const { device, confidence, iou, maxDetections, imageSize } = task.detect;
  const model = pathInVolumes('--model', task.detect.modelFile, volumes);
  const detection = { confidence, iou, maxDetections, imageSize };
  const settings = { modelFile: model.path, modelRoot: model.root, device, threads: task.threads, ...detection };
  const detector = await loadDetector(settings, imageRoot);
  log.info({ model: detector.model }, 'model loaded');
  return detector;
}

/** The planner refuses such paths by their place; a task may come from elsewhere. */
function pathInVolumes(option: string, path: string, volumes: Volumes): VolumePath {
  const found = volumePath(path, volumes);
  if (found !== null) return found;
  const message = `${option}=${path} lies in none of the volumes ${Object.keys(volumes).join(', ')}`;
  throw new MillraceError('OUTSIDE_VOLUMES', message, { hint: 'give a path inside one of them' });
}

/** A folder that is not there fails each row by name. */
async function imageFolder({ task: { detect }, volumes }: WorkerContext): Promise<VolumePath> {
  const folder = pathInVolumes('--image_dir', detect.imageDir, volumes);
  const real = await pathInside(folder.path, folder.root).catch(() => folder.path);
  if (real !== null) return folder;
  const message = `--image_dir=${detect.imageDir} is a link that leads out of its volume`;
  throw new MillraceError('OUTSIDE_VOLUMES', message, { hint: 'mount the folder that it leads to' });
}

interface Detection {
  readonly detector: Detector;
  /** Where the images lie. */
  readonly folder: string;
}

/** Three batches are under way at once: one is decoded and inferred, the next has begun, the one before is being written. */
async function detectAll(
  context: WorkerContext,
  taken: TakenPartition,
  columns: readonly string[],
  pages: AsyncIterable<readonly PendingRow[]>,
  detection: Detection,
): Promise<void> {
  let detecting: Promise<readonly DoneRow[]> | null = null;
  let written = Promise.resolve(0);
  const write = async (done: Promise<readonly DoneRow[]>) => {
    const rows = await done;
    const lastWriteMs = await written;
    written = ahead(writeBatch(context, taken, columns, rows, lastWriteMs));
  };
  for await (const rows of pages) {
    const next = ahead(detectRows(context, rows, detection));
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
  rows: readonly PendingRow[],
  { detector, folder }: Detection,
): Promise<readonly DoneRow[]> {
  const named = rows.map(({ image }) => {
    const problem = nameProblem(image);
    const path = problem === null && typeof image === 'string' ? imagePath(folder, image, volumes) : null;
    return {
      path,
      problem: problem ?? new MillraceError('IMAGE_OUTSIDE', `outside ${task.detect.imageDir}: ${image}`),
    };
  });
  const present = named.flatMap(({ path }) => (path === null ? [] : [path]));
  const results = (await detector.detect(present)).values();
  return rows.map(({ row }, index) => {
    const { path, problem } = named[index]!;
    if (path !== null) return { row, result: results.next().value! };
    return { row, result: { error: { code: problem.code, message: problem.message } } };
  });
}
