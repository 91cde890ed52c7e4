import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leastSeconds, type Search, secondsOfRounds, simulateHopping } from '../../../src/plan/hopping/simulate.ts';

const seconds = (search: Search) => Math.max(...simulateHopping(search).map(({ end }) => end));

const search = fc.record({
  unitSeconds: fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 12 }),
  workers: fc.integer({ min: 1, max: 5 }),
  epochs: fc.integer({ min: 1, max: 3 }),
});
const deaths = fc.array(
  fc.record({ worker: fc.nat(4), at: fc.integer({ min: 1, max: 200 }), seconds: fc.integer({ min: 1, max: 50 }) }),
  { maxLength: 8 },
);

describe('hopping', () => {
  it('visits every shard once per epoch, one model at a time on a shard and one shard at a time for a model, whoever dies', () => {
    fc.assert(
      fc.property(search, deaths, (plan, all) => {
        const own = { ...plan, deaths: all.filter(({ worker }) => worker < plan.workers) };
        const visits = simulateHopping(own);
        const units = visits.map(({ model, epoch, shard }) => `${model}/${epoch}/${shard}`);
        expect(new Set(units).size).toBe(units.length);
        expect(units).toHaveLength(plan.unitSeconds.length * plan.epochs * plan.workers);
        for (const key of ['model', 'shard'] as const)
          for (const [, group] of Map.groupBy(visits, (visit) => visit[key])) {
            const inTime = group.toSorted((a, b) => a.start - b.start);
            for (const [index, visit] of inTime.entries())
              expect(visit.start).toBeGreaterThanOrEqual(inTime[index - 1]?.end ?? 0);
            if (key === 'model')
              expect(inTime.map(({ epoch }) => epoch)).toEqual(inTime.map(({ epoch }) => epoch).sort());
          }
        expect(simulateHopping(own)).toEqual(visits);
      }),
    );
  });

  it('takes at most twice the lower bound in an epoch, as every dense open-shop schedule does', () => {
    fc.assert(
      fc.property(search, (plan) => {
        const epoch = { ...plan, epochs: 1 };
        expect(seconds(epoch)).toBeGreaterThanOrEqual(leastSeconds(epoch));
        expect(seconds(epoch)).toBeLessThanOrEqual(2 * leastSeconds(epoch));
      }),
    );
  });

  it('reaches the lower bound within 1 % with many more models than workers', () => {
    const plan = { unitSeconds: Array.from({ length: 48 }, (_, m) => 1 + ((m * 7) % 13)), workers: 4, epochs: 3 };
    expect(seconds(plan)).toBeLessThanOrEqual(1.01 * leastSeconds(plan));
  });

  // Figure 11B of the report, W = 32, slow models 20 times as slow: a share p of them is fast, so a round is as slow as its slowest model.
  it.each([
    [0.1, 1.098],
    [0.5, 1.88],
    [0.8, 4.03],
  ])('is faster than rounds with a barrier as the report says, if a share of %d is fast', (share, expected) => {
    const ratios = Array.from({ length: 5 }, (_, seed) => {
      const unitSeconds = Array.from({ length: 512 }, (_, m) =>
        ((m * 7919 + seed * 104_729) % 1009) / 1009 < share ? 1 : 20,
      );
      const plan = { unitSeconds, workers: 32, epochs: 1 };
      return secondsOfRounds(plan) / seconds(plan);
    });
    const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
    expect(Math.abs(mean / expected - 1)).toBeLessThan(0.1);
  });
});
