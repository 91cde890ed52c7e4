import type { Worker } from 'node:worker_threads';
import { MillraceError } from '../errors.ts';

interface Waiting<Answer> {
  resolve(answer: Answer): void;
  reject(error: MillraceError): void;
}

/** The answers of a thread that answers its messages in order. */
interface Answers<Answer> {
  /** @throws MillraceError INFERENCE_FAILED once the thread has ended or is to end */
  nextAnswer(): Promise<Answer>;
  /** Takes no more questions; resolves when those already asked are answered. */
  end(): Promise<void>;
}

/**
 * @param work what the thread does, for messages: `inference`
 * @param closed what is said to those who ask after the end
 */
export function answersInOrder<Answer>(thread: Worker, work: string, closed: string): Answers<Answer> {
  const waiting: Waiting<Answer>[] = [];
  let last: Promise<unknown> = Promise.resolve();
  let ended: MillraceError | undefined;
  const fail = (cause?: unknown) => {
    ended ??= new MillraceError('INFERENCE_FAILED', `the thread of ${work} has ended`, { cause });
    for (const { reject } of waiting.splice(0)) reject(ended);
  };
  thread.on('message', (answer: Answer) => waiting.shift()?.resolve(answer));
  thread.on('error', fail);
  thread.on('exit', () => fail());
  return {
    nextAnswer: () => {
      if (ended) throw ended;
      const answer = new Promise<Answer>((resolve, reject) => waiting.push({ resolve, reject }));
      last = answer.catch(() => undefined);
      return answer;
    },
    end: async () => {
      ended ??= new MillraceError('INFERENCE_FAILED', closed);
      await last;
    },
  };
}
