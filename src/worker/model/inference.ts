import { Worker } from 'node:worker_threads';
import { type ErrorRecord, errorOfRecord, MillraceError } from '../../errors.ts';
import type { Outputs } from './model.ts';
import type { ModelSession, SessionPlan } from './session.ts';

export interface ToThread {
  /** `[pictures, height, width, 3]`; transferred. */
  readonly pixels: Uint8Array<ArrayBuffer>;
  readonly pictures: number;
}

/** What is known of a session once it is open. */
export type OpenedSession = Pick<ModelSession, 'device' | 'notEdited'>;

export type FromThread =
  | ({ readonly kind: 'ready' } & OpenedSession)
  | ({ readonly kind: 'inferred' } & Inferred)
  | { readonly kind: 'failed'; readonly error: ErrorRecord };

export interface Inferred {
  readonly outputs: Outputs;
  readonly inferMs: number;
  /** The buffer that the batch came in, to be used again. */
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/** What the log says of a session. */
export function described({ device, notEdited }: OpenedSession): OpenedSession | Pick<OpenedSession, 'device'> {
  return notEdited === null ? { device } : { device, notEdited };
}

/** A model in a thread of its own. Batches are processed in the order given. */
export interface Inference extends OpenedSession {
  infer(batch: ToThread): Promise<Inferred>;
  close(): Promise<void>;
}

/** @throws MillraceError whatever `openSession` throws */
export async function startInference({ file, input, outputs, use, settings }: SessionPlan): Promise<Inference> {
  const workerData: SessionPlan = { file, input, outputs, use, settings };
  const thread = new Worker(new URL('./inference-thread.ts', import.meta.url), { workerData });
  const { nextAnswer, end } = answersInOrder(thread);
  const ready = await nextAnswer();
  if (ready.kind !== 'ready') {
    await thread.terminate();
    throw failureOf(ready);
  }
  const infer = async (batch: ToThread): Promise<Inferred> => {
    const answer = nextAnswer();
    thread.postMessage(batch, [batch.pixels.buffer]);
    const inferred = await answer;
    if (inferred.kind !== 'inferred') throw failureOf(inferred);
    return inferred;
  };
  const close = async (): Promise<void> => {
    // A thread ended inside `session.run` takes the whole process with it: "terminate called after throwing Napi::Error".
    await end();
    await thread.terminate();
  };
  return { device: ready.device, notEdited: ready.notEdited, infer, close };
}

interface Waiting {
  resolve(answer: FromThread): void;
  reject(error: MillraceError): void;
}

interface Answers {
  /** @throws MillraceError INFERENCE_FAILED once the thread has ended or is to end */
  nextAnswer(): Promise<FromThread>;
  /** Takes no more questions; resolves when those already asked are answered. */
  end(): Promise<void>;
}

function answersInOrder(thread: Worker): Answers {
  const waiting: Waiting[] = [];
  let last: Promise<unknown> = Promise.resolve();
  let ended: MillraceError | undefined;
  const fail = (cause?: unknown) => {
    ended ??= new MillraceError('INFERENCE_FAILED', 'the thread of inference has ended', { cause });
    for (const { reject } of waiting.splice(0)) reject(ended);
  };
  thread.on('message', (answer: FromThread) => waiting.shift()?.resolve(answer));
  thread.on('error', fail);
  thread.on('exit', () => fail());
  return {
    nextAnswer: () => {
      if (ended) throw ended;
      const answer = new Promise<FromThread>((resolve, reject) => waiting.push({ resolve, reject }));
      last = answer.catch(() => undefined);
      return answer;
    },
    end: async () => {
      ended ??= new MillraceError('INFERENCE_FAILED', 'the model was closed');
      await last;
    },
  };
}

function failureOf(answer: FromThread): MillraceError {
  const error = answer.kind === 'failed' ? errorOfRecord(answer.error) : null;
  return error ?? new MillraceError('INTERNAL', `the thread of inference answered '${answer.kind}'`);
}
