import { randomUUIDv7 } from 'node:crypto';
import { Type } from 'typebox';
import { explain } from '../../service/explain.ts';
import { datasourceNamed } from '../../service/find-statement.ts';
import { PlanDocument } from '../../service/statement.ts';
import { boundText, planFor } from '../../service/submit.ts';
import type { App, ServerContext } from '../context.ts';
import { parametersOf } from '../exact-numbers.ts';
import { Program, problems } from '../schemas.ts';
import { leaving } from './open-stream.ts';

/** `POST /v1/explain` */
export function explainRoute(app: App, context: ServerContext): void {
  const schema = {
    summary: 'Plan a program without executing it',
    tags: ['statements'],
    body: Type.Object(Program, { additionalProperties: false }),
    response: {
      200: Type.Object({
        plan: PlanDocument,
        text: Type.String({ description: 'the plan in a few lines for people' }),
        pictures: Type.Array(Type.Object({ step: Type.String(), svg: Type.String() }), {
          description:
            'for each TO FIND, its models as a tree, and the cost and accuracy of the plans worth having; SVG',
        }),
        workflow: Type.Union([Type.String({ description: "Argo's workflow, as YAML" }), Type.Null()]),
      }),
      ...problems,
    },
  };
  app.post('/v1/explain', { schema }, async (request, reply) => {
    const { user, body } = request;
    const datasource = datasourceNamed(user, body.datasource, context.datasources);
    request.source = body.sql;
    const text = await boundText(body.sql, parametersOf(body), datasource, context.rules);
    request.source = text;
    const plan = await planFor(user, datasource, text, context.rules, leaving(reply, context.streams));
    const explained = await explain(datasource, { id: randomUUIDv7(), text, plan, submittedBy: user.name });
    return {
      plan: { ...explained.plan, steps: [...explained.plan.steps] },
      text: explained.text,
      pictures: [...explained.pictures],
      workflow: datasource.engineName === 'argo' ? await explained.workflow() : null,
    };
  });
}
