import { Worker } from 'node:worker_threads';
import { type ErrorRecord, errorOfRecord, MillraceError } from '../../errors.ts';
import type { Candidate } from './candidates.ts';
import type { Model } from './model.ts';
import type { ModelSettings } from './session.ts';

export interface InferenceSettings extends ModelSettings {
  readonly confidence: number;
  readonly iou: number;
  readonly maxDetections: number;
}

export interface ToThread {
  /** Slots of 3 planes of the model's size; transferred. */
  readonly input: Float32Array;
  /** How many slots, from the first, hold a picture. */
  readonly pictures: number;
}

export type FromThread =
  | { readonly kind: 'ready'; readonly model: Model }
  | ({ readonly kind: 'inferred' } & Inferred)
  | { readonly kind: 'failed'; readonly error: ErrorRecord };

/** A batch's boxes by picture (null: one is infinite or not a number), in pixels of the model's input, and the buffer it came in, to be used again. */
export interface Inferred {
  readonly boxes: readonly (readonly Candidate[] | null)[];
  readonly inferMs: number;
  readonly input: Float32Array;
}

/** A model in a thread of its own. Batches are worked off in the order given. */
export interface Inference {
  readonly model: Model;
  infer(batch: ToThread): Promise<Inferred>;
  close(): Promise<void>;
}

interface Waiting {
  resolve(answer: FromThread): void;
  reject(error: MillraceError): void;
}

/** @throws MillraceError whatever `openSession` throws */
export async function startInference(settings: InferenceSettings): Promise<Inference> {
  const thread = new Worker(new URL('../programs/yolo/inference-thread.ts', import.meta.url), { workerData: settings });
  const { nextAnswer, end } = answersInOrder(thread);
  const ready = await nextAnswer();
  if (ready.kind !== 'ready') {
    await thread.terminate();
    throw failureOf(ready);
  }
  const infer = async (batch: ToThread): Promise<Inferred> => {
    const answer = nextAnswer();
    thread.postMessage(batch, [batch.input.buffer as ArrayBuffer]);
    const inferred = await answer;
    if (inferred.kind !== 'inferred') throw failureOf(inferred);
    return inferred;
  };
  const close = async (): Promise<void> => {
    // A thread ended inside `session.run` takes the whole process with it: "terminate called after throwing Napi::Error".
    await end();
    await thread.terminate();
  };
  return { model: ready.model, infer, close };
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
      ended ??= new MillraceError('INFERENCE_FAILED', 'the detector was closed');
      await last;
    },
  };
}

function failureOf(answer: FromThread): MillraceError {
  const error = answer.kind === 'failed' ? errorOfRecord(answer.error) : null;
  return error ?? new MillraceError('INTERNAL', `the thread of inference answered '${answer.kind}'`);
}
