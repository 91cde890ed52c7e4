import type { LoggedPod, PodLogStore } from '../../../ledger/pod-logs.ts';
import type { Plan } from '../../../plan/plan.ts';
import type { LogFilter, LogLine } from '../../engine.ts';
import type { PodLogs } from './pod-logs.ts';

/** The logs of a statement: those of its pods, and the stored ones of pods that have ended. */
export interface StatementLogs {
  /** Ordered by step as in the plan, then prepare, workers or partitions by number, finish, then by attempt. */
  list(filter: LogFilter): Promise<readonly LoggedPod[]>;
  /** With `follow`, until the pod ends. */
  lines(pod: LoggedPod, filter: Pick<LogFilter, 'follow' | 'signal'>): AsyncIterable<LogLine>;
}

export function openStatementLogs(pods: PodLogs, store: PodLogStore, statement: string, plan: Plan): StatementLogs {
  let kept = new Set<string>();
  return {
    async list(filter) {
      const running = await pods.list(statement, filter);
      const stored = (await store.list(statement)).filter(isWanted(filter));
      kept = new Set(stored.map(({ name }) => name));
      return [...stored, ...running.filter(({ name }) => !kept.has(name))].sort(byPlace(plan));
    },

    async *lines(pod, filter) {
      if (!kept.has(pod.name)) return yield* pods.lines(pod, filter);
      const { step, source } = pod;
      for (const text of await store.lines(statement, pod.name)) yield { step, source, text };
    },
  };
}

function isWanted({ step }: LogFilter) {
  return (pod: LoggedPod) => step === undefined || pod.step === step;
}

const sources = ['statement', 'prepare', 'worker', 'partition', 'finish'];

function byPlace({ steps }: Plan) {
  const stepRank = (pod: LoggedPod) => steps.findIndex(({ name }) => name === pod.step);
  const sourceRank = (pod: LoggedPod) => sources.findIndex((source) => pod.source.startsWith(source));
  const bySource = (a: LoggedPod, b: LoggedPod) => a.source.localeCompare(b.source, 'en', { numeric: true });
  return (a: LoggedPod, b: LoggedPod) =>
    stepRank(a) - stepRank(b) ||
    sourceRank(a) - sourceRank(b) ||
    bySource(a, b) ||
    a.createdAt.localeCompare(b.createdAt);
}
