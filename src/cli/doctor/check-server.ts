import { MillraceError } from '../../errors.ts';
import type { ServerAddress } from '../open-service.ts';
import { openServerApi } from '../remote/server-api.ts';
import { type Check, check } from './check.ts';

/** Of src/server/app.ts: what the API calls itself. */
const apiVersion = '1';

/** The server of MILLRACE_URL. */
export async function* checkServer({ url, token, datasource }: ServerAddress): AsyncGenerator<Check> {
  const ask = <T>(path: string) =>
    openServerApi(url, token).json<T>({ path, once: true, signal: AbortSignal.timeout(10_000) });

  const reached = await check('server', async () => {
    const { status } = await ask<{ status?: unknown }>('/healthz');
    if (status === 'ok') return `${new URL(url).origin} answers`;
    throw new MillraceError('SERVER_INVALID', `what answers at ${new URL(url).origin} is no Millrace server`, {
      hint: 'correct MILLRACE_URL',
    });
  });
  yield reached;
  if (reached.state !== 'ok') return;

  yield check('server version', async () => {
    const { info } = await ask<{ info: { version: string } }>('/openapi.json');
    if (info.version === apiVersion) return `API ${info.version}`;
    throw new MillraceError('SERVER_INVALID', `the server has API ${info.version}, this command ${apiVersion}`, {
      hint: 'bring the one or the other up to date',
    });
  });
  yield check('server readiness', async () => {
    await ask('/readyz');
    return 'its databases and engines answer';
  });
  yield check('token', async () => {
    const { datasources } = await ask<{ datasources: readonly { name: string; engine: string }[] }>('/v1/datasources');
    const names = datasources.map(({ name, engine }) => `${name} (${engine})`).join(', ');
    if (datasources.length === 0 || (datasource !== null && !datasources.some(({ name }) => name === datasource))) {
      throw new MillraceError('UNKNOWN_DATASOURCE', `you may use ${names || 'no datasource'}`, {
        hint: 'ask who runs the server for another',
      });
    }
    return `${token === null ? 'none is needed' : 'accepted'}; datasources ${names}`;
  });
}
