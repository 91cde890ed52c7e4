import type { Config } from '../config.ts';
import type { Submission } from '../engine/engine.ts';
import { explainPlan } from '../plan/explain.ts';
import type { Output } from './output.ts';
import type { Source } from './print-error.ts';
import { openSession } from './session.ts';

/** `millrace explain`: the plan of a program, or with `workflow` the YAML that would be submitted; nothing is executed. */
export async function explainProgram(
  source: Source,
  config: Config,
  output: Output,
  { workflow }: { readonly workflow: boolean },
): Promise<number> {
  const session = await openSession(config, output.note);
  try {
    const plan = await session.plan(source.text);
    if (workflow) output.line(await workflowOf(session.submission(source.text, plan), config));
    else if (output.json) output.write(plan);
    else output.line(explainPlan(plan));
    return 0;
  } finally {
    await session.close();
  }
}

async function workflowOf({ id, text, plan, submittedBy }: Submission, config: Config): Promise<string> {
  const [{ readDeployment }, { loadTemplates }, { renderWorkflow }, { toYaml }] = await Promise.all([
    import('../engine/argo/config.ts'),
    import('../engine/argo/load-templates.ts'),
    import('../workflow/render-workflow.ts'),
    import('../workflow/to-yaml.ts'),
  ]);
  const submission = { id, attempt: 1, text, submittedBy, done: [] };
  return toYaml(
    renderWorkflow(plan, submission, readDeployment(process.env, config.schema), loadTemplates()),
  ).trimEnd();
}
