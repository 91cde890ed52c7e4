import type { KubernetesApi } from '../../engine/argo/kubernetes/kubernetes-api.ts';

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
