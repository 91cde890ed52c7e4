import { readFileSync } from 'node:fs';
import { loadTemplates } from '../../src/engine/argo/workflows/load-templates.ts';
import type { ForeignStep, Plan, RunStep, Step } from '../../src/plan/plan.ts';
import { renderWorkflow } from '../../src/workflow/render-workflow.ts';
import type { Deployment, Template, Workflow, WorkflowSubmission } from '../../src/workflow/workflow.ts';

export const templates = loadTemplates();

export const deployment: Deployment = {
  namespace: 'millrace',
  serviceAccount: 'workflow',
  imageUrls: null,
  buckets: null,
  workerImage: 'registry.example/millrace-worker:0.1.0',
  gpuWorkerImage: 'registry.example/millrace-worker:0.1.0-cuda',
  trainerImage: 'registry.example/millrace-trainer:0.1.0',
  images: { 'millrace/worker': 'registry.example/millrace-worker:0.1.0' },
  datasource: { secret: 'database', key: 'dsn' },
  systemDatasource: null,
  readerDatasource: null,
  foreignDatasource: { secret: 'database', key: 'dsn' },
  schema: 'millrace',
  profiles: JSON.parse(readFileSync(new URL('../golden/catalog.json', import.meta.url), 'utf8')).profiles,
  places: { namespace: 'millrace', configMap: 'millrace-places' },
  gpuTolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
  deadlineSeconds: 86_400,
  statementUrl: 'https://millrace.example/statements/',
};

export const submission: WorkflowSubmission = {
  id: '019a0b1c-2d3e-7f40-8a5b-6c7d8e9fa0b1',
  attempt: 1,
  text: 'SELECT 1',
  submittedBy: 'ada',
  done: [],
  readOnly: false,
  labels: {},
  recorded: false,
};

export function golden(name: string, file: string): string {
  return readFileSync(new URL(`../golden/${name}/${file}`, import.meta.url), 'utf8');
}

export function goldenPlan(name: string): Plan {
  return JSON.parse(golden(name, 'plan.json'));
}

const demoStep = goldenPlan('demo').steps[0] as RunStep;

export function runStep(changes: Partial<RunStep> = {}): RunStep {
  return { ...demoStep, ...changes };
}

export function foreignStep(changes: Partial<ForeignStep> = {}): ForeignStep {
  const { program, writeMode, commitRows, maxFailedRows, ...step } = demoStep;
  const image = 'hebafer/yolov5-sqlflow:1.0';
  const command = ['run_yolov5.py', '--model=yolov5s'];
  return { ...step, kind: 'foreign', image, command, into: [demoStep.into!], ...changes };
}

export function render(
  steps: readonly Step[],
  changes: { readonly submission?: Partial<WorkflowSubmission>; readonly deployment?: Partial<Deployment> } = {},
): Workflow {
  const given = { ...submission, ...changes.submission };
  return renderWorkflow(
    { kind: 'plan', version: 6, steps },
    given,
    { ...deployment, ...changes.deployment },
    templates,
  );
}

export function templateOf(workflow: Workflow, name: string): Template {
  const found = workflow.spec.templates?.find((template) => template.name === name);
  if (found === undefined) throw new Error(`there is no template ${name}`);
  return found;
}

export function variableOf(workflow: Workflow, template: string, name: string): string | undefined {
  return templateOf(workflow, template).container?.env?.find((variable) => variable.name === name)?.value;
}
