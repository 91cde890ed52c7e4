import type { ModelSettings } from './look-at-model.ts';
import type { PictureInput, Processor } from './model.ts';

interface Batches {
  readonly input: Pick<PictureInput, 'batch'>;
  readonly settings: Pick<ModelSettings, 'batch'>;
}

/**
 * On a CPU, a batch gains nothing. On an H200, two sessions with batches of 16 are nearly as fast as with 32 (docs/benchmarks.md); each
 * size costs a search for the fastest convolutions (0.3-1.3 s), so only one is used.
 */
const usual: Readonly<Record<Processor, number>> = { cpu: 1, cuda: 16 };

/** Pictures per run: what the file or its arithmetic fixes, else what is asked for. */
export function batchSize({ input, settings }: Batches, device: Processor): number {
  return input.batch ?? settings.batch ?? usual[device];
}
