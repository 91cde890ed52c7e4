import type { Catalog } from '../src/catalog/catalog.ts';
import { MillraceError } from '../src/errors.ts';
import { planProgram } from '../src/plan/plan-program.ts';
import { parseProgram } from '../src/sql/parse.ts';
import { type Figure, median, quantile, type Table } from './figure.ts';
import { example } from './sql.ts';

const demo = `SELECT image_id, file_name FROM demo.images
TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets/demo"
WITH partitions = 2
INTO demo.detections;`;

const catalog: Catalog = {
  images: [
    { name: 'millrace/worker', runs: null, programs: { yolo: 'detect' }, ignoredOptions: [], attributeOptions: [] },
    {
      name: 'hebafer/yolov5-sqlflow',
      runs: 'millrace/worker',
      programs: { 'run_yolov5.py': 'detect' },
      ignoredOptions: ['dataset', 'repository'],
      attributeOptions: [],
    },
  ],
  models: [
    { name: 'demo', file: '/models/demo.onnx' },
    { name: 'yolov5s', file: '/models/yolov5s.onnx' },
  ],
  volumes: [
    { claim: 'datasets', mountPath: '/datasets', readOnly: true },
    { claim: 'models', mountPath: '/models', readOnly: true },
  ],
  otherImages: false,
  otherImagesAccount: false,
  otherModels: false,
  knownNames: [],
  actor: { user: 'test', isAdmin: false },
  mounted: null,
  database: 'bench',
  parallelism: 2,
  mostPods: 10_000,
  sharedSession: true,
  views: [],
  viewDefinitions: {},
  queries: {
    'SELECT image_id, file_name FROM demo.images': { kind: 'columns', columns: ['image_id', 'file_name'] },
    'SELECT * FROM coco_val.images ORDER BY image_id': { kind: 'columns', columns: ['image_id', 'file_name'] },
  },
  tables: {},
};

/** Measures SQL text -> Statement -> Plan for single statements and a long program, without a database. */
export function benchPlan(): Table {
  return {
    title: 'SQL text -> Statement -> Plan',
    figures: [
      ...statementFigures("the demo's statement", demo),
      ...statementFigures('Example 3.2', example),
      ...programFigures(),
    ],
  };
}

function statementFigures(name: string, text: string): Figure[] {
  const outcome = planOrCode(text);
  const label = outcome === 'planned' ? name : `${name} (refused: ${outcome})`;
  for (let round = 0; round < 5000; round++) planOrCode(text);
  const times = Array.from({ length: 20_000 }, () => timeOf(text));
  return [
    { figure: `${label}, median`, value: median(times), unit: 'ms' },
    { figure: `${label}, p99`, value: quantile(times, 0.99), unit: 'ms' },
  ];
}

/** Each statement has its own result table. */
function programFigures(): Figure[] {
  const program = Array.from({ length: 10_000 }, (_, n) => demo.replace('demo.detections', `demo.detections_${n}`));
  const text = program.join('\n');
  return [{ figure: `10,000 statements, ${planOrCode(text)}`, value: timeOf(text), unit: 'ms' }];
}

function timeOf(text: string): number {
  const started = performance.now();
  planOrCode(text);
  return performance.now() - started;
}

function planOrCode(text: string): string {
  try {
    planProgram(parseProgram(text), catalog);
    return 'planned';
  } catch (error) {
    if (error instanceof MillraceError) return error.code;
    throw error;
  }
}
