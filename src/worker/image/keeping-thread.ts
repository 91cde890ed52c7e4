import { parentPort, workerData } from 'node:worker_threads';
import { errorRecord } from '../../errors.ts';
import {
  type FromKeepingThread,
  type KeepingPlan,
  type KeptPicture,
  keepHere,
  type ToKeepingThread,
} from './kept-pictures.ts';

// Several images are decoded at once, in the threads of libuv; the answers are given in order.

const port = parentPort!;
const { inputs, most } = workerData as KeepingPlan;
const kept = keepHere(inputs, most);
const pictures = new Map<number, KeptPicture>();
let last: Promise<unknown> = Promise.resolve();
port.on('message', (asked: ToKeepingThread) => {
  if (asked.does === 'drop') return drop(asked.id);
  const answer = place(asked);
  last = last.then(async () => port.postMessage(await answer));
});

async function place(asked: Exclude<ToKeepingThread, { does: 'drop' }>): Promise<FromKeepingThread> {
  try {
    if (asked.does === 'place') await pictures.get(asked.id)!.place(asked.input);
    else pictures.set(asked.id, await kept.open(asked.image, (input) => asked.slots[input]!, asked.input));
    return { kind: 'placed' };
  } catch (error) {
    return { kind: 'failed', error: errorRecord(error) };
  }
}

function drop(id: number): void {
  pictures.get(id)?.drop();
  pictures.delete(id);
}
