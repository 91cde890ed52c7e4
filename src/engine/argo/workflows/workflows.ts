import { ledgerLabel, pendingTimeoutLabel, titleAnnotation } from '../../../workflow/metadata.ts';
import { cancelledTitle } from '../../../workflow/titles.ts';
import type { Deployment, Workflow } from '../../../workflow/workflow.ts';
import { statementLabel } from '../../../workflow/workflow-name.ts';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.ts';
import { hasStatus } from '../kubernetes/kubernetes-error.ts';
import { type KubernetesList, listAndWatch, type ObjectEvent, watchSeconds } from '../kubernetes/list-and-watch.ts';
import { errorAnnotation, type StepError } from '../status/stopped-with-error.ts';
import type { ObservedWorkflow } from './observed-workflow.ts';

/** A workflow without its status, which may be a megabyte. */
export type WorkflowMetadata = Pick<ObservedWorkflow, 'metadata'>;
/** Lists of many workflows read only names: the API server's own fields in the metadata may be larger than all others. */
export type WorkflowName = { readonly metadata: Pick<ObservedWorkflow['metadata'], 'name'> };

/** Time at which a workflow was asked to stop, in ISO 8601. */
const stopAnnotation = 'millrace/stop-requested-at';
/** Time after which a workflow that was asked to stop is killed. Longer than a pod's grace period. */
const stopMs = 45_000;

const notEnded = 'workflows.argoproj.io/completed!=true';
const metadataOnly = (kind: string) => `application/json;as=${kind};g=meta.k8s.io;v=v1`;

/** What a workflow is called. */
interface Titled {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> | undefined };
}

/** The workflows of one namespace, through the Kubernetes API. All methods throw {KubernetesError}. */
export interface Workflows {
  /** @returns false if a workflow with this name, and so of the same statement, already exists */
  create(workflow: Workflow): Promise<boolean>;
  /** @returns null if it does not exist, or no longer */
  read(name: string): Promise<ObservedWorkflow | null>;
  /**
   * Asks its pods to terminate gracefully, and says in Argo's UI that the statement was cancelled. Does nothing if the workflow no longer
   * exists.
   */
  stop(workflow: Titled): Promise<void>;
  /** Asks its pods to terminate gracefully, and records why. */
  stopWithError(name: string, error: StepError): Promise<void>;
  /** Kills the pods of a workflow that was asked to stop but has not stopped in time. */
  killOverdue(workflow: ObservedWorkflow): Promise<void>;
  follow(name: string, signal: AbortSignal): AsyncIterable<ObjectEvent<ObservedWorkflow>>;
  /** The workflows of one statement's attempts. */
  ofStatement(id: string): Promise<readonly WorkflowMetadata[]>;
  /** The workflows that Argo has not completed, page by page. */
  open(): AsyncIterable<readonly WorkflowName[]>;
  /** Those of them with a pending timeout. */
  openWithTimeout(): AsyncIterable<readonly WorkflowName[]>;
  /** Follows the workflows that Argo has not completed. One that completes is reported as `deleted`, like one that is removed. */
  followOpen(signal: AbortSignal): AsyncIterable<ObjectEvent<WorkflowName>>;
}

export function openWorkflows(
  api: KubernetesApi,
  deployment: Pick<Deployment, 'namespace' | 'datasource' | 'schema'>,
): Workflows {
  const path = `/apis/argoproj.io/v1alpha1/namespaces/${deployment.namespace}/workflows`;
  const ours = `app.kubernetes.io/managed-by=millrace,millrace/statement,millrace/ledger=${ledgerLabel(deployment)}`;

  async function patch(name: string, body: unknown): Promise<void> {
    try {
      await api.json({ method: 'PATCH', path: `${path}/${name}`, body });
    } catch (error) {
      if (!hasStatus(error, 404)) throw error;
    }
  }

  const stop = (name: string, annotations: Record<string, string>, labels: Record<string, string> = {}) =>
    patch(name, {
      metadata: { annotations: { [stopAnnotation]: new Date().toISOString(), ...annotations }, labels },
      spec: { shutdown: 'Stop' },
    });

  const watch = (query: Query, accept: string) => (resourceVersion: string, signal: AbortSignal) => {
    const watching = { watch: 'true', allowWatchBookmarks: 'true', timeoutSeconds: String(watchSeconds) };
    return api.stream({ path, query: { ...query, ...watching, resourceVersion }, accept, signal });
  };

  return {
    async create(workflow) {
      try {
        await api.json({ method: 'POST', path, query: { fieldValidation: 'Strict' }, body: workflow });
        return true;
      } catch (error) {
        if (!hasStatus(error, 409)) throw error;
        return false;
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
    stop: ({ metadata: { name, annotations } }) => {
      const title = cancelledTitle(annotations?.[titleAnnotation]);
      const titled: Record<string, string> = title === null ? {} : { [titleAnnotation]: title };
      return stop(name, titled, { 'millrace/cancelled': 'true' });
    },
    stopWithError: (name, error) => stop(name, { [errorAnnotation]: JSON.stringify(error) }),
    async killOverdue({ metadata, spec }) {
      const since = metadata.annotations?.[stopAnnotation];
      if (spec.shutdown !== 'Stop' || since === undefined || Date.now() - Date.parse(since) < stopMs) return;
      await patch(metadata.name, { spec: { shutdown: 'Terminate' } });
    },
    follow: (name, signal) => {
      const query = { fieldSelector: `metadata.name=${name}` };
      return listAndWatch<ObservedWorkflow>({
        signal,
        list: (signal) => api.json({ path, query, signal }),
        watch: watch(query, 'application/json'),
      });
    },
    async ofStatement(id) {
      const query = { labelSelector: `${ours},millrace/statement=${statementLabel(id)}` };
      const accept = metadataOnly('PartialObjectMetadataList');
      // Go writes an empty list of metadata as null.
      return (await api.json<{ items: WorkflowMetadata[] | null }>({ path, query, accept })).items ?? [];
    },
    async *open() {
      for await (const { items } of pages(api, path, { labelSelector: `${ours},${notEnded}` })) yield items;
    },
    async *openWithTimeout() {
      const labelSelector = `${ours},${notEnded},${pendingTimeoutLabel}`;
      for await (const { items } of pages(api, path, { labelSelector })) yield items;
    },
    followOpen: (signal) => {
      const query = { labelSelector: `${ours},${notEnded}` };
      return listAndWatch<WorkflowName>({
        signal,
        list: (signal) => listNames(api, path, query, signal),
        watch: watch(query, metadataOnly('PartialObjectMetadata')),
      });
    },
  };
}

type Query = Readonly<Record<string, string>>;

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables; the first column is the name. */
interface NameTable {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly rows: readonly { readonly cells: readonly [string, ...unknown[]] }[] | null;
}

const namesOnly = 'application/json;as=Table;g=meta.k8s.io;v=v1';

/** Names alone, page by page: https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks */
async function* pages(
  api: KubernetesApi,
  path: string,
  query: Query,
  signal?: AbortSignal,
): AsyncGenerator<KubernetesList<WorkflowName>> {
  for (let after: string | undefined; after !== ''; ) {
    const part = { ...query, includeObject: 'None', limit: '500', ...(after === undefined ? {} : { continue: after }) };
    const { metadata, rows }: NameTable = await api.json<NameTable>({ path, query: part, accept: namesOnly, signal });
    yield { metadata, items: (rows ?? []).map(({ cells: [name] }) => ({ metadata: { name } })) };
    after = metadata.continue ?? '';
  }
}

async function listNames(
  api: KubernetesApi,
  path: string,
  query: Query,
  signal: AbortSignal,
): Promise<KubernetesList<WorkflowName>> {
  const items: WorkflowName[] = [];
  let metadata = { resourceVersion: '' };
  for await (const page of pages(api, path, query, signal)) {
    metadata = page.metadata;
    items.push(...page.items);
  }
  return { metadata, items };
}

/** Whether Argo has ended it. */
export function isCompleted({ metadata }: WorkflowMetadata): boolean {
  return metadata.labels?.['workflows.argoproj.io/completed'] === 'true';
}
