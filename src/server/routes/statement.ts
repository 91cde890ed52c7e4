import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { MillraceError } from '../../errors.ts';
import { workflowOf } from '../../service/explain.ts';
import { type FoundStatement, findChangeable, findStatement, viewFound } from '../../service/find-statement.ts';
import { checkRepeat } from '../../service/repeat.ts';
import { PlanDocument, Statement } from '../../service/statement.ts';
import { viewStatement } from '../../service/statement-view.ts';
import type { App, ServerContext } from '../context.ts';
import { problems } from '../schemas.ts';

export const StatementId = Type.Object({
  id: Type.String({
    pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$',
    description: 'the id of a statement, such as 0198c5a2-7d3e-7b41-9c6f-2f1e8a4b5c6d',
  }),
});

const Repeat = Type.Object({
  repeat: Type.Optional(
    Type.Boolean({
      description: 'also execute a statement again that the database may have executed (STATEMENT_UNCERTAIN)',
    }),
  ),
});
const yaml = { description: 'YAML', content: { 'application/yaml': { schema: Type.String() } } };

/** `GET /v1/statements/{id}`, its plan and its workflow; cancel and retry. */
export function statementRoutes(app: App, context: ServerContext): void {
  const ofStatement = <T>(response: T, summary: string, description = summary) => ({
    summary,
    description,
    tags: ['statements'],
    params: StatementId,
    response: { ...response, ...problems },
  });

  app.get(
    '/v1/statements/:id',
    { schema: ofStatement({ 200: Statement }, 'State and progress of a statement') },
    ({ user, params }) => viewFound(user, params.id, context.datasources),
  );

  app.get(
    '/v1/statements/:id/plan',
    { schema: ofStatement({ 200: PlanDocument }, 'The plan of a statement') },
    async ({ user, params }) => {
      const { status } = await findStatement(user, params.id, context.datasources);
      return { ...status.plan, steps: [...status.plan.steps] };
    },
  );

  app.get(
    '/v1/statements/:id/workflow',
    { schema: ofStatement({ 200: yaml }, 'Argo workflow of a statement') },
    async ({ user, params }, reply) => {
      const { datasource, status } = await findStatement(user, params.id, context.datasources);
      if (!status.hasWorkflow) throw withoutWorkflow(datasource.engineName);
      return sendYaml(reply, await workflowOf(datasource, status));
    },
  );

  app.post(
    '/v1/statements/:id/cancel',
    {
      schema: ofStatement(
        { 202: Statement },
        'Cancel a statement',
        'Its workers stop gracefully; completed work is kept.',
      ),
    },
    async ({ user, params }, reply) => {
      const found = await findChangeable(user, params.id, context.datasources);
      await found.datasource.engine.cancel(params.id);
      return reply.code(202).send(await viewNow(found));
    },
  );

  app.post(
    '/v1/statements/:id/retry',
    {
      schema: {
        ...ofStatement(
          { 202: Statement },
          'Retry a statement',
          'Runs the unfinished work of a statement that failed, was cancelled or was interrupted.',
        ),
        querystring: Repeat,
      },
    },
    async ({ user, params, query }, reply) => {
      const found = await findChangeable(user, params.id, context.datasources);
      checkRepeat(found.status, { repeat: query.repeat ?? false });
      await found.datasource.engine.retry(params.id);
      return reply.code(202).send(await viewNow(found));
    },
  );

  async function viewNow({ datasource, status }: FoundStatement): Promise<Statement> {
    return viewStatement(datasource, await datasource.engine.status(status.id));
  }
}

function sendYaml(reply: FastifyReply, text: string): FastifyReply {
  return reply.type('application/yaml').send(text);
}

function withoutWorkflow(engine: string): MillraceError {
  const what = engine === 'argo' ? 'a program that only queries' : 'a statement of the local engine';
  return new MillraceError('NO_WORKFLOW', `${what} runs on the server's machine, without a workflow`, {
    hint: 'look at the plan instead',
  });
}
