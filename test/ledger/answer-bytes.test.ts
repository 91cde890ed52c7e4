import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packScores, unpackScores } from '../../src/ledger/answer-bytes.ts';

const scoresOfClass = fc.array(fc.float({ noNaN: true }), { minLength: 1, maxLength: 300 });
const someScores = fc.array(fc.tuple(fc.integer({ min: 0, max: 2 ** 31 - 1 }), scoresOfClass), { maxLength: 20 });

describe('packed scores', () => {
  it('are read back as they were', () => {
    fc.assert(
      fc.property(someScores, (entries) => {
        const scores = new Map(entries);
        expect(unpackScores(packScores(scores))).toEqual(scores);
      }),
    );
  });

  it('take four bytes a score, and two a class', () => {
    const scores = new Map([
      [0, [0.9, 0.8, 0.7]],
      [16, [0.9]],
      [79, [0.5, 0.4, 0.3]],
    ]);
    expect(packScores(scores).length).toBe(34);
    expect(packScores(new Map()).length).toBe(0);
  });
});
