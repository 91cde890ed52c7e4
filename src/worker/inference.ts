import { Worker } from 'node:worker_threads';
import { type ErrorCode, MillraceError } from '../errors.ts';
import type { Candidate } from './model/candidates.ts';
import type { Model } from './model/model.ts';
import type { ModelSettings } from './model/session.ts';

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
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string; readonly hint: string | undefined };

/** A batch's boxes by picture, in pixels of the model's input, and the buffer it came in, to be used again. */
export interface Inferred {
  readonly boxes: readonly (readonly Candidate[])[];
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
  const thread = new Worker(new URL('./inference-thread.ts', import.meta.url), { workerData: settings });
  const nextAnswer = answersInOrder(thread);
  const close = async () => void (await thread.terminate());
  const ready = await nextAnswer();
  if (ready.kind !== 'ready') {
    await close();
    throw failureOf(ready);
  }
  const infer = async (batch: ToThread): Promise<Inferred> => {
    const answer = nextAnswer();
    thread.postMessage(batch, [batch.input.buffer as ArrayBuffer]);
    const inferred = await answer;
    if (inferred.kind !== 'inferred') throw failureOf(inferred);
    return inferred;
  };
  return { model: ready.model, infer, close };
}

function answersInOrder(thread: Worker): () => Promise<FromThread> {
  const waiting: Waiting[] = [];
  let ended: MillraceError | undefined;
  const end = (cause?: unknown) => {
    ended = new MillraceError('INFERENCE_FAILED', 'the thread of inference has ended', { cause });
    for (const { reject } of waiting.splice(0)) reject(ended);
  };
  thread.on('message', (answer: FromThread) => waiting.shift()?.resolve(answer));
  thread.on('error', end);
  thread.on('exit', () => end());
  return () =>
    new Promise((resolve, reject) => {
      if (ended) reject(ended);
      else waiting.push({ resolve, reject });
    });
}

function failureOf(answer: FromThread): MillraceError {
  if (answer.kind !== 'failed')
    return new MillraceError('INTERNAL', `the thread of inference answered '${answer.kind}'`);
  return new MillraceError(answer.code, answer.message, answer.hint === undefined ? {} : { hint: answer.hint });
}
