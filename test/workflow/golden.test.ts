import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { Workflow as WorkflowModel } from '@kubernetes-models/argo-workflows/argoproj.io/v1alpha1/Workflow';
import { load, YAML11_SCHEMA } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { renderWorkflow } from '../../src/workflow/render-workflow.ts';
import { toYaml } from '../../src/workflow/to-yaml.ts';
import type { Workflow } from '../../src/workflow/workflow.ts';
import { argoDataIsHere, crdCheck, jsonSchemaCheck } from './argo-schemas.ts';
import { deployment, foreignStep, golden, goldenPlan, render, runStep, submission, templates } from './deployment.ts';

// UPDATE_GOLDEN=1 writes the results; read the difference before you commit it.
const folder = new URL('../golden/', import.meta.url);
const cases = readdirSync(folder).filter((name) => existsSync(new URL(`${name}/plan.json`, folder)));

function goldenWorkflow(name: string): Workflow {
  const text = golden(name, 'statement.sql');
  return renderWorkflow(goldenPlan(name), { ...submission, text }, deployment, templates);
}

describe('a plan becomes the workflow of', () => {
  test.each(cases)('%s', (name) => {
    const found = toYaml(goldenWorkflow(name));
    if (process.env.UPDATE_GOLDEN) writeFileSync(new URL(`${name}/workflow.yaml`, folder), found);
    expect(found).toBe(golden(name, 'workflow.yaml'));
  });
});

const workflows: readonly (readonly [string, Workflow])[] = [
  ...cases.map((name) => [name, goldenWorkflow(name)] as const),
  ['a foreign image', render([foreignStep({ partitions: 1 })])],
  ['a foreign image in partitions', render([foreignStep({ resources: { cpu: 2, memory: 3, gpu: 1 } })])],
  ['two steps side by side', render([runStep({ name: 'a' }), runStep({ name: 'b' }), foreignStep({ name: 'c' })])],
];

describe("Argo's models accept", () => {
  test.each(workflows)('%s', (_name, workflow) => {
    new WorkflowModel(structuredClone(workflow)).validate();
  });
});

describe.skipIf(!argoDataIsHere)("Argo's schemas of ../shared/data/argo (skipped where absent) accept", () => {
  const byJsonSchema = argoDataIsHere ? jsonSchemaCheck() : () => [];
  const byCrd = argoDataIsHere ? crdCheck() : () => [];

  test.each(workflows)('%s', (_name, workflow) => {
    expect(byJsonSchema(workflow)).toEqual([]);
    expect(byCrd(workflow)).toEqual([]);
  });

  test('no unknown field, and no number for a string', () => {
    const workflow = structuredClone(render([runStep()])) as unknown as {
      spec: { podPriority?: number; templates: { name: unknown }[] };
    };
    workflow.spec.podPriority = 1;
    (workflow.spec.templates[0] as { name: unknown }).name = 1;
    expect(byJsonSchema(workflow)).toHaveLength(1);
    expect(byCrd(workflow)).toHaveLength(1);
    delete workflow.spec.podPriority;
    expect(byJsonSchema(workflow)).toEqual(['/spec/templates/0/name must be string {"type":"string"}']);
    expect(byCrd(workflow)).toEqual(['/spec/templates/0/name must be string {"type":"string"}']);
  });
});

describe("the CRD's rules in CEL hold for", () => {
  test.each(workflows)('%s', (_name, { spec }) => {
    for (const template of spec.templates ?? []) {
      expect(Object.keys(template).filter((key) => ['dag', 'container', 'containerSet'].includes(key))).toHaveLength(1);
      if (template.dag !== undefined) {
        expect(template.activeDeadlineSeconds).toBeUndefined();
        expect(template.timeout).toBeUndefined();
        expect(template.retryStrategy).toBeUndefined();
      }
      for (const task of template.dag?.tasks ?? []) {
        expect(task.name).toMatch(/^[^0-9]/);
        expect(task.dependencies).toBeUndefined();
        expect(spec.templates?.map(({ name }) => name)).toContain(task.template);
      }
    }
  });
});

describe('as YAML', () => {
  test.each(workflows)('%s reads the same by the rules of 1.1 and of 1.2', (_name, workflow) => {
    const yaml = toYaml(workflow);
    expect(load(yaml)).toEqual(workflow);
    expect(load(yaml, { schema: YAML11_SCHEMA })).toEqual(workflow);
  });

  test('strings that 1.1 would read as booleans or numbers are quoted', () => {
    const yaml = toYaml(
      render([runStep({ nodeSelector: { n: 'y', on: 'off', '012': '1_000', e: '1e3', s: '1:30' } })]),
    );
    const selector = yaml.slice(yaml.indexOf('nodeSelector:')).split('\n').slice(1, 6);
    expect(selector.map((line) => line.trim())).toEqual([
      "'n': 'y'",
      "'on': 'off'",
      "'012': '1_000'",
      "e: '1e3'",
      "s: '1:30'",
    ]);
  });
});

test('the same plan gives the same bytes', () => {
  expect(toYaml(goldenWorkflow('every-attribute'))).toBe(toYaml(goldenWorkflow('every-attribute')));
});

test('a workflow of a thousand partitions is as small as one of two: under 64 KiB', () => {
  const size = (partitions: number) => Buffer.byteLength(toYaml(render([runStep({ partitions, parallelism: 1 })])));
  // The number is in three tasks and in the submission.
  expect(size(1000) - size(2)).toBe(12);
  expect(size(1000)).toBeLessThan(64 * 1024);
  expect(Buffer.byteLength(golden('standard-sql-around-it', 'workflow.yaml'))).toBeLessThan(64 * 1024);
});
