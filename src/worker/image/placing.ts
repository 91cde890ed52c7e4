import { isMarkedAsUntransferable, Worker } from 'node:worker_threads';
import { type ErrorRecord, errorOfRecord } from '../../errors.ts';
import type { Placement } from '../model/preprocessing.ts';
import { answersInOrder } from '../thread-answers.ts';
import { decodeImage } from './decode.ts';
import type { EncodedImage } from './encoded-image.ts';
import { freeMemory, hasOwnMemory } from './free-memory.ts';
import { rectangle, type Size } from './letterbox.ts';
import type { Pixels } from './pixels.ts';
import { type Placed, placeInRectangle, placePicture } from './place.ts';

/** A picture's size, and how it lies in the model's input. */
export interface PlacedPicture extends Size {
  readonly placed: Placed;
  /** Size of the input. */
  readonly input: Size;
}

/** How pictures lie in a model's input. */
export interface PlacingRules {
  readonly placement: Placement;
  /** Byte of each channel where there is no picture. */
  readonly padding: number;
  /** Of the input. */
  readonly size: Size;
  /** Multiples of this are the sides of inputs that are only as large as a picture needs; null: all have the same size. */
  readonly stride: number | null;
}

/** A place for one picture in a model's input, if that has its full size. */
export type Slot = Uint8Array<SharedArrayBuffer>;

/** Decodes images into a model's input. */
export interface Placing {
  /**
   * @param image its bytes are not used afterwards
   * @throws MillraceError IMAGE_BROKEN
   */
  place(image: EncodedImage, slot: Slot): Promise<PlacedPicture>;
  close(): Promise<void>;
}

export async function placeImage(image: EncodedImage, rules: PlacingRules, slot: Slot): Promise<PlacedPicture> {
  const picture = await decodeImage(image);
  const placed = placePixels(picture, rules, slot);
  freeMemory(picture.data);
  return placed;
}

export function placePixels(
  picture: Pixels,
  { placement, padding, size, stride }: PlacingRules,
  slot: Slot,
): PlacedPicture {
  const { width, height } = picture;
  const fitting = stride === null ? null : rectangle(picture, size, stride);
  const input = fitting?.size ?? size;
  const own = slot.subarray(0, 3 * input.width * input.height);
  const placed =
    fitting === null
      ? placePicture(picture, placement, padding, size, own)
      : placeInRectangle(picture, fitting, padding, own);
  return { width, height, placed, input };
}

/** In the thread that asks: it has nothing better to do while the CPU runs the model. */
export function placeHere(rules: PlacingRules): Placing {
  return { place: (image, slot) => placeImage(image, rules, slot), close: async () => {} };
}

export interface ToPlacingThread {
  readonly image: EncodedImage;
  readonly slot: Slot;
}

export type FromPlacingThread =
  | { readonly kind: 'placed'; readonly picture: PlacedPicture }
  | { readonly kind: 'failed'; readonly error: ErrorRecord };

/** In threads: a GPU takes pictures faster than one thread resizes them. Each image goes to the thread with the fewest. */
export function placeInThreads(rules: PlacingRules, count: number): Placing {
  const threads = Array.from({ length: count }, () => startThread(rules));
  return {
    place: async (image, slot) => {
      const chosen = threads.reduce((a, b) => (b.waiting() < a.waiting() ? b : a));
      const answer = await chosen.ask({ image, slot });
      if (answer.kind === 'placed') return answer.picture;
      throw errorOfRecord(answer.error);
    },
    close: async () => {
      await Promise.all(threads.map(({ close }) => close()));
    },
  };
}

function startThread(rules: PlacingRules) {
  const thread = new Worker(new URL('./placing-thread.ts', import.meta.url), { workerData: rules });
  const { nextAnswer, end } = answersInOrder<FromPlacingThread>(thread, 'decoding', 'the model was closed');
  let waiting = 0;
  return {
    waiting: () => waiting,
    ask: async (question: ToPlacingThread): Promise<FromPlacingThread> => {
      thread.postMessage(question, transferable(question.image.bytes));
      const answer = nextAnswer();
      waiting++;
      return answer.finally(() => waiting--);
    },
    close: async () => {
      await end();
      await thread.terminate();
    },
  };
}

/** What can be handed over instead of copied; memory of libraries cannot. */
export function transferable(bytes: Uint8Array): ArrayBuffer[] {
  return hasOwnMemory(bytes) && !isMarkedAsUntransferable(bytes.buffer) ? [bytes.buffer] : [];
}
