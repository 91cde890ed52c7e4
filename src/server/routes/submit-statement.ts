import { Type } from 'typebox';
import { hasEnded } from '../../ledger/statement-states.ts';
import { datasourceNamed } from '../../service/find-statement.ts';
import { refusalOf } from '../../service/refusal.ts';
import { answeredPage, lastResult } from '../../service/results.ts';
import { answeredStatement, viewStatement } from '../../service/statement-view.ts';
import { boundText, idOf, submit } from '../../service/submit.ts';
import { waitForEnd } from '../../service/wait-for-end.ts';
import type { App, ServerContext } from '../context.ts';
import { parametersOf } from '../exact-numbers.ts';
import { problemOf, problemType } from '../problem.ts';
import { problems, SubmitBody, Submitted } from '../schemas.ts';
import { leaving } from './open-stream.ts';

const defaultWait = 10;

/** `POST /v1/statements` */
export function submitStatementRoute(app: App, context: ServerContext): void {
  const schema = {
    summary: 'Submit a program',
    description:
      'Standard SQL, and queries followed by TO RUN. A program that ends within `wait` seconds gets 200 and the first rows of its last result; any other gets 202 and a `Location` to follow it. If the database rejects the program within that time and before anything ran (its syntax, or a name that does not exist), it gets 400; `statement` is the id under which the failed program is kept.',
    tags: ['statements'],
    headers: Type.Object({
      'idempotency-key': Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 255,
          description: 'a repeated request with the same key returns the same statement',
        }),
      ),
    }),
    body: SubmitBody,
    response: { 200: Submitted, 202: Submitted, ...problems },
  };
  app.post('/v1/statements', { schema }, async (request, reply) => {
    const { user, body, headers } = request;
    request.source = body.sql;
    const datasource = datasourceNamed(user, body.datasource, context.datasources);
    const text = await boundText(body.sql, parametersOf(body), datasource, context.rules);
    request.source = text;
    const asked = { user, datasource, labels: body.labels ?? {}, key: headers['idempotency-key'] };
    const id = idOf(asked);
    request.log = reply.log = request.log.child({ statement: id });
    const wait = Math.min(body.wait ?? defaultWait, context.config.limits.maxWaitSeconds);
    const answered = await submit(asked, id, text, wait, context.rules, () => {
      request.statement = id;
    });
    if (answered !== null) {
      const statement = answeredStatement(datasource, answered, asked.labels);
      return reply.header('location', statement.links.self).send({ ...statement, result: answeredPage(answered) });
    }
    const status = await waitForEnd(datasource, id, wait, leaving(reply, context.streams));
    const refusal = wait > 0 ? refusalOf(status) : null;
    if (refusal !== null) {
      const problem = { ...problemOf(refusal, text), statement: id };
      return reply.code(problem.status).header('location', `/v1/statements/${id}`).type(problemType).send(problem);
    }
    const statement = await viewStatement(datasource, status);
    const result = status.state === 'succeeded' ? await lastResult(datasource, status, statement.results) : null;
    reply.code(hasEnded(status) ? 200 : 202).header('location', statement.links.self);
    return { ...statement, result };
  });
}
