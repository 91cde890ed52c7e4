import type { Workflow } from '../../workflow/workflow.ts';
import type { KubernetesApi } from './kubernetes-api.ts';
import { hasStatus } from './kubernetes-error.ts';
import { type KubernetesList, listAndWatch, type ObjectEvent, watchSeconds } from './list-and-watch.ts';
import type { ObservedWorkflow } from './observed-workflow.ts';

/** What of a workflow is read without its status, which may be a megabyte. */
export type WorkflowMetadata = Pick<ObservedWorkflow, 'metadata'>;

/** When a workflow was asked to stop, in ISO 8601. */
const stopAnnotation = 'millrace/stop-requested-at';
/** Longer than a pod's grace period, after which the kubelet kills it. */
const stopMs = 45_000;

const ours = 'app.kubernetes.io/managed-by=millrace,millrace/statement';
const metadataOnly = (kind: string) => `application/json;as=${kind};g=meta.k8s.io;v=v1`;

/** The workflows of one namespace, through the Kubernetes API. All throw {KubernetesError}. */
export interface Workflows {
  /** Where one of this name is there already, it is the same statement's. */
  create(workflow: Workflow): Promise<void>;
  /** null: it is not there, or no more. */
  read(name: string): Promise<ObservedWorkflow | null>;
  /** Asks its pods to end in good order; nothing where it has gone. */
  stop(name: string): Promise<void>;
  /** Kills the pods of a workflow that was asked to stop and has not. */
  killOverdue(workflow: ObservedWorkflow): Promise<void>;
  follow(name: string, signal: AbortSignal): AsyncIterable<ObjectEvent<ObservedWorkflow>>;
  /** Metadata alone, of all statements. */
  list(): Promise<readonly WorkflowMetadata[]>;
  followAll(signal: AbortSignal): AsyncIterable<ObjectEvent<WorkflowMetadata>>;
}

export function openWorkflows(api: KubernetesApi, namespace: string): Workflows {
  const path = `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/workflows`;

  async function patch(name: string, body: unknown): Promise<void> {
    try {
      await api.json({ method: 'PATCH', path: `${path}/${name}`, body });
    } catch (error) {
      if (!hasStatus(error, 404)) throw error;
    }
  }

  function follow<T extends WorkflowMetadata>(
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
    accept: (kind: string) => string,
  ): AsyncIterable<ObjectEvent<T>> {
    const watching = { watch: 'true', allowWatchBookmarks: 'true', timeoutSeconds: String(watchSeconds) };
    return listAndWatch<T>({
      signal,
      list: (signal) => listAll<T>(api, path, query, accept('PartialObjectMetadataList'), signal),
      watch: (resourceVersion, signal) =>
        api.stream({
          path,
          query: { ...query, ...watching, resourceVersion },
          accept: accept('PartialObjectMetadata'),
          signal,
        }),
    });
  }

  return {
    async create(workflow) {
      try {
        await api.json({ method: 'POST', path, query: { fieldValidation: 'Strict' }, body: workflow });
      } catch (error) {
        if (!hasStatus(error, 409)) throw error;
      }
    },
    async read(name) {
      try {
        return await api.json<ObservedWorkflow>({ path: `${path}/${name}` });
      } catch (error) {
        if (hasStatus(error, 404)) return null;
        throw error;
      }
    },
    stop: (name) =>
      patch(name, {
        metadata: { annotations: { [stopAnnotation]: new Date().toISOString() } },
        spec: { shutdown: 'Stop' },
      }),
    async killOverdue({ metadata, spec }) {
      const since = metadata.annotations?.[stopAnnotation];
      if (spec.shutdown !== 'Stop' || since === undefined || Date.now() - Date.parse(since) < stopMs) return;
      await patch(metadata.name, { spec: { shutdown: 'Terminate' } });
    },
    follow: (name, signal) => follow({ fieldSelector: `metadata.name=${name}` }, signal, () => 'application/json'),
    list: async () => {
      const query = { labelSelector: ours };
      return (await listAll<WorkflowMetadata>(api, path, query, metadataOnly('PartialObjectMetadataList'))).items;
    },
    followAll: (signal) => follow({ labelSelector: ours }, signal, metadataOnly),
  };
}

/** Page by page: https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks */
async function listAll<T>(
  api: KubernetesApi,
  path: string,
  query: Readonly<Record<string, string>>,
  accept: string,
  signal?: AbortSignal,
): Promise<KubernetesList<T>> {
  const items: T[] = [];
  for (let after = ''; ; ) {
    const page = await api.json<KubernetesList<T> & { metadata: { continue?: string } }>({
      path,
      query: { ...query, limit: '500', ...(after === '' ? {} : { continue: after }) },
      accept,
      signal,
    });
    // Go writes an empty list of metadata as null.
    items.push(...(page.items ?? []));
    after = page.metadata.continue ?? '';
    if (after === '') return { metadata: page.metadata, items };
  }
}

/** Whether Argo has ended it. */
export function isCompleted({ metadata }: WorkflowMetadata): boolean {
  return metadata.labels?.['workflows.argoproj.io/completed'] === 'true';
}
