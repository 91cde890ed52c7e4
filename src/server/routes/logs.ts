import { Type } from 'typebox';
import type { Engine, LogFilter } from '../../engine/engine.ts';
import { findStatement } from '../../service/find-statement.ts';
import type { App, ServerContext } from '../context.ts';
import { problems } from '../schemas.ts';
import { sendStream } from './open-stream.ts';
import { StatementId } from './statement.ts';
import { withHeartbeat } from './with-heartbeat.ts';

/** `GET /v1/statements/{id}/logs` */
export function logsRoute(app: App, context: ServerContext): void {
  const schema = {
    summary: 'Logs of the workers',
    description:
      'Lines of JSON: step, source (`prepare`, `worker-3`, `finish`; `partition-3` of other images) and text. With `follow`, the response continues until the statement has ended; empty lines are heartbeats.',
    tags: ['statements'],
    params: StatementId,
    querystring: Type.Object({
      step: Type.Optional(Type.String()),
      partition: Type.Optional(Type.Integer({ minimum: 0 })),
      follow: Type.Optional(Type.Boolean()),
    }),
    response: {
      200: { description: 'lines', content: { 'application/x-ndjson': { schema: Type.String() } } },
      ...problems,
    },
  };
  app.get('/v1/statements/:id/logs', { schema }, async ({ user, params, query }, reply) => {
    const { datasource } = await findStatement(user, params.id, context.datasources);
    const { follow = false, ...filter } = query;
    return sendStream(reply, context.streams, 'application/x-ndjson', (signal) => {
      const lines = logLines(datasource.engine, params.id, { ...filter, follow, signal });
      return follow ? withHeartbeat(opened(lines), '\n', context.streams.heartbeatSeconds, signal) : lines;
    });
  });
}

async function* logLines(engine: Engine, id: string, filter: LogFilter): AsyncGenerator<string> {
  for await (const line of engine.logs(id, filter)) yield `${JSON.stringify(line)}\n`;
}

/** Puts an empty line first, so that the response starts even if nothing has been logged yet. */
async function* opened(lines: AsyncIterable<string>): AsyncGenerator<string> {
  yield '\n';
  yield* lines;
}
