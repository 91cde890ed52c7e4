import { Worker } from 'node:worker_threads';
import { type ErrorRecord, errorOfRecord, MillraceError } from '../../errors.ts';
import type { Size } from '../image/letterbox.ts';
import { answersInOrder } from '../thread-answers.ts';
import type { Outputs } from './model.ts';
import type { ModelSession, SessionPlan } from './session.ts';
import { visibleGpus } from './visible-gpus.ts';

export interface ToThread {
  /** Parts of `[pictures, height, width, 3]` in their order; the last places may hold none. The thread reads them until it answers. */
  readonly pixels: readonly Uint8Array<SharedArrayBuffer>[];
  readonly pictures: number;
  readonly size: Size;
}

/** What is known of a session once it is open. */
export interface OpenedSession extends Pick<ModelSession, 'device' | 'notOnGpu' | 'notEdited'> {
  /** Pictures per run. */
  readonly batch: number;
}

export type FromThread =
  | ({ readonly kind: 'ready' } & OpenedSession)
  | ({ readonly kind: 'inferred' } & Inferred)
  | { readonly kind: 'failed'; readonly error: ErrorRecord };

export interface Inferred {
  readonly outputs: Outputs;
  readonly inferMs: number;
}

type Described = Pick<OpenedSession, 'device' | 'batch'> & Partial<OpenedSession>;

/** What the log says of a session. */
export function described({ device, batch, notOnGpu, notEdited }: OpenedSession): Described {
  return { device, batch, ...(notOnGpu === null ? {} : { notOnGpu }), ...(notEdited === null ? {} : { notEdited }) };
}

/** A model in threads of its own. */
export interface Inference extends OpenedSession {
  readonly threads: number;
  infer(batch: ToThread): Promise<Inferred>;
  close(): Promise<void>;
}

/** While one copies its pixels to a GPU or its outputs from there, the other one computes. */
const threadsPerGpu = 2;

/** On the CPU one thread, on GPUs some for each. @throws MillraceError whatever `openSession` throws */
export async function startInference(plan: SessionPlan): Promise<Inference> {
  return onAllGpus(await startAlone(plan), plan);
}

/** In one thread, wherever it runs. Its first run shows whether the memory suffices. @throws MillraceError whatever `openSession` throws */
export function startAlone(plan: SessionPlan): Promise<Inference> {
  return startThread(plan, 0);
}

/** The same model in the other threads that it gets. */
export async function onAllGpus(first: Inference, plan: SessionPlan): Promise<Inference> {
  if (first.device === 'cpu') return first;
  const gpus = visibleGpus(process.env);
  const others = Array.from({ length: gpus * threadsPerGpu - 1 }, (_, at) => startThread(plan, (at + 1) % gpus));
  const started = await Promise.allSettled(others);
  // A thread that does not find enough memory beside the first is done without.
  return together([first, ...started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))]);
}

/** Each batch goes to the thread with the fewest. */
function together(threads: readonly [Inference, ...Inference[]]): Inference {
  const waiting = threads.map(() => 0);
  return {
    ...threads[0],
    threads: threads.length,
    infer: async (batch) => {
      const chosen = waiting.indexOf(Math.min(...waiting));
      waiting[chosen]!++;
      try {
        return await threads[chosen]!.infer(batch);
      } finally {
        waiting[chosen]!--;
      }
    },
    close: async () => {
      await Promise.all(threads.map(({ close }) => close()));
    },
  };
}

/** Batches are processed in the order given. */
async function startThread(plan: SessionPlan, gpu: number): Promise<Inference> {
  const { file, input, outputs, isDeclared, use, settings } = plan;
  const workerData: SessionPlan = { file, input, outputs, isDeclared, use, settings, gpu };
  const transferList = settings.device === 'cpu' ? ownMemory(file.bytes) : [];
  const thread = new Worker(new URL('./inference-thread.ts', import.meta.url), { workerData, transferList });
  const { nextAnswer, end } = answersInOrder<FromThread>(thread, 'inference', 'the model was closed');
  const ready = await nextAnswer();
  if (ready.kind !== 'ready') {
    await thread.terminate();
    throw failureOf(ready);
  }
  const infer = async (batch: ToThread): Promise<Inferred> => {
    const answer = nextAnswer();
    thread.postMessage(batch);
    const inferred = await answer;
    if (inferred.kind !== 'inferred') throw failureOf(inferred);
    return inferred;
  };
  const close = async (): Promise<void> => {
    // A thread ended inside `session.run` takes the whole process with it: "terminate called after throwing Napi::Error".
    await end();
    await thread.terminate();
  };
  const { kind, ...opened } = ready;
  return { ...opened, threads: 1, infer, close };
}

/** What can be handed over instead of copied: several threads of a GPU each need the model. */
function ownMemory({ buffer, byteLength }: Uint8Array<ArrayBuffer>): ArrayBuffer[] {
  return buffer.byteLength === byteLength ? [buffer] : [];
}

function failureOf(answer: FromThread): MillraceError {
  const error = answer.kind === 'failed' ? errorOfRecord(answer.error) : null;
  return error ?? new MillraceError('INTERNAL', `the thread of inference answered '${answer.kind}'`);
}
