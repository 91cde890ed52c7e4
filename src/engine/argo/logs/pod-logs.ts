import type { MillraceError } from '../../../errors.ts';
import type { Plan } from '../../../plan/plan.ts';
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

/** A pod of a statement. */
export interface StatementPod {
  readonly name: string;
  readonly step: string;
  /** `prepare`, `partition-3`, `finish`, `statement` */
  readonly source: string;
}

/** The logs of a statement's pods, through the Kubernetes API. Available while the pods exist. */
export interface PodLogs {
  /** The pods, ordered by step as in the plan, then prepare, partitions by number, finish, then by attempt. */
  list(statement: string, plan: Plan, filter: LogFilter): Promise<readonly StatementPod[]>;
  /** A pod's lines, with `follow` until it ends. None if the pod has not started or no longer exists. */
  lines(pod: StatementPod, filter: Pick<LogFilter, 'follow' | 'signal'>): AsyncIterable<LogLine>;
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
    async list(statement, plan, { step, partition, signal }) {
      const labels = [
        `millrace/statement=${statementLabel(statement)}`,
        ...(step === undefined ? [] : [`millrace/step=${step}`]),
        ...(partition === undefined ? [] : [`millrace/source=partition-${partition}`]),
      ];
      const found = await pods({ labelSelector: labels.join(',') }, signal);
      return found.toSorted(byPlace(plan)).map((pod) => ({ name: pod.metadata.name, ...placeOf(pod) }));
    },

    async *lines({ name, step, source }, { follow, signal }) {
      const query: Record<string, string> = follow ? { follow: 'true' } : {};
      for await (const text of linesOf(name, query, signal)) yield { step, source, text };
    },

    async lastError(workflow, step) {
      const labelSelector = `workflows.argoproj.io/workflow=${workflow},millrace/step=${step}`;
      const failed = await pods({ labelSelector, fieldSelector: 'status.phase=Failed' });
      let last: string | null = null;
      for (const { metadata } of failed.toSorted(newestFirst).slice(0, 5)) {
        for await (const line of linesOf(metadata.name, { tailLines: '20' })) {
          const error = workerError(line);
          if (error !== null) return error;
          if (line.trim() !== '') last = line.trim();
        }
      }
      return last;
    },
  };
}

function placeOf({ metadata }: Pod): { readonly step: string; readonly source: string } {
  return { step: metadata.labels?.['millrace/step'] ?? '', source: metadata.labels?.['millrace/source'] ?? '' };
}

const sources = ['statement', 'prepare', 'partition', 'finish'];

function byPlace({ steps }: Plan) {
  const stepRank = (pod: Pod) => steps.findIndex(({ name }) => name === placeOf(pod).step);
  const sourceRank = (pod: Pod) => sources.findIndex((source) => placeOf(pod).source.startsWith(source));
  const bySource = (a: Pod, b: Pod) => placeOf(a).source.localeCompare(placeOf(b).source, 'en', { numeric: true });
  return (a: Pod, b: Pod) =>
    stepRank(a) - stepRank(b) || sourceRank(a) - sourceRank(b) || bySource(a, b) || newestFirst(b, a);
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
