import { setTimeout as sleep } from 'node:timers/promises';
import type { Inference } from './inference.ts';

/**
 * The inference of a simulated model that takes at least so many ms for each image, one after the other.
 * @param latency null: as fast as the model is
 */
export function withLatency(inference: Inference, latency: number | null): Inference {
  if (latency === null) return inference;
  let freeAt = 0;
  return {
    ...inference,
    infer: async (batch) => {
      const begins = Math.max(freeAt, performance.now());
      const ends = begins + latency * batch.pictures;
      freeAt = ends;
      const inferred = await inference.infer(batch);
      await sleep(Math.max(0, ends - performance.now()));
      return { ...inferred, inferMs: Math.max(inferred.inferMs, latency * batch.pictures) };
    },
  };
}
