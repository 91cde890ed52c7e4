import { join } from 'node:path';
import { type Config, readConfig } from '../src/config.ts';
import { prepareEnvironment } from '../src/worker/train/environment.ts';
import type { Figure, Table } from './figure.ts';
import { compareLearning } from './hopping/learning.ts';
import { compareSearches, type Searches } from './hopping/searches.ts';
import { type Comparison, simulations } from './hopping/simulations.ts';

/** The simulations of the report on Model Hopper Parallelism with the real scheduler, and its Figure 9A with the real trainer. */
export async function benchHopping({ dsn, schema }: Config & { readonly dsn: string }): Promise<Table> {
  const { stateFolder } = readConfig(process.env);
  const python = await prepareEnvironment({ folder: join(stateFolder, 'trainer') });
  const searches = await compareSearches(python, dsn, schema);
  const { sequential, hopping, averaging } = await compareLearning(python);
  return {
    title: 'Model hopping: simulated speed-ups beside theory and report, and validation errors after the same epochs',
    figures: [
      ...simulations().flatMap(figuresOf),
      { figure: 'Fig. 9A, validation error, sequential', value: sequential, unit: '' },
      errorOf('hopping', hopping, sequential),
      errorOf('model averaging', averaging, hopping, 'hopping'),
      ...searchFigures(searches),
    ],
  };
}

function figuresOf({ figure, ours, report, theory }: Comparison): readonly Figure[] {
  const others = { report, theory };
  const first = report !== null ? 'report' : theory !== null ? 'theory' : null;
  const against = first === null ? {} : { against: { baseline: first, ratio: ours / others[first]! } };
  const rest = (['report', 'theory'] as const).filter((name) => others[name] !== null);
  return [
    { figure, value: ours, unit: '×', ...against },
    ...rest.map((name) => ({ figure: `${figure}: ${name}`, value: others[name]!, unit: '×' })),
  ];
}

const errorOf = (way: string, value: number, other: number, baseline = 'sequential'): Figure => ({
  figure: `Fig. 9A, validation error, ${way}`,
  value,
  unit: '',
  against: { baseline, ratio: value / other },
});

/** Two workers by one on two free cores: as often as they are in units. Neighbours lengthen units, but hardly change this share. */
function searchFigures({ gridUnits, ashaUnits, gridLoss, ashaLoss, one, two }: Searches): readonly Figure[] {
  return [
    { figure: 'grid of 32 trials: units', value: gridUnits, unit: '' },
    {
      figure: 'asha, 32 trials: units',
      value: ashaUnits,
      unit: '',
      against: { baseline: 'grid', ratio: ashaUnits / gridUnits },
    },
    { figure: 'grid: best loss', value: gridLoss, unit: '' },
    { figure: 'asha: best loss', value: ashaLoss, unit: '', against: { baseline: 'grid', ratio: ashaLoss / gridLoss } },
    ...[one, two].flatMap(({ seconds, share, cpu }, index) => [
      { figure: `${index + 1} workers: time`, value: seconds, unit: 's' },
      { figure: `${index + 1} workers: in units`, value: share * 100, unit: '%' },
      { figure: `${index + 1} workers: CPU of the trainers`, value: cpu, unit: 's' },
    ]),
    {
      figure: '2 workers, on two free cores',
      value: (2 * two.share * one.cpu) / (one.share * two.cpu),
      unit: '×',
      against: { baseline: '1 worker, as it was', ratio: one.seconds / two.seconds },
    },
  ];
}
