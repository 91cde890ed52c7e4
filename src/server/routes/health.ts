import { Type } from 'typebox';
import type { DatasourceHandle } from '../../service/served-datasource.ts';
import type { App, ServerContext } from '../context.ts';

const Ready = Type.Object({
  status: Type.Enum(['ready', 'not ready']),
  checks: Type.Record(Type.String(), Type.Enum(['ok', 'failed']), { description: 'by datasource' }),
});

/** Whether the server is alive, and whether it is ready. Neither says why not. */
export function healthRoutes(app: App, { datasources, streams }: ServerContext): void {
  app.get(
    '/healthz',
    {
      schema: {
        summary: 'Whether the server is alive',
        tags: ['operation'],
        security: [],
        response: { 200: Type.Object({ status: Type.Literal('ok') }) },
      },
    },
    async () => ({ status: 'ok' as const }),
  );

  app.get(
    '/readyz',
    {
      schema: {
        summary: 'Whether the server is ready',
        tags: ['operation'],
        security: [],
        response: { 200: Ready, 503: Ready },
      },
    },
    async (_request, reply) => {
      const checks = Object.fromEntries(
        await Promise.all(datasources.map(async (each) => [each.name, await check(each)])),
      );
      const ready = !streams.stopping.aborted && Object.values(checks).every((how) => how === 'ok');
      return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', checks });
    },
  );
}

async function check(datasource: DatasourceHandle): Promise<'ok' | 'failed'> {
  try {
    await datasource.get().pool.query({ sql: 'SELECT 1', timeout: 3000 });
    return 'ok';
  } catch {
    return 'failed';
  }
}
