import type { Pool } from 'mysql2/promise';
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
  /** Of the system schema. */
  readonly pool: Pool;
  readonly accounts: Accounts;
  readonly environment: NodeJS.ProcessEnv;
  readonly limits?: Pick<LocalEngineOptions, 'running' | 'serverDeaths'>;
}

/** @throws {MillraceError} USAGE for an engine that there is not, and what connecting to Kubernetes throws */
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
      throw new MillraceError('USAGE', `there is no engine '${config.engine}'`, { hint: 'choose local or argo' });
  }
}

/** Kubernetes' client takes most of a second to load: only who needs it waits. */
async function openArgo({ config, pool, environment, limits }: EngineOptions): Promise<Engine> {
  const [{ openArgoEngine }, { readDeployment }, { connectKubernetes }] = await Promise.all([
    import('./argo/argo-engine.ts'),
    import('./argo/config.ts'),
    import('./argo/kubernetes/kubernetes-api.ts'),
  ]);
  const deployment = readDeployment(environment, config.schema);
  const runningPerUser = limits?.running?.perUser;
  return openArgoEngine({ api: await connectKubernetes(), pool, deployment, runningPerUser });
}
