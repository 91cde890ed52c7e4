import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withReconnect } from '../../../datasource/pool.ts';
import { addTrials, type NewTrial, readTrials, type Trial } from '../../../ledger/trials.ts';
import { rungsOf } from '../../../programs/search/asha.ts';
import { gridPoint, gridSize, type Parameters } from '../../../programs/search/grid.ts';
import { type Search, usualEpochs } from '../../../programs/search/search.ts';
import { runTrainer } from '../run-trainer.ts';
import { scratchFolder } from './folders.ts';
import { repeatIfKilled } from './repeat-if-killed.ts';
import { jobText, type SearchRun } from './search-run.ts';

/** Combinations from which a random search draws without repetition. */
const largestDrawn = 10_000;

/** The trials that are known from the beginning: all but TPE's, which looks at how the earlier ones ended. */
export async function addFirstTrials(run: SearchRun): Promise<void> {
  const { search, place } = run;
  const count = search.driver === 'tpe' ? Math.min(search.trials, search.workers) : search.trials;
  const trials = await newTrials(run, [], count);
  await withReconnect(() => addTrials(place, 0, trials), { signal: run.signal });
}

/**
 * Adds trials of TPE, as many as workers, if all are added that were suggested before and few run.
 * @returns whether it has added any
 */
export async function addNextTrials(run: SearchRun): Promise<boolean> {
  const { search, place } = run;
  if (search.driver !== 'tpe') return false;
  const { signal } = run;
  const trials = await withReconnect(() => readTrials(place), { signal });
  const open = trials.filter(({ state }) => state === 'open').length;
  const count = Math.min(search.workers, search.trials - trials.length);
  if (count <= 0 || open >= search.workers) return false;
  const added = await repeatIfKilled(() => newTrials(run, trials, count), signal);
  await withReconnect(() => addTrials(place, trials.length, added), { signal });
  return true;
}

/** Trial n is one of space n modulo their number. Equal earlier trials give equal ones. */
async function newTrials(run: SearchRun, earlier: readonly Trial[], count: number): Promise<readonly NewTrial[]> {
  const { search } = run;
  const { driver, spaces } = search;
  if (driver === 'grid')
    return spaces.flatMap((space) =>
      Array.from({ length: gridSize(space) }, (_, place) => newTrial(run, space, gridPoint(space, place))),
    );
  const [only] = spaces;
  // Each combination once: a random one would repeat some and miss others.
  if (driver !== 'tpe' && spaces.length === 1 && gridSize(only!) <= largestDrawn)
    return drawn(gridSize(only!), count, search.seed).map((place) => newTrial(run, only!, gridPoint(only!, place)));
  const numbers = Array.from({ length: count }, (_, index) => earlier.length + index);
  const found = new Map<number, NewTrial>();
  for (const [index, space] of spaces.entries()) {
    const own = numbers.filter((number) => number % spaces.length === index);
    if (own.length === 0) continue;
    const known = earlier.filter(({ trial }) => trial % spaces.length === index);
    const suggested = await suggest(run, space.domains, known, own.length);
    for (const [place, parameters] of suggested.entries()) found.set(own[place]!, newTrial(run, space, parameters));
  }
  return numbers.map((number) => found.get(number)!);
}

/** Some of the numbers below `size`, in an order that the seed decides. All of them are in the grid's order: the trials are those of a grid. */
function drawn(size: number, count: number, seed: number): readonly number[] {
  if (count >= size) return Array.from({ length: size }, (_, number) => number);
  const key = (number: number) => createHash('sha256').update(`${seed}/${number}`).digest('hex');
  const order = Array.from({ length: size }, (_, number) => ({ number, key: key(number) }));
  return order
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .slice(0, count)
    .map(({ number }) => number);
}

function newTrial(run: SearchRun, { estimator, attributes }: Search['spaces'][number], parameters: Parameters) {
  const { mode, shards, driver, eta } = run.search;
  const all = { ...attributes, ...parameters };
  const epochs = mode === 'task' ? 1 : epochsOf(run, all);
  const first = driver === 'asha' ? rungsOf(epochs, eta)[0]! : epochs;
  return { estimator, parameters: all, unitsDue: first * shards, unitsMost: epochs * shards };
}

/** Epochs of a model that hops. */
function epochsOf({ job }: SearchRun, parameters: Readonly<Record<string, unknown>>): number {
  const all = { ...job.attributes, ...parameters };
  const given = Number(all['train.epoch'] ?? all['train.epochs'] ?? usualEpochs);
  return Number.isInteger(given) && given > 0 ? given : usualEpochs;
}

/** A trial that failed counts as one that runs: with the worst loss so far. */
async function suggest(
  run: SearchRun,
  space: Search['spaces'][number]['domains'],
  trials: readonly Trial[],
  count: number,
): Promise<readonly Parameters[]> {
  const folder = await scratchFolder(run.folder, 'suggest-');
  try {
    const names = Object.keys(space);
    const known = trials.map(({ parameters, state, loss }) => ({
      parameters: Object.fromEntries(names.map((name) => [name, parameters[name]])),
      loss: state === 'open' ? null : loss,
    }));
    const sampler = run.search.driver === 'tpe' ? 'tpe' : 'random';
    const asked = { space, trials: known, sampler, count, seed: run.search.seed };
    await writeFile(join(folder, 'job.json'), jobText(run, 'suggest', asked));
    await runTrainer({ ...run, folder });
    return JSON.parse(await readFile(join(folder, 'out/suggestions.json'), 'utf8'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
