import { readFileSync } from 'node:fs';
import type { TakenStatement } from '../../../src/engine/argo/status/statement-status.ts';
import type { Nodes, ObservedWorkflow, WorkflowNode } from '../../../src/engine/argo/workflows/observed-workflow.ts';
import { foreignStep, runStep, submission } from '../../workflow/deployment.ts';

/** A workflow as a real Argo 4.1 controller wrote it, without the fields that nothing reads. */
export function sample(name: 'succeeded' | 'failed' | 'compressed'): ObservedWorkflow {
  return JSON.parse(readFileSync(new URL(`fixtures/workflow-${name}.json`, import.meta.url), 'utf8'));
}

/** Each sample is a workflow of one step; in our workflows, such a step is below the statement. */
export function asStep(nodes: Nodes, workflow: string, step: string): Nodes {
  const renamed = Object.entries(nodes).map(([id, node]) => [
    id,
    { ...node, name: node.name.replace(workflow, `${workflow}.${step}`) },
  ]);
  return Object.fromEntries(renamed);
}

const sqlStep = {
  ...runStep(),
  kind: 'sql',
  onlyReads: false,
  isolated: true,
  runsOthers: false,
  sql: 'DROP TABLE t',
  name: 'step-2',
  needs: ['step-1'],
} as const;

export const submitted: TakenStatement = {
  ...submission,
  plan: { kind: 'plan', version: 6, steps: [runStep({ partitions: 2 }), sqlStep] },
};

export const submittedForeign: TakenStatement = {
  ...submission,
  plan: { kind: 'plan', version: 6, steps: [foreignStep({ partitions: 1 })] },
};

/** A workflow `w` with nodes of these names. */
export function observed(
  nodes: readonly (Pick<WorkflowNode, 'name'> & Partial<WorkflowNode>)[],
  changes: {
    readonly phase?: string;
    readonly message?: string;
    readonly shutdown?: string;
    readonly completed?: boolean;
  } = {},
): { readonly workflow: ObservedWorkflow; readonly nodes: Nodes } {
  const { shutdown, completed = false, ...status } = changes;
  return {
    workflow: {
      metadata: {
        name: 'w',
        creationTimestamp: '2026-11-21T11:00:00Z',
        labels: { 'workflows.argoproj.io/completed': String(completed) },
      },
      spec: shutdown === undefined ? {} : { shutdown },
      status: { phase: 'Running', startedAt: '2026-11-21T11:00:01Z', finishedAt: null, ...status },
    },
    nodes: Object.fromEntries(
      nodes.map((node) => [node.name, { id: node.name, type: 'Pod', phase: 'Running', ...node }]),
    ),
  };
}
