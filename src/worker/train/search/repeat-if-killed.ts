import { MillraceError } from '../../../errors.ts';

/** Attempts of what must succeed for a search to go on. */
const mostAttempts = 10;

/** Does `work` again if its trainer was killed. It starts from nothing. */
export async function repeatIfKilled<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      const isKilled = error instanceof MillraceError && error.code === 'TRAIN_MEMORY';
      if (!isKilled || attempt === mostAttempts) throw error;
    }
  }
}
