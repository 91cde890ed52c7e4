import { join } from 'node:path';
import { readConfig } from '../src/config.ts';
import { prepareEnvironment } from '../src/worker/train/environment.ts';
import type { Figure, Table } from './figure.ts';
import { compareLearning } from './hopping/learning.ts';
import { type Comparison, simulations } from './hopping/simulations.ts';

/** The simulations of the report on Model Hopper Parallelism with the real scheduler, and its Figure 9A with the real trainer. */
export async function benchHopping(): Promise<Table> {
  const { stateFolder } = readConfig(process.env);
  const python = await prepareEnvironment({ folder: join(stateFolder, 'trainer') });
  const { sequential, hopping, averaging } = await compareLearning(python);
  return {
    title: 'Model hopping: simulated speed-ups beside theory and report, and validation errors after the same epochs',
    figures: [
      ...simulations().flatMap(figuresOf),
      { figure: 'Fig. 9A, validation error, sequential', value: sequential, unit: '' },
      errorOf('hopping', hopping, sequential),
      errorOf('model averaging', averaging, hopping, 'hopping'),
    ],
  };
}

function figuresOf({ figure, ours, report, theory, random }: Comparison): readonly Figure[] {
  const others = { report, theory, "the report's scheduler": random };
  const rest = (['report', 'theory', "the report's scheduler"] as const).filter((name) => others[name] !== null);
  const [first] = rest;
  const against = first === undefined ? {} : { against: { baseline: first, ratio: ours / others[first]! } };
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
