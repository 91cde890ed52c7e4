import type { CatalogImage } from './catalog.ts';

const worker = 'millrace/worker';

/** Images that run the project's worker. */
export const images: readonly CatalogImage[] = [
  { name: worker, runs: null, programs: { yolo: 'yolo' }, ignoredOptions: [] },
  // The thesis's image (example 3.2): its statements run on the worker. `--dataset` named the table that the query names.
  { name: 'hebafer/yolov5-sqlflow', runs: worker, programs: { 'run_yolov5.py': 'yolo' }, ignoredOptions: ['dataset'] },
];
