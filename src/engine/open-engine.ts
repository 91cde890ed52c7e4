import type { Pool } from 'mysql2/promise';
import type { Config } from '../config.ts';
import { MillraceError } from '../errors.ts';
import type { Engine } from './engine.ts';
import { openLocalEngine } from './local/local-engine.ts';

/** @throws {MillraceError} USAGE for an engine that there is not, and what connecting to Kubernetes throws */
export async function openEngine(
  config: Config,
  pool: Pool,
  dsn: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Engine> {
  switch (config.engine) {
    case 'local':
      return openLocalEngine({ ...config, pool, dsn });
    case 'argo':
      return openArgo(config, pool, environment);
    default:
      throw new MillraceError('USAGE', `there is no engine '${config.engine}'`, { hint: 'choose local or argo' });
  }
}

/** Kubernetes' client takes most of a second to load: only who needs it waits. */
async function openArgo(config: Config, pool: Pool, environment: NodeJS.ProcessEnv): Promise<Engine> {
  const [{ openArgoEngine }, { readDeployment }, { connectKubernetes }] = await Promise.all([
    import('./argo/argo-engine.ts'),
    import('./argo/config.ts'),
    import('./argo/kubernetes-api.ts'),
  ]);
  const deployment = readDeployment(environment, config.schema);
  return openArgoEngine({ api: await connectKubernetes(), pool, deployment });
}
