import { MillraceError } from '../../errors.ts';
import type { ServerAddress } from '../open-service.ts';
import { openServerApi } from '../remote/server-api.ts';
import { type Check, check } from './check.ts';

/** The API's version in src/server/app.ts. */
const apiVersion = '1';

/** Checks the server of MILLRACE_URL. */
export async function* checkServer({ url, token, datasource }: ServerAddress): AsyncGenerator<Check> {
  const ask = <T>(path: string) =>
    openServerApi(url, token).json<T>({ path, once: true, signal: AbortSignal.timeout(10_000) });

  const reached = await check('server', async () => {
    const { status } = await ask<{ status?: unknown }>('/healthz');
    if (status === 'ok') return `${new URL(url).origin} answers`;
    throw new MillraceError('SERVER_INVALID', `${new URL(url).origin} is not a Millrace server`, {
      hint: 'correct MILLRACE_URL',
    });
  });
  yield reached;
  if (reached.state !== 'ok') return;

  yield check('server version', async () => {
    const { info } = await ask<{ info: { version: string } }>('/openapi.json');
    if (info.version === apiVersion) return `API ${info.version}`;
    throw new MillraceError(
      'SERVER_INVALID',
      `the server has API version ${info.version}; this command needs ${apiVersion}`,
      {
        hint: 'update the older of the two',
      },
    );
  });
  yield check('server readiness', async () => {
    await ask('/readyz');
    return 'its databases and engines answer';
  });
  yield check('token', async () => {
    const { datasources } = await ask<{ datasources: readonly { name: string; engine: string }[] }>('/v1/datasources');
    const names = datasources.map(({ name, engine }) => `${name} (${engine})`).join(', ');
    if (datasources.length === 0 || (datasource !== null && !datasources.some(({ name }) => name === datasource))) {
      throw new MillraceError('UNKNOWN_DATASOURCE', `the datasources that you may use: ${names || 'none'}`, {
        hint: 'name one of them, or ask an administrator of the server for access',
      });
    }
    return `${token === null ? 'not needed' : 'accepted'}; datasources ${names}`;
  });
}
