import type { Worker } from 'node:worker_threads';
import { type ErrorRecord, errorOfRecord, MillraceError } from '../../errors.ts';
import type { ImageModel } from './model.ts';

export interface ToThread {
  /** Slots of 3 planes of the model's size; transferred. */
  readonly input: Float32Array;
  /** How many slots, from the first, hold a picture. */
  readonly pictures: number;
}

/** `Found`: what the model says of a picture. */
export type FromThread<Model, Found> =
  | { readonly kind: 'ready'; readonly model: Model }
  | ({ readonly kind: 'inferred' } & Inferred<Found>)
  | { readonly kind: 'failed'; readonly error: ErrorRecord };

/** By picture what was found (null: it is infinite or not a number), and the buffer the batch came in, to be used again. */
export interface Inferred<Found> {
  readonly found: readonly (Found | null)[];
  readonly inferMs: number;
  readonly input: Float32Array;
}

/** A model in a thread of its own. Batches are processed in the order given. */
export interface Inference<Model extends ImageModel, Found> {
  readonly model: Model;
  infer(batch: ToThread): Promise<Inferred<Found>>;
  close(): Promise<void>;
}

interface Waiting<Answer> {
  resolve(answer: Answer): void;
  reject(error: MillraceError): void;
}

/**
 * @param thread serves inference, see serve-inference.ts
 * @throws MillraceError whatever opening the model throws there
 */
export async function startInference<Model extends ImageModel, Found>(
  thread: Worker,
): Promise<Inference<Model, Found>> {
  const { nextAnswer, end } = answersInOrder<FromThread<Model, Found>>(thread);
  const ready = await nextAnswer();
  if (ready.kind !== 'ready') {
    await thread.terminate();
    throw failureOf(ready);
  }
  const infer = async (batch: ToThread): Promise<Inferred<Found>> => {
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

interface Answers<Answer> {
  /** @throws MillraceError INFERENCE_FAILED once the thread has ended or is to end */
  nextAnswer(): Promise<Answer>;
  /** Takes no more questions; resolves when those already asked are answered. */
  end(): Promise<void>;
}

function answersInOrder<Answer>(thread: Worker): Answers<Answer> {
  const waiting: Waiting<Answer>[] = [];
  let last: Promise<unknown> = Promise.resolve();
  let ended: MillraceError | undefined;
  const fail = (cause?: unknown) => {
    ended ??= new MillraceError('INFERENCE_FAILED', 'the thread of inference has ended', { cause });
    for (const { reject } of waiting.splice(0)) reject(ended);
  };
  thread.on('message', (answer: Answer) => waiting.shift()?.resolve(answer));
  thread.on('error', fail);
  thread.on('exit', () => fail());
  return {
    nextAnswer: () => {
      if (ended) throw ended;
      const answer = new Promise<Answer>((resolve, reject) => waiting.push({ resolve, reject }));
      last = answer.catch(() => undefined);
      return answer;
    },
    end: async () => {
      ended ??= new MillraceError('INFERENCE_FAILED', 'the model was closed');
      await last;
    },
  };
}

function failureOf(answer: FromThread<unknown, unknown>): MillraceError {
  const error = answer.kind === 'failed' ? errorOfRecord(answer.error) : null;
  return error ?? new MillraceError('INTERNAL', `the thread of inference answered '${answer.kind}'`);
}
