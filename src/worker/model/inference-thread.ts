import { parentPort, workerData } from 'node:worker_threads';
import { errorRecord } from '../../errors.ts';
import type { FromThread, ToThread } from './inference.ts';
import type { Outputs } from './model.ts';
import { type ModelSession, openSession, type SessionPlan } from './session.ts';

// `session.run` blocks the thread that calls it, hence one of its own. It opens the model and answers a batch after the other.

const port = parentPort!;
const tell = (answer: FromThread, transferred: ArrayBuffer[] = []) => port.postMessage(answer, transferred);
const tellFailure = (error: unknown) => tell({ kind: 'failed', error: errorRecord(error) });

serve(workerData as SessionPlan).catch(tellFailure);

async function serve(plan: SessionPlan): Promise<void> {
  const session = await openSession(plan);
  await warmUp(session, plan);
  port.on('message', (batch: ToThread) => void infer(session, batch).catch(tellFailure));
  tell({ kind: 'ready', device: session.device, notEdited: session.notEdited });
}

async function warmUp({ run }: ModelSession, { input: { imageSize, batch } }: SessionPlan): Promise<void> {
  const pictures = batch ?? 1;
  await run(new Uint8Array(pictures * imageSize.width * imageSize.height * 3), pictures);
}

async function infer({ run }: ModelSession, { pixels, pictures }: ToThread): Promise<void> {
  const started = performance.now();
  const outputs = copied(await run(pixels, pictures));
  const inferMs = performance.now() - started;
  const buffers = [...outputs.values()].map(({ data }) => data.buffer as ArrayBuffer);
  tell({ kind: 'inferred', outputs, inferMs, pixels }, [pixels.buffer, ...buffers]);
}

/** The runtime's own memory cannot be transferred. */
function copied(outputs: Outputs): Outputs {
  return new Map([...outputs].map(([name, { data, dims }]) => [name, { data: data.slice(), dims }]));
}
