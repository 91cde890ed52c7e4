import { Worker } from 'node:worker_threads';
import { type ErrorRecord, errorOfRecord } from '../../errors.ts';
import { answersInOrder } from '../thread-answers.ts';
import { decodeImage } from './decode.ts';
import type { EncodedImage } from './encoded-image.ts';
import { freeMemory } from './free-memory.ts';
import { type PlacingRules, placePixels, type Slot, transferable } from './placing.ts';

/** Pictures that are decoded once, and placed in the inputs of several models, each when it is asked for. */
export interface KeptPictures {
  /**
   * Decodes an image, and places it in one input.
   * @param image its bytes are not used afterwards
   * @param slotOf a place in each input, until the picture is dropped
   * @throws MillraceError IMAGE_BROKEN
   */
  open(image: EncodedImage, slotOf: (input: number) => Slot, input: number): Promise<KeptPicture>;
  close(): Promise<void>;
}

export interface KeptPicture {
  /** Places it in another input. */
  place(input: number): Promise<void>;
  drop(): void;
}

/** Bytes of decoded pictures that are kept. Any others are placed in all inputs at once. */
const mostKept = 256 * 2 ** 20;

/** In the thread that asks. @param inputs how pictures lie in each input */
export function keepHere(inputs: readonly PlacingRules[], most = mostKept): KeptPictures {
  let kept = 0;
  return {
    open: async (image, slotOf, first) => {
      const pixels = await decodeImage(image);
      const bytes = pixels.data.length;
      const open = new Set(inputs.keys());
      const placeIn = (input: number) => {
        if (open.delete(input)) placePixels(pixels, inputs[input]!, slotOf(input));
      };
      placeIn(first);
      if (kept + bytes > most) for (const input of open) placeIn(input);
      let isKept = open.size > 0;
      if (isKept) kept += bytes;
      else freeMemory(pixels.data);
      const drop = () => {
        if (!isKept) return;
        isKept = false;
        kept -= bytes;
        freeMemory(pixels.data);
      };
      return {
        drop,
        place: async (input) => {
          placeIn(input);
          if (open.size === 0) drop();
        },
      };
    },
    close: async () => {},
  };
}

export type ToKeepingThread =
  | {
      readonly does: 'open';
      readonly id: number;
      readonly image: EncodedImage;
      readonly slots: readonly Slot[];
      readonly input: number;
    }
  | { readonly does: 'place'; readonly id: number; readonly input: number }
  | { readonly does: 'drop'; readonly id: number };

export type FromKeepingThread = { readonly kind: 'placed' } | { readonly kind: 'failed'; readonly error: ErrorRecord };

export interface KeepingPlan {
  readonly inputs: readonly PlacingRules[];
  /** Bytes. */
  readonly most: number;
}

/** In threads: a GPU takes pictures faster than one thread resizes them. Each image goes to the thread with the fewest. */
export function keepInThreads(inputs: readonly PlacingRules[], count: number): KeptPictures {
  const threads = Array.from({ length: count }, () => startThread({ inputs, most: mostKept / count }));
  let lastId = 0;
  return {
    open: async (image, slotOf, input) => {
      const thread = threads.reduce((a, b) => (b.waiting() < a.waiting() ? b : a));
      const id = ++lastId;
      const slots = inputs.map((_, at) => slotOf(at));
      await thread.ask({ does: 'open', id, image, slots, input }, transferable(image.bytes));
      return {
        place: (input) => thread.ask({ does: 'place', id, input }),
        drop: () => thread.tell({ does: 'drop', id }),
      };
    },
    close: async () => {
      await Promise.all(threads.map(({ close }) => close()));
    },
  };
}

function startThread(workerData: KeepingPlan) {
  const thread = new Worker(new URL('./keeping-thread.ts', import.meta.url), { workerData });
  const { nextAnswer, end } = answersInOrder<FromKeepingThread>(thread, 'decoding', 'the models were closed');
  let waiting = 0;
  return {
    waiting: () => waiting,
    tell: (message: ToKeepingThread) => thread.postMessage(message),
    ask: async (question: ToKeepingThread, transferred: ArrayBuffer[] = []): Promise<void> => {
      thread.postMessage(question, transferred);
      waiting++;
      const answer = await nextAnswer().finally(() => waiting--);
      if (answer.kind === 'failed') throw errorOfRecord(answer.error);
    },
    close: async () => {
      await end();
      await thread.terminate();
    },
  };
}
