import { describe, expect, it } from 'vitest';
import { bestClasses } from '../../../../src/worker/programs/classify/best-classes.ts';

const all = { top: 5, min_score: 0, givesLogits: false };
const output = (...pictures: readonly (readonly number[])[]) => ({
  data: Float32Array.from(pictures.flat()),
  dims: [pictures.length, pictures[0]!.length],
});

describe('the best classes', () => {
  it('of one picture of a batch come best first, equal ones in the order of the classes', () => {
    const batch = output([0.1, 0.9, 0, 0], [0.25, 0.25, 0.5, 0]);
    expect(bestClasses(batch, 0, all)!.map(({ classId }) => classId)).toEqual([1, 0, 2, 3]);
    expect(bestClasses(batch, 1, all)!.map(({ classId }) => classId)).toEqual([2, 0, 1, 3]);
  });

  it('are at most as many as asked, and none below the minimum score', () => {
    const one = output([0.5, 0.25, 0.25]);
    expect(bestClasses(one, 0, { ...all, top: 1 })).toEqual([{ classId: 0, score: 0.5 }]);
    expect(bestClasses(one, 0, { ...all, min_score: 0.25 })).toHaveLength(3);
    expect(bestClasses(one, 0, { ...all, min_score: 0.3 })).toHaveLength(1);
    expect(bestClasses(one, 0, { ...all, min_score: 0.6 })).toEqual([]);
  });

  it('of logits sum up to 1, however large they are', () => {
    const [first, second] = bestClasses(output([1000, 1000 + Math.log(3)]), 0, { ...all, givesLogits: true })!;
    expect(first).toEqual({ classId: 1, score: expect.closeTo(0.75, 4) });
    expect(second).toEqual({ classId: 0, score: expect.closeTo(0.25, 4) });
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('of an output with %s are none at all', (value) => {
    expect(bestClasses(output([0.5, value]), 0, all)).toBeNull();
    expect(bestClasses(output([0.5, value]), 0, { ...all, givesLogits: true })).toBeNull();
  });
});
