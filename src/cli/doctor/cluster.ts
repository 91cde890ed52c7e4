import type { KubernetesApi } from '../../engine/argo/kubernetes/kubernetes-api.ts';
import { hasStatus } from '../../engine/argo/kubernetes/kubernetes-error.ts';
import type { Skipped } from './check.ts';

/** Requests with a short timeout. */
export interface Cluster {
  get<T>(path: string, query?: Readonly<Record<string, string>>): Promise<T>;
  post<T>(path: string, body: object): Promise<T>;
}

const answerMs = 10_000;

export function openCluster(api: KubernetesApi): Cluster {
  const within = () => AbortSignal.timeout(answerMs);
  return {
    get: (path, query = {}) => api.json({ path, query, signal: within() }),
    post: (path, body) => api.json({ method: 'POST', path, body, signal: within() }),
  };
}

/** @throws any other error */
export function skippedIfForbidden(error: unknown, what: string): Skipped {
  if (!hasStatus(error, 403)) throw error;
  return { skipped: `the account may not ${what}` };
}
