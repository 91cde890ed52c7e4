import { join } from 'node:path';
import { type Config, readConfig } from '../src/config.ts';
import type { Domain, Search } from '../src/programs/search/search.ts';
import { prepareEnvironment } from '../src/worker/train/environment.ts';
import { type Figure, median, type Table } from './figure.ts';
import { type MeasuredSearch, openSearches } from './hopping/measure-search.ts';

const seeds = [1, 2, 3];
const clicks = { rows: 4000, epochs: 9 };

/** In rounds, a model visits shards in the same order however busy the machine is: both searches train the same models, to the bit. */
const usual: Search = {
  ...{
    driver: 'grid',
    metric: 'valid_loss',
    trials: 32,
    seed: 1,
    eta: 3,
    workers: 2,
    shards: 2,
    mode: 'hop',
    scheduler: 'sync',
  },
  spaces: spacesWith({ domain: 'choice', choices: [0.0001, 0.001, 0.01, 0.1] }),
};

/** 32 combinations, if the learning rate has four. */
function spacesWith(learningRate: Domain): Search['spaces'] {
  return [
    {
      estimator: 'DNNClassifier',
      attributes: { 'model.optimizer': 'Adam' },
      domains: {
        'model.hidden_units': { domain: 'choice', choices: [[32], [64, 32]] },
        'optimizer.learning_rate': learningRate,
        'train.batch_size': { domain: 'choice', choices: [16, 32, 64, 128] },
      },
    },
  ];
}

/** ASHA against the full grid of the same 32 combinations, in units and validation loss, and ASHA over continuous learning rates. */
export async function benchSearch({ dsn, schema }: Config & { readonly dsn: string }): Promise<Table> {
  const python = await prepareEnvironment({ folder: join(readConfig(process.env).stateFolder, 'trainer') });
  const searches = await openSearches(python, dsn, schema);
  const [grid, asha, continuous]: [MeasuredSearch[], MeasuredSearch[], MeasuredSearch[]] = [[], [], []];
  try {
    for (const seed of seeds) {
      const measure = (search: Search) => searches.measure({ ...search, seed }, { ...clicks, seed });
      grid.push(await measure(usual));
      asha.push(await measure({ ...usual, driver: 'asha' }));
      const rates = spacesWith({ domain: 'loguniform', low: 0.0001, high: 0.1 });
      continuous.push(await measure({ ...usual, driver: 'asha', spaces: rates }));
    }
  } finally {
    await searches.close();
  }
  return {
    title: `ASHA against the full grid: 32 trials, ${clicks.epochs} epochs, synthetic clicks, ${seeds.length} seeds`,
    figures: [
      { figure: 'grid: units', value: median(grid.map(({ units }) => units)), unit: '' },
      { figure: 'grid: loss, median', value: median(grid.map(({ loss }) => loss)), unit: '' },
      { figure: 'grid: best loss after the last epoch', value: median(grid.map((each) => each.lastLoss)), unit: '' },
      ...against('asha', asha, grid),
      ...against('asha, continuous learning rates', continuous, grid),
    ],
  };
}

function against(name: string, found: readonly MeasuredSearch[], grid: readonly MeasuredSearch[]): readonly Figure[] {
  const ratios = (of: (search: MeasuredSearch) => number) => found.map((each, place) => of(each) / of(grid[place]!));
  const loss = ratios((search) => search.loss);
  const units = ratios((search) => search.units);
  return [
    ...[
      { figure: `${name}: units, median`, value: median(found.map((search) => search.units)), ratio: median(units) },
      {
        figure: `${name}: units, most`,
        value: Math.max(...found.map((search) => search.units)),
        ratio: Math.max(...units),
      },
      { figure: `${name}: loss, median`, value: median(found.map((search) => search.loss)), ratio: median(loss) },
      { figure: `${name}: loss, worst`, value: found[loss.indexOf(Math.max(...loss))]!.loss, ratio: Math.max(...loss) },
    ].map(({ ratio, ...figure }) => ({ ...figure, unit: '', against: { baseline: 'grid', ratio } })),
  ];
}
