import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inject } from 'vitest';
import { hashToken, newToken } from '../../src/service/access/tokens.ts';
import { type Replica, useReplica } from '../server/replica.ts';
import type { Answer, Ask } from '../server/use-server.ts';
import type { TestCluster } from './use-cluster.ts';

/** `millrace serve` as a process on this machine, with users; its statements run on the cluster. */
export interface ArgoServer<User extends string> {
  readonly replica: Replica;
  /** Writes the configuration and starts the process. */
  start(settings: ServerSettings): Promise<void>;
  /** Asks until there is an answer: the process may be gone for a while. */
  json(user: User, method: string, path: string, options?: Pick<Ask, 'body' | 'headers'>): Promise<Answer>;
}

interface ServerSettings {
  /** Of the configuration's file, besides the users. */
  readonly file: object;
  readonly environment: NodeJS.ProcessEnv;
}

interface KnownUser {
  readonly role: 'reader' | 'user' | 'admin';
  readonly datasources?: readonly string[];
}

export function useArgoServer<User extends string>(
  cluster: TestCluster,
  users: Readonly<Record<User, KnownUser>>,
): ArgoServer<User> {
  const names = Object.keys(users) as User[];
  const tokens = Object.fromEntries(names.map((name) => [name, newToken()])) as Record<User, string>;
  let environment: NodeJS.ProcessEnv = {};
  const replica = useReplica(() => environment);

  return {
    replica,

    async start(settings) {
      const { stateFolder, volumes } = cluster.config;
      const file = join(stateFolder, 'server.yaml');
      const known = names.map((name) => ({ name, ...users[name], token: hashToken(tokens[name]) }));
      await writeFile(file, JSON.stringify({ ...settings.file, users: known }));
      environment = {
        PATH: process.env.PATH,
        KUBECONFIG: process.env.KUBECONFIG,
        MILLRACE_ENGINE: 'argo',
        MILLRACE_NAMESPACE: cluster.namespace,
        MILLRACE_WORKER_IMAGE: inject('workerImage'),
        MILLRACE_SERVER_CONFIG: file,
        MILLRACE_STATE: stateFolder,
        MILLRACE_VOLUMES: Object.entries(volumes)
          .map((pair) => pair.join('='))
          .join(','),
        MILLRACE_PORT: '0',
        ...settings.environment,
      };
      await replica.start();
    },

    async json(user, method, path, { body, headers = {} } = {}) {
      for (;;) {
        const answer = await fetch(`${replica.url()}${path}`, {
          method,
          ...(body !== undefined && { body: JSON.stringify(body) }),
          headers: {
            authorization: `Bearer ${tokens[user]}`,
            ...(body !== undefined && { 'content-type': 'application/json' }),
            ...headers,
          },
        })
          .then(async (response) => ({
            status: response.status,
            headers: response.headers,
            body: await response.json(),
          }))
          .catch(() => null);
        // 503: its database is being opened.
        if (answer !== null && answer.status !== 503) return answer;
        await sleep(200);
      }
    },
  };
}
