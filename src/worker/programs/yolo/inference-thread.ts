import { parentPort, workerData } from 'node:worker_threads';
import { errorRecord } from '../../../errors.ts';
import { type Candidate, isFiniteBox } from '../../model/candidates.ts';
import type { FromThread, InferenceSettings, ToThread } from '../../model/inference.ts';
import { suppress } from '../../model/non-maximum-suppression.ts';
import { openSession, type Session } from '../../model/session.ts';

// `session.run` blocks the thread that calls it, hence this one.

const port = parentPort!;
const settings = workerData as InferenceSettings;

async function infer(session: Session, { input, pictures }: ToThread): Promise<FromThread> {
  const started = performance.now();
  const output = await session.run(input, session.model.batch ?? pictures);
  const inferMs = performance.now() - started;
  const boxes = Array.from({ length: pictures }, (_, picture) =>
    boxesOf(session.read(output, picture, settings.confidence)),
  );
  return { kind: 'inferred', boxes, inferMs, input };
}

function boxesOf(candidates: readonly Candidate[]): readonly Candidate[] | null {
  if (!candidates.every(isFiniteBox)) return null;
  return suppress(candidates, settings.iou, settings.maxDetections);
}

function failure(error: unknown): FromThread {
  return { kind: 'failed', error: errorRecord(error) };
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
