import { parentPort, workerData } from 'node:worker_threads';
import { errorRecord } from '../../errors.ts';
import type { Size } from '../image/letterbox.ts';
import { openLog } from '../log.ts';
import { batchSize } from './batch-size.ts';
import type { FromThread, ToThread } from './inference.ts';
import type { Outputs } from './model.ts';
import { runInParts } from './run-in-parts.ts';
import { type ModelSession, openSession, type SessionPlan } from './session.ts';

// `session.run` blocks the thread that calls it, hence one of its own. It opens the model and answers a batch after the other.

const port = parentPort!;
const tell = (answer: FromThread, transferred: ArrayBuffer[] = []) => port.postMessage(answer, transferred);
const tellFailure = (error: unknown) => tell({ kind: 'failed', error: errorRecord(error) });

serve(workerData as SessionPlan).catch(tellFailure);

async function serve(plan: SessionPlan): Promise<void> {
  const session = await openSession(plan);
  // `workerData` lives as long as the thread, and the runtime has its own copy of the model.
  Object.assign(plan.file, { bytes: new Uint8Array() });
  const { device, notOnGpu, notEdited } = session;
  const pictures = batchSize(plan, device);
  const run =
    device === 'cuda' ? runInParts(session.run, (fewer, error) => warnOfMemory(fewer, pictures, error)) : session.run;
  await warmUp(run, plan, pictures);
  let last = Promise.resolve();
  port.on('message', (batch: ToThread) => {
    last = last.then(() => infer(run, batch)).catch(tellFailure);
  });
  tell({ kind: 'ready', device, notOnGpu, notEdited, batch: pictures });
}

type Run = ModelSession['run'];

function warnOfMemory(fewer: number, pictures: number, error: Error): void {
  const images = fewer === 1 ? '1 image' : `${fewer} images`;
  openLog().warn(
    { reason: error.message },
    `the GPU's memory does not suffice for batches of ${pictures}; the model takes ${images} at once`,
  );
}

async function warmUp(run: Run, plan: SessionPlan, pictures: number): Promise<void> {
  await run(new Uint8Array(pictures * pictureBytes(plan.input.imageSize)), pictures);
}

function pictureBytes({ width, height }: Size): number {
  return width * height * 3;
}

/** The runtime does not take shared memory. One batch after the other lies here. */
let own = new Uint8Array();

async function infer(run: Run, { pixels, pictures, size }: ToThread): Promise<void> {
  const started = performance.now();
  const length = pictures * pictureBytes(size);
  if (own.length < length) own = new Uint8Array(length);
  let at = 0;
  for (const part of pixels) {
    own.set(part.subarray(0, length - at), at);
    at += Math.min(part.length, length - at);
  }
  const outputs = copied(await run(own.subarray(0, length), pictures, size));
  const inferMs = performance.now() - started;
  const buffers = [...outputs.values()].map(({ data }) => data.buffer as ArrayBuffer);
  tell({ kind: 'inferred', outputs, inferMs }, buffers);
}

/** The runtime's own memory cannot be transferred. */
function copied(outputs: Outputs): Outputs {
  return new Map([...outputs].map(([name, { data, dims }]) => [name, { data: data.slice(), dims }]));
}
