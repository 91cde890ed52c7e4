import { expect, it } from 'vitest';
import { openFairGate } from '../../src/service/fair-gate.ts';

it("admits users in turns, each user's work in order, and a limited number at once", async () => {
  const gate = openFairGate(2);
  const order: string[] = [];
  let inside = 0;
  const work = (name: string) => async () => {
    inside += 1;
    expect(inside).toBeLessThanOrEqual(2);
    order.push(name);
    await new Promise((resolve) => setImmediate(resolve));
    inside -= 1;
  };
  const all = [
    ...['a1', 'a2', 'a3', 'a4', 'a5'].map((name) => gate.run('a', work(name))),
    ...['b1', 'b2'].map((name) => gate.run('b', work(name))),
    gate.run('c', async () => {
      await work('c1')();
      throw new Error('c');
    }),
  ];
  const ends = await Promise.allSettled(all);
  expect(ends.map(({ status }) => status)).toEqual([...Array(7).fill('fulfilled'), 'rejected']);
  expect(order).toEqual(['a1', 'a2', 'a3', 'b1', 'c1', 'a4', 'b2', 'a5']);
});
