import type { Pool } from 'mysql2/promise';
import type { Profile } from '../catalog/profile.ts';
import type { Config } from '../config.ts';
import type { Accounts } from '../datasource/accounts.ts';
import { MillraceError } from '../errors.ts';
import { makePrivate } from '../private-folder.ts';
import type { Engine } from './engine.ts';
import { openLocalEngine } from './local/local-engine.ts';
import type { LocalEngineOptions } from './local/running-statements.ts';
import { openSplitEngine } from './split-engine.ts';

export interface EngineOptions {
  readonly config: Config;
  /** Connections to the system schema. */
  readonly pool: Pool;
  readonly accounts: Accounts;
  readonly environment: NodeJS.ProcessEnv;
  readonly profiles: readonly Profile[];
  readonly limits?: Pick<LocalEngineOptions, 'running' | 'serverDeaths'>;
}

/** @throws {MillraceError} USAGE for an unknown engine; errors of connecting to Kubernetes */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { config, pool, accounts, limits } = options;
  await makePrivate(config.stateFolder);
  const local = () => openLocalEngine({ ...config, ...limits, pool, accounts });
  switch (config.engine) {
    case 'local':
      return local();
    case 'argo': {
      const workflows = await openArgo(options);
      return openSplitEngine({ queries: local(), workflows });
    }
    default:
      throw new MillraceError('USAGE', `unknown engine '${config.engine}'`, { hint: 'use local or argo' });
  }
}

/** Loading the Kubernetes client takes most of a second, so only processes that need it do so. */
async function openArgo({ config, pool, environment, profiles, limits }: EngineOptions): Promise<Engine> {
  const [{ openArgoEngine }, { readDeployment }, { connectKubernetes }] = await Promise.all([
    import('./argo/argo-engine.ts'),
    import('./argo/config.ts'),
    import('./argo/kubernetes/kubernetes-api.ts'),
  ]);
  const deployment = readDeployment(environment, config.schema, profiles);
  const runningPerUser = limits?.running?.perUser;
  return openArgoEngine({ api: await connectKubernetes(), pool, deployment, runningPerUser });
}
