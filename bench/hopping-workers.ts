import { loadavg } from 'node:os';
import { join } from 'node:path';
import { type Config, readConfig } from '../src/config.ts';
import type { Search } from '../src/programs/search/search.ts';
import { prepareEnvironment } from '../src/worker/train/environment.ts';
import { type Figure, median, type Table } from './figure.ts';
import { type MeasuredSearch, openSearches } from './hopping/measure-search.ts';

const turns = 3;
const clicks = { rows: 32_000, epochs: 9, seed: 1 };

/** Networks so large that their units are bound by the CPU. */
const search: Search = {
  ...{ driver: 'grid', metric: 'valid_loss', trials: 4, seed: 1, eta: 3, workers: 1, shards: 2, mode: 'hop' },
  spaces: [
    {
      estimator: 'DNNClassifier',
      attributes: { 'model.hidden_units': [128, 64] },
      domains: {
        'optimizer.learning_rate': { domain: 'choice', choices: [0.01, 0.05] },
        'train.batch_size': { domain: 'choice', choices: [64, 128] },
      },
    },
  ],
};

/** Two workers against one, in turns, and against the baselines with one worker each: units a second, and what hopping costs. */
export async function benchHoppingWorkers({ dsn, schema }: Config & { readonly dsn: string }): Promise<Table> {
  const python = await prepareEnvironment({ folder: join(readConfig(process.env).stateFolder, 'trainer') });
  const searches = await openSearches(python, dsn, schema);
  const ways = {
    '1 worker': search,
    '2 workers': { ...search, workers: 2 },
    '2 workers in rounds': { ...search, workers: 2, scheduler: 'sync' },
    '2 workers without kept rows': { ...search, workers: 2, cache: false },
  } as const satisfies Record<string, Search>;
  const found = new Map<string, MeasuredSearch[]>(Object.keys(ways).map((way) => [way, []]));
  const loads: number[] = [];
  try {
    for (let turn = 0; turn < turns; turn++)
      for (const [way, own] of Object.entries(ways)) {
        loads.push(loadavg()[0]!);
        found.get(way)!.push(await searches.measure(own, clicks));
      }
  } finally {
    await searches.close();
  }
  const one = found.get('1 worker')!;
  return {
    title: 'Workers of a search, in turns',
    figures: [
      { figure: 'load of the machine, median', value: median(loads), unit: '' },
      ...[...found].flatMap(([way, measured]) => figuresOf(way, measured, one)),
    ],
  };
}

function figuresOf(
  way: string,
  measured: readonly MeasuredSearch[],
  one: readonly MeasuredSearch[],
): readonly Figure[] {
  const of = (read: (search: MeasuredSearch) => number) => median(measured.map(read));
  const rate = ({ units, seconds }: MeasuredSearch) => units / seconds;
  const ratio = median(measured.map((each, turn) => rate(each) / rate(one[turn]!)));
  const workers = way.startsWith('1') ? 1 : 2;
  // As often as they are in units: neighbours lengthen units, but hardly change this share.
  const free = median(
    measured.map((each, turn) => (workers * each.share * one[turn]!.cpu) / (one[turn]!.share * each.cpu)),
  );
  const baseline = '1 worker';
  return [
    { figure: `${way}: units a second`, value: of(rate), unit: '/s', against: { baseline, ratio } },
    { figure: `${way}: in units`, value: 100 * of((search) => search.share), unit: '%' },
    { figure: `${way}: of the units' time, hopping`, value: 100 * of((search) => search.hopShare), unit: '%' },
    { figure: `${way}: CPU of the trainers`, value: of(({ cpu }) => cpu), unit: 's' },
    ...(workers === 1
      ? []
      : [{ figure: `${way}, on two free cores`, value: free, unit: '×', against: { baseline, ratio: free } }]),
  ];
}
