import type { MillraceError } from '../../../errors.ts';
import type { LoggedPod } from '../../../ledger/pod-logs.ts';
import { statementLabel } from '../../../workflow/workflow-name.ts';
import type { LogFilter, LogLine } from '../../engine.ts';
import { workerError } from '../../worker-error.ts';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.ts';
import { hasStatus } from '../kubernetes/kubernetes-error.ts';
import { textLines } from './text-lines.ts';

interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly creationTimestamp: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

const metadataOnly = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

/** The logs of a statement's pods, through the Kubernetes API. Available while the pods exist. */
export interface PodLogs {
  list(statement: string, filter: LogFilter): Promise<readonly LoggedPod[]>;
  /** A pod's lines, with `follow` until it ends. None if the pod has not started or no longer exists. */
  lines(pod: LoggedPod, filter: Pick<LogFilter, 'follow' | 'signal'>): AsyncIterable<LogLine>;
  /** Names of the pods that still run. */
  running(statement: string): Promise<ReadonlySet<string>>;
  /** The error that a step's failed pods logged, or else their last line; null: they logged nothing. */
  lastError(workflow: string, step: string): Promise<MillraceError | string | null>;
}

export function openPodLogs(api: KubernetesApi, namespace: string): PodLogs {
  const path = `/api/v1/namespaces/${namespace}/pods`;

  async function pods(query: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<readonly Pod[]> {
    const { items } = await api.json<{ items: Pod[] | null }>({ path, query, accept: metadataOnly, signal });
    return items ?? [];
  }

  async function* linesOf(pod: string, query: Readonly<Record<string, string>>, signal?: AbortSignal) {
    try {
      const answer = await api.stream({ path: `${path}/${pod}/log`, query: { container: 'main', ...query }, signal });
      yield* workersLines(textLines(answer));
    } catch (error) {
      if (!hasStatus(error, 400) && !hasStatus(error, 404)) throw error;
    }
  }

  return {
    async list(statement, { step, signal }) {
      const labels = [
        `millrace/statement=${statementLabel(statement)}`,
        ...(step === undefined ? [] : [`millrace/step=${step}`]),
      ];
      return (await pods({ labelSelector: labels.join(',') }, signal)).map(loggedPod);
    },

    async *lines({ name, step, source }, { follow, signal }) {
      const query: Record<string, string> = follow ? { follow: 'true' } : {};
      for await (const text of linesOf(name, query, signal)) yield { step, source, text };
    },

    async running(statement) {
      const labelSelector = `millrace/statement=${statementLabel(statement)}`;
      const found = await pods({ labelSelector, fieldSelector: 'status.phase=Running' });
      return new Set(found.map(({ metadata }) => metadata.name));
    },

    async lastError(workflow, step) {
      const labelSelector = `workflows.argoproj.io/workflow=${workflow},millrace/step=${step}`;
      const failed = await pods({ labelSelector, fieldSelector: 'status.phase=Failed' });
      let last: string | null = null;
      for (const { metadata } of failed.toSorted(newestFirst).slice(0, 5)) {
        for await (const line of linesOf(metadata.name, { tailLines: '20' })) {
          const error = workerError(line);
          // The worker's earlier pods say why they got no further.
          if (error?.code === 'NO_PROGRESS') break;
          if (error !== null) return error;
          if (line.trim() !== '') last = line.trim();
        }
      }
      return last;
    },
  };
}

function loggedPod({ metadata: { name, creationTimestamp, labels = {} } }: Pod): LoggedPod {
  const { 'millrace/step': step = '', 'millrace/source': source = '' } = labels;
  return { name, step, source, createdAt: creationTimestamp };
}

function newestFirst(a: Pod, b: Pod): number {
  return b.metadata.creationTimestamp.localeCompare(a.metadata.creationTimestamp);
}

/** Removes the lines that Argo's executor writes around those of the command, and its line about the exit status. */
async function* workersLines(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let executors = false;
  for await (const line of lines) {
    const end = executors && /^Error: exit status \d+$/.test(line);
    executors = /^time=\S+ level=\S+ msg=.* argo=true\b/.test(line);
    if (!executors && !end) yield line;
  }
}
