import { availableParallelism } from 'node:os';
import type { Processor } from './model.ts';

/**
 * Number of threads that place decoded pictures in the input of a model; 0: the one that asks. Beside a GPU, half of the worker's cores:
 * decoding, in threads of its own, takes twice as long. On the CPU, the model needs the cores.
 */
export function placingThreads(device: Processor, { UV_THREADPOOL_SIZE: cores }: NodeJS.ProcessEnv): number {
  return device === 'cpu' ? 0 : Math.ceil((Number(cores) || availableParallelism()) / 2);
}
