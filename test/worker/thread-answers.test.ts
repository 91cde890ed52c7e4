import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { answersInOrder } from '../../src/worker/thread-answers.ts';

/** Answers `n` with `n + 1`, and dies of `die` and `throw`. */
function counting() {
  const thread = new Worker(
    `const { parentPort } = require('node:worker_threads');
     parentPort.on('message', (asked) => {
       if (asked === 'die') process.exit(1);
       if (asked === 'throw') throw new Error('thrown');
       parentPort.postMessage(asked + 1);
     });`,
    { eval: true },
  );
  const { nextAnswer, end } = answersInOrder<number>(thread, 'counting', 'it was closed');
  const ask = async (what: unknown) => {
    const answer = nextAnswer();
    thread.postMessage(what);
    return answer;
  };
  return { ask, end, terminate: () => thread.terminate() };
}

describe('a thread', () => {
  it('is answered for in the order of the questions', async () => {
    const { ask, terminate } = counting();
    expect(await Promise.all([1, 5, 3].map(ask))).toEqual([2, 6, 4]);
    await terminate();
  });

  it.each(['die', 'throw'])('that dies leaves nobody waiting: %s', async (how) => {
    const { ask } = counting();
    const answers = await Promise.allSettled([ask(1), ask(how), ask(2)]);
    expect(answers).toMatchObject([
      { value: 2 },
      { reason: { code: 'INFERENCE_FAILED', message: 'the thread of counting has ended' } },
      { reason: { code: 'INFERENCE_FAILED' } },
    ]);
    await expect(ask(3)).rejects.toMatchObject({ message: 'the thread of counting has ended' });
  });

  it('that is to end answers what was asked, and takes no more', async () => {
    const { ask, end, terminate } = counting();
    const asked = ask(1);
    await end();
    expect(await asked).toBe(2);
    await expect(ask(2)).rejects.toMatchObject({ message: 'it was closed' });
    await terminate();
  });
});
