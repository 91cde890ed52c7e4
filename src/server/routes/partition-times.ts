import { Type } from 'typebox';
import { readPartitionTimes } from '../../ledger/partition-times.ts';
import { findStatement } from '../../service/find-statement.ts';
import type { App, ServerContext } from '../context.ts';
import { problems } from '../schemas.ts';
import { StatementId } from './statement.ts';

/** `GET /v1/statements/{id}/partitions` */
export function partitionTimesRoute(app: App, context: ServerContext): void {
  const schema = {
    summary: 'When the partitions of a step were processed',
    description: 'Partitions that workers have started, in the order of their start.',
    tags: ['statements'],
    params: StatementId,
    querystring: Type.Object({ step: Type.String({ minLength: 1 }) }),
    response: {
      200: Type.Object({
        partitions: Type.Array(
          Type.Object({
            number: Type.Integer({ description: 'starts at 0' }),
            done: Type.Integer({ description: 'processed rows' }),
            startedAt: Type.String({ format: 'date-time' }),
            finishedAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
              description: 'null: it is not done',
            }),
          }),
        ),
      }),
      ...problems,
    },
  };
  app.get('/v1/statements/:id/partitions', { schema }, async ({ user, params, query }) => {
    const { pool, schema: system } = (await findStatement(user, params.id, context.datasources)).datasource;
    return { partitions: [...(await readPartitionTimes(pool, system, { statement: params.id, step: query.step }))] };
  });
}
