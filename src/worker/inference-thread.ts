import { parentPort, workerData } from 'node:worker_threads';
import { MillraceError } from '../errors.ts';
import type { FromThread, InferenceSettings, ToThread } from './inference.ts';
import { suppress } from './model/non-maximum-suppression.ts';
import { openSession, type Session } from './model/session.ts';

// `session.run` blocks the thread that calls it, hence this one.

const port = parentPort!;
const settings = workerData as InferenceSettings;

async function infer(session: Session, { input, pictures }: ToThread): Promise<FromThread> {
  const started = performance.now();
  const output = await session.run(input, session.model.batch ?? pictures);
  const inferMs = performance.now() - started;
  const boxes = Array.from({ length: pictures }, (_, picture) =>
    suppress(session.read(output, picture, settings.confidence), settings.iou, settings.maxDetections),
  );
  return { kind: 'inferred', boxes, inferMs, input };
}

function failure(error: unknown): FromThread {
  if (error instanceof MillraceError)
    return { kind: 'failed', code: error.code, message: error.message, hint: error.hint };
  const message = 'the inference runtime failed on a batch of images';
  const hint = 'a smaller --image_size or more memory may help';
  return { kind: 'failed', code: 'INFERENCE_FAILED', message, hint };
}

async function serve(): Promise<void> {
  const session = await openSession(settings);
  port.on('message', (task: ToThread) => {
    infer(session, task).then(
      (answer) => port.postMessage(answer, [task.input.buffer as ArrayBuffer]),
      (error) => port.postMessage(failure(error)),
    );
  });
  port.postMessage({ kind: 'ready', model: session.model } satisfies FromThread);
}

serve().catch((error) => port.postMessage(failure(error)));
