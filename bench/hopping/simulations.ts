import { createRandom } from '../../src/demo/scenes/random.ts';
import { nextUnit } from '../../src/plan/hopping/next-unit.ts';
import { type Search, secondsOfRounds, simulateHopping } from '../../src/plan/hopping/simulate.ts';

/** A figure of the report on Model Hopper Parallelism, its theory, and what the real scheduler does with stub trainers. */
export interface Comparison {
  readonly figure: string;
  readonly ours: number;
  /** Measured by the report; null: it has no such figure. */
  readonly report: number | null;
  /** Proposition 1 or 2; null: neither applies. */
  readonly theory: number | null;
  /** What the report's scheduler does with the same stub trainers; null: it was not simulated. */
  readonly random: number | null;
}

const seeds = 10;

/** Figure 11A: 38 models are fast, and 10 take 7.9427 times as long. */
const [fast, slow, slowness] = [38, 10, 7.9427] as const;

/** What the report measured on a cluster, by number of workers. */
const figure11A = { 2: 1.53, 4: 2.21, 6: 2.43, 8: 2.73 } as const;

/** Figures 11B and 16 by number of models and share of fast ones, with 32 workers and slow models that take 20 times as long. */
const figure11B = [
  [64, 0.1, 1.045],
  [512, 0.1, 1.098],
  [512, 0.5, 1.88],
  [512, 0.8, 4.03],
] as const;

/** The simulations of the report, with the scheduler that searches use. */
export function simulations(): readonly Comparison[] {
  return [
    ...Object.entries(figure11A).map(([workers, report]) => {
      const mix = { fast, slow, slowness, workers: Number(workers) };
      return { figure: `Fig. 11A, W = ${workers}`, report, theory: propositionOne(mix), ...both(mix, seeds) };
    }),
    ...figure11B.map(([models, share, report]) => {
      const mix = {
        fast: Math.round(models * share),
        slow: Math.round(models * (1 - share)),
        slowness: 20,
        workers: 32,
      };
      return {
        figure: `Fig. 11B, ${models} models, ${share} fast`,
        ...both(mix, 3),
        report,
        theory: propositionOne(mix),
      };
    }),
    ...propositionTwo(),
    ...homogeneous(),
    ...baselines(),
  ];
}

interface Mix {
  readonly fast: number;
  readonly slow: number;
  /** How many times as long a slow model takes. */
  readonly slowness: number;
  readonly workers: number;
}

/** Speed-ups of the scheduler of searches and of the report's, which takes any free model that has not seen the shard. */
const both = (mix: Mix, orders: number) => ({
  ours: speedUp(mix, orders, () => nextUnit),
  random: speedUp(mix, orders, anyModel),
});

function anyModel(seed: number): typeof nextUnit {
  const random = createRandom(seed);
  return (models, shard, { epochs }) => {
    const free = [...models.entries()].filter(
      ([, { isBusy, epoch, visited }]) => !isBusy && epoch < epochs && !visited.has(shard),
    );
    return free.length === 0 ? null : random.pick(free)[0];
  };
}

/** Time of rounds with a barrier by that of hopping without one: mean over random orders of the models. */
function speedUp(
  { fast: quick, slow: long, slowness: times, workers }: Mix,
  orders: number,
  scheduler: (seed: number) => typeof nextUnit,
): number {
  return mean(orders, (seed) => {
    const unitSeconds = shuffled([...new Array(quick).fill(1), ...new Array(long).fill(times)], seed);
    const search = { unitSeconds, workers, epochs: 1, next: scheduler(seed) };
    return secondsOfRounds(search) / secondsOf(search);
  });
}

/** T_u / T_c = p^W l_s / l̄ + (1 − p^W) l_m / l̄: a round is fast only if all of its models are. */
function propositionOne({ fast: quick, slow: long, slowness: times, workers }: Mix): number {
  const share = quick / (quick + long);
  const average = share + (1 - share) * times;
  const allFast = share ** workers;
  return (allFast + (1 - allFast) * times) / average;
}

/** With ever more workers, the speed-up becomes l_m / l̄. */
function propositionTwo(): readonly Comparison[] {
  return [4, 16, 48].map((workers) => {
    const mix = { fast: 4 * workers, slow: 4 * workers, slowness: 5, workers };
    return { figure: `Prop. 2, W = ${workers}, half fast`, report: null, theory: 5 / 3, ...both(mix, 3) };
  });
}

/**
 * Figure 10A: eight like models on eight workers, where the report's synchronous rounds were 1.15 to 1.3 times as fast as hopping. A unit takes
 * as long as any other, or up to 1 % more or less.
 */
const homogeneous = (): readonly Comparison[] =>
  [
    { models: 8, spread: 0, report: null },
    { models: 8, spread: 0.01, report: 1.15 },
    { models: 16, spread: 0.01, report: null },
  ].map(({ models, spread, report }) => {
    const loss = (scheduler: (seed: number) => typeof nextUnit) =>
      mean(seeds, (seed) => {
        const random = createRandom(seed);
        const stretch = () => random.between(1 - spread, 1 + spread);
        const search = {
          unitSeconds: new Array(models).fill(1),
          workers: 8,
          epochs: 10,
          stretch,
          next: scheduler(seed),
        };
        return secondsOf(search) / secondsOfRounds(search);
      });
    const figure = `Fig. 10A, ${models} like models on 8 workers, units ± ${100 * spread} %: hopping / rounds`;
    return { figure, ours: loss(() => nextUnit), report, theory: 1, random: loss(anyModel) };
  });

/** How much faster than hopping the other ways of Table 1 are, on the models of Figure 11A and eight workers. */
function baselines(): readonly Comparison[] {
  const workers = 8;
  const ratio = (of: (search: Search) => number) =>
    mean(seeds, (seed) => {
      const unitSeconds = shuffled([...new Array(fast).fill(1), ...new Array(slow).fill(slowness)], seed);
      const search = { unitSeconds, workers, epochs: 1 };
      return of(search) / secondsOf(search);
    });
  return [
    {
      figure: 'task parallelism / hopping, W = 8',
      ours: ratio(secondsOfTasks),
      report: null,
      theory: null,
      random: null,
    },
    {
      figure: 'model averaging / hopping, W = 8',
      ours: ratio(secondsOfAveraging),
      report: null,
      theory: null,
      random: null,
    },
  ];
}

/** Each model whole on one worker, the next free one, in order. It needs all data at each worker. */
function secondsOfTasks({ unitSeconds, workers, epochs }: Search): number {
  const busyUntil = new Array<number>(workers).fill(0);
  for (const seconds of unitSeconds) {
    const first = busyUntil.indexOf(Math.min(...busyUntil));
    busyUntil[first] = busyUntil[first]! + seconds * workers * epochs;
  }
  return Math.max(...busyUntil);
}

/** All workers on one model at a time, each with its shard; then the mean of the states. */
function secondsOfAveraging({ unitSeconds, epochs }: Search): number {
  return epochs * unitSeconds.reduce((sum, seconds) => sum + seconds, 0);
}

const secondsOf = (search: Search) => Math.max(...simulateHopping(search).map(({ end }) => end));

function mean(count: number, of: (seed: number) => number): number {
  let sum = 0;
  for (let seed = 0; seed < count; seed++) sum += of(seed);
  return sum / count;
}

const shuffled = (values: readonly number[], seed: number) => createRandom(seed).shuffle(values);
