import type { Slot } from '../../image/placing.ts';
import type { AskedModel, Seen } from './asked-model.ts';

/** Pictures that are answered for together: their rows are written when all are decided. */
export interface Lot {
  /** Number of its pictures that are not decided. */
  left: number;
  /** Number of those that wait for a batch to be filled. */
  waiting: number;
}

export interface Answered {
  /** null: the model gave a number that is infinite, or none. */
  readonly seen: Seen | null;
  /** Milliseconds: the picture's share of its batch's inference. */
  readonly inferMs: number;
}

/** Questions to models, in batches that are filled by whatever pictures reach a model. */
export interface QuestionBatches {
  /** Pictures of a page. Pages are answered for in the order in which they begin. */
  begin(pictures: number): Lot;
  /** @param slot the picture as it lies in the model's input, until the answer */
  ask(model: AskedModel, slot: Slot, lot: Lot): Promise<Answered>;
  /** A picture of the page is decided, or has failed. */
  decided(lot: Lot): void;
}

/** Batches per thread of inference: one is inferred, and one waits ready. */
const batchesPerThread = 2;

interface Question {
  readonly slot: Slot;
  readonly lot: Lot;
  answer(answered: Answered): void;
  fail(error: unknown): void;
}

interface Queue {
  readonly model: AskedModel;
  readonly waiting: Question[];
  /** Batches that it infers. */
  running: number;
}

/**
 * A batch runs once it is full; one that is not, as soon as no picture of the oldest page is on its way to any model: each of them waits for a
 * batch that only later pages could fill. So a page costs at most one batch of each model that is not full, and waits for no other page.
 * Models on the CPU take turns, as they have the threads of one.
 */
export function questionBatches(models: readonly AskedModel[]): QuestionBatches {
  const queues = new Map(models.map((model) => [model, { model, waiting: [], running: 0 } as Queue]));
  // Later models first: pictures that leave make room for others.
  const lastFirst = [...queues.values()].toReversed();
  const lots: Lot[] = [];

  function isFree({ model: { inference }, running }: Queue): boolean {
    if (inference.device === 'cuda') return running < batchesPerThread * inference.threads;
    const onCpu = lastFirst.filter(({ model }) => model.inference.device === 'cpu');
    return onCpu.reduce((sum, queue) => sum + queue.running, 0) < batchesPerThread;
  }

  function runWhatIsReady(): void {
    for (const queue of lastFirst) {
      const { batch } = queue.model.inference;
      while (queue.waiting.length >= batch && isFree(queue)) void run(queue, queue.waiting.splice(0, batch));
    }
    const [oldest] = lots;
    if (oldest === undefined || oldest.waiting === 0 || oldest.waiting < oldest.left) return;
    const queue = lastFirst.findLast(({ waiting }) => waiting.some(({ lot }) => lot === oldest))!;
    if (isFree(queue)) void run(queue, queue.waiting.splice(0, queue.model.inference.batch));
  }

  async function run(queue: Queue, questions: readonly Question[]): Promise<void> {
    const { inference, input, isPadded, read } = queue.model;
    for (const { lot } of questions) lot.waiting--;
    queue.running++;
    try {
      const pixels = questions.map(({ slot }) => slot);
      const pictures = isPadded ? inference.batch : questions.length;
      const { outputs, inferMs } = await inference.infer({ pixels, pictures, size: input.size });
      for (const [place, { answer }] of questions.entries())
        answer({ seen: read(outputs, place), inferMs: inferMs / questions.length });
    } catch (error) {
      for (const { fail } of questions) fail(error);
    } finally {
      queue.running--;
      runWhatIsReady();
    }
  }

  return {
    begin: (pictures) => {
      const lot = { left: pictures, waiting: 0 };
      if (pictures > 0) lots.push(lot);
      return lot;
    },
    ask: (model, slot, lot) =>
      new Promise((answer, fail) => {
        queues.get(model)!.waiting.push({ slot, lot, answer, fail });
        lot.waiting++;
        runWhatIsReady();
      }),
    decided: (lot) => {
      lot.left--;
      if (lot.left === 0) lots.splice(lots.indexOf(lot), 1);
      runWhatIsReady();
    },
  };
}
