import { readFileSync } from 'node:fs';
import { loadTemplates } from '../src/engine/argo/workflows/load-templates.ts';
import type { Plan } from '../src/plan/plan.ts';
import { renderWorkflow } from '../src/workflow/render-workflow.ts';
import { toYaml } from '../src/workflow/to-yaml.ts';
import type { Deployment, WorkflowSubmission } from '../src/workflow/workflow.ts';
import { type Figure, median, quantile, type Table } from './figure.ts';

const deployment: Deployment = {
  namespace: 'millrace',
  serviceAccount: 'workflow',
  imageUrls: null,
  buckets: null,
  workerImage: 'millrace/worker:0.1.0',
  gpuWorkerImage: 'millrace/worker:0.1.0',
  trainerImage: null,
  images: {},
  datasource: { secret: 'database', key: 'dsn' },
  systemDatasource: null,
  readerDatasource: null,
  foreignDatasource: null,
  schema: 'millrace',
  profiles: [],
  places: { namespace: 'millrace', configMap: 'millrace-places' },
  gpuTolerations: [],
  deadlineSeconds: 86_400,
  statementUrl: null,
};

/** Measures plan to YAML with a thousand partitions: the size, and the milliseconds of the first rendering and of later ones. */
export function benchWorkflow(): Table {
  const [first = 0, ...later] = Array.from({ length: 200 }, () => render().ms);
  const figures: readonly Figure[] = [
    { figure: '1,000 partitions, the first time', value: first, unit: 'ms' },
    { figure: '1,000 partitions, median', value: median(later), unit: 'ms' },
    { figure: '1,000 partitions, p99', value: quantile(later, 0.99), unit: 'ms' },
    { figure: '1,000 partitions, size', value: render().bytes / 1024, unit: 'KiB' },
  ];
  return { title: 'Plan to workflow, as YAML', figures };
}

const golden = (file: string) =>
  readFileSync(new URL(`../test/golden/standard-sql-around-it/${file}`, import.meta.url), 'utf8');
const plan: Plan = JSON.parse(golden('plan.json'));
const submission: WorkflowSubmission = {
  id: '019a0b1c-2d3e-7f40-8a5b-6c7d8e9fa0b1',
  attempt: 1,
  text: golden('statement.sql'),
  submittedBy: 'bench',
  done: [],
  readOnly: false,
  labels: {},
  recorded: false,
};
const templates = loadTemplates();

function render(): { readonly ms: number; readonly bytes: number } {
  const start = performance.now();
  const yaml = toYaml(renderWorkflow(plan, submission, deployment, templates));
  return { ms: performance.now() - start, bytes: Buffer.byteLength(yaml) };
}
