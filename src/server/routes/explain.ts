import { randomUUIDv7 } from 'node:crypto';
import { Type } from 'typebox';
import { explainPlan } from '../../plan/explain.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Datasource } from '../../service/datasource.ts';
import { datasourceNamed } from '../../service/find-statement.ts';
import { checkAllowed, sqlOf } from '../../service/submit.ts';
import type { App, ServerContext } from '../context.ts';
import { Program, problems } from '../schemas.ts';

/** `POST /v1/explain` */
export function explainRoute(app: App, context: ServerContext): void {
  const schema = {
    summary: 'Plan a program; nothing is executed',
    tags: ['statements'],
    body: Type.Object(Program, { additionalProperties: false }),
    response: {
      200: Type.Object({
        plan: Type.Object({ version: Type.Literal(1), steps: Type.Array(Type.Unknown()) }),
        text: Type.String({ description: 'the plan in a few lines for people' }),
        workflow: Type.Union([Type.String({ description: "Argo's workflow, as YAML" }), Type.Null()]),
      }),
      ...problems,
    },
  };
  app.post('/v1/explain', { schema }, async (request) => {
    const { user, body } = request;
    const datasource = datasourceNamed(user, body.datasource, context.datasources);
    request.source = body.sql;
    const text = await sqlOf(body, datasource, context);
    request.source = text;
    const program = await datasource.parse(text);
    checkAllowed(user, program, context);
    const plan = await datasource.plan(program);
    return {
      plan: { version: plan.version, steps: [...plan.steps] },
      text: explainPlan(plan),
      workflow: await workflowOf(datasource, text, plan, user.name),
    };
  });
}

async function workflowOf(
  { engineName, environment, schema }: Datasource,
  text: string,
  plan: Plan,
  submittedBy: string,
): Promise<string | null> {
  if (engineName !== 'argo') return null;
  const { workflowYaml } = await import('../../engine/argo/workflows/workflow-yaml.ts');
  return workflowYaml({ id: randomUUIDv7(), text, plan, submittedBy }, environment, schema);
}
