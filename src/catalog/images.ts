import { commandNames } from '../programs/programs.ts';
import type { CatalogImage } from './catalog.ts';

const worker = 'millrace/worker';

/** Images that run the project's worker. */
export const images: readonly CatalogImage[] = [
  { name: worker, runs: null, programs: commandNames, ignoredOptions: [], attributeOptions: [] },
  // The thesis's image (examples 3.2 and 4.1). Its statements run on the worker. `--dataset` named the table that the query names,
  // `--repository` the source of the model's code.
  {
    name: 'hebafer/yolov5-sqlflow',
    runs: worker,
    programs: { 'run_yolov5.py': 'detect' },
    ignoredOptions: ['dataset', 'repository'],
    attributeOptions: ['write_mode', 'batch_size'],
  },
  // Example 4.2: a variation of the model that is slower, less accurate or knows fewer classes.
  {
    name: 'hebafer/yolov5-sqlflow-variation',
    runs: worker,
    programs: { 'run_yolov5_variation.py': 'detect' },
    ignoredOptions: ['dataset', 'repository'],
    attributeOptions: ['write_mode', 'batch_size'],
  },
];
