import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import { type DueLogs, type LoggedPod, openPodLogStore, type PodLogStore } from '../../../ledger/pod-logs.ts';
import type { EngineParts } from '../engine-parts.ts';
import { boundedLines } from './bounded-lines.ts';
import type { PodLogs } from './pod-logs.ts';

/** Interval at which to look for statements that have ended. */
const lookMs = 10_000;

/** Bytes of text that are kept of a pod and of a statement: a partition writes about a kilobyte. */
const most = { pod: 2 ** 20, statement: 2 ** 24 };

const podsAtOnce = 4;

/**
 * Until the signal is aborted: stores the logs of statements that have ended, while their pods are there. A pod lives for an hour
 * after its statement has succeeded, so a server may be down for less than that.
 */
export async function keepLogs(
  { pool, deployment, pods }: Pick<EngineParts, 'pool' | 'deployment' | 'pods'>,
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<void> {
  const store = openPodLogStore(pool, deployment.schema);
  while (!signal.aborted) {
    const kept = await keepNext(pods, store, signal).catch((error) => {
      if (!signal.aborted) onError(error);
      return false;
    });
    if (!kept) await sleep(lookMs * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => {});
  }
}

/** Stores the logs of one attempt; whoever takes it next, those of its pods that still run. @returns false if none is due */
async function keepNext(pods: PodLogs, store: PodLogStore, signal: AbortSignal): Promise<boolean> {
  const due = await store.take();
  if (due === null) return false;
  if (await keepAttempt(due, pods, store, signal)) await store.settle(due);
  return true;
}

/** @returns whether all of them are stored */
async function keepAttempt(due: DueLogs, pods: PodLogs, store: PodLogStore, signal: AbortSignal): Promise<boolean> {
  const { statement } = due;
  const running = await pods.running(statement);
  const known = new Set((await store.list(statement)).map(({ name }) => name));
  let room = most.statement - (await store.size(statement));
  const limit = pLimit(podsAtOnce);
  const keep = async (pod: LoggedPod) => {
    if (signal.aborted) return;
    const lines = await boundedLines(linesOf(pod, pods, signal), Math.max(0, Math.min(most.pod, room)));
    room -= lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
    await store.add(statement, pod, lines);
    await store.renew(due);
  };
  const missing = (await pods.list(statement, { signal })).filter(({ name }) => !known.has(name) && !running.has(name));
  await Promise.all(missing.map((pod) => limit(() => keep(pod))));
  return running.size === 0 && !signal.aborted;
}

async function* linesOf(pod: LoggedPod, pods: PodLogs, signal: AbortSignal) {
  for await (const { text } of pods.lines(pod, { signal })) yield text;
}
