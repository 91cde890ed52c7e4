import { type HoppingModel, nextUnit } from './next-unit.ts';

/** A search: seconds of a unit of each model, one shard for each worker. */
export interface Search {
  readonly unitSeconds: readonly number[];
  readonly workers: number;
  readonly epochs: number;
  /** When workers die: their unit is lost, and they come back after some seconds. Default: never. */
  readonly deaths?: readonly Death[];
  /** Which model a free worker trains next. Default: what searches use. */
  readonly next?: typeof nextUnit;
  /** Asked for each unit: how many times the model's seconds it takes. Default: once. */
  readonly stretch?: () => number;
}

interface Death {
  readonly worker: number;
  readonly at: number;
  readonly seconds: number;
}

/** One model on all of one shard, completed. */
export interface Visit {
  readonly model: number;
  readonly epoch: number;
  readonly shard: number;
  readonly start: number;
  readonly end: number;
}

/** What the scheduler does with stub trainers, in simulated time. Worker w holds shard w. */
export function simulateHopping({
  unitSeconds,
  workers,
  epochs,
  deaths = [],
  next = nextUnit,
  stretch,
}: Search): readonly Visit[] {
  const models = unitSeconds.map((seconds) => ({
    ...{ unitSeconds: seconds, epoch: 0, visited: new Set<number>(), isBusy: false as boolean },
  })) satisfies HoppingModel[];
  const running = new Map<number, Visit>();
  const backAt = new Array<number>(workers).fill(0);
  const ahead = deaths.toSorted((a, b) => a.at - b.at);
  const visits: Visit[] = [];
  const shape = { shards: workers, epochs };
  for (let now = 0; ; ) {
    for (let shard = 0; shard < workers; shard++) {
      if (running.has(shard) || backAt[shard]! > now) continue;
      const model = next(models, shard, shape);
      if (model === null) continue;
      models[model]!.isBusy = true;
      running.set(shard, {
        model,
        epoch: models[model]!.epoch,
        shard,
        start: now,
        end: now + unitSeconds[model]! * (stretch?.() ?? 1),
      });
    }
    if (models.every(({ epoch }) => epoch >= epochs)) return visits;
    now = nextEvent(now, running, backAt, ahead[0]);
    while (ahead.length > 0 && ahead[0]!.at <= now) {
      const { worker, at, seconds } = ahead.shift()!;
      const lost = running.get(worker);
      // A unit that ends when its worker dies is committed.
      if (lost !== undefined && lost.end > at) {
        models[lost.model]!.isBusy = false;
        running.delete(worker);
      }
      backAt[worker] = Math.max(backAt[worker]!, at + seconds);
    }
    for (const [shard, visit] of running) {
      if (visit.end > now) continue;
      running.delete(shard);
      visits.push(visit);
      complete(models[visit.model]!, shard, workers);
    }
  }
}

function nextEvent(
  now: number,
  running: ReadonlyMap<number, Visit>,
  backAt: readonly number[],
  death: Death | undefined,
): number {
  const times = [...[...running.values()].map(({ end }) => end), ...backAt, death?.at ?? Number.POSITIVE_INFINITY];
  return Math.min(...times.filter((time) => time > now));
}

function complete(
  model: { epoch: number; visited: Set<number>; isBusy: boolean },
  shard: number,
  shards: number,
): void {
  model.isBusy = false;
  model.visited.add(shard);
  if (model.visited.size < shards) return;
  model.epoch++;
  model.visited.clear();
}

/** Seconds of rounds with a barrier: as many models as workers at once, in their order, until each has seen all shards. */
export function secondsOfRounds({ unitSeconds, workers, epochs, stretch = () => 1 }: Search): number {
  let seconds = 0;
  for (let first = 0; first < unitSeconds.length; first += workers) {
    const models = unitSeconds.slice(first, first + workers);
    for (let round = 0; round < workers * epochs; round++)
      seconds += Math.max(...models.map((each) => each * stretch()));
  }
  return seconds;
}

/** No schedule is shorter: each shard is visited by all models, and each model is on one shard at a time. */
export function leastSeconds({ unitSeconds, workers, epochs }: Search): number {
  const all = unitSeconds.reduce((sum, seconds) => sum + seconds, 0);
  return epochs * Math.max(all, workers * Math.max(...unitSeconds));
}
