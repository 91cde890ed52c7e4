import { parentPort, workerData } from 'node:worker_threads';
import { errorRecord } from '../../errors.ts';
import { type FromPlacingThread, type PlacingRules, placeImage, type ToPlacingThread } from './placing.ts';

// Several images are decoded at once, in the threads of libuv; the answers are given in order.

const port = parentPort!;
let last: Promise<unknown> = Promise.resolve();
port.on('message', (asked: ToPlacingThread) => {
  const answer = place(asked);
  last = last.then(async () => port.postMessage(await answer));
});

async function place({ image, slot }: ToPlacingThread): Promise<FromPlacingThread> {
  try {
    return { kind: 'placed', picture: await placeImage(image, workerData as PlacingRules, slot) };
  } catch (error) {
    return { kind: 'failed', error: errorRecord(error) };
  }
}
