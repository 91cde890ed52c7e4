import { setTimeout as sleep } from 'node:timers/promises';
import { mayPass } from '../../../errors.ts';
import type { LoggedPod } from '../../../ledger/pod-logs.ts';
import type { LogFilter, LogLine } from '../../engine.ts';
import { isOfPartition } from '../../partition-lines.ts';
import { mergeLines } from './merged-lines.ts';
import type { StatementLogs } from './statement-logs.ts';

/** Interval at which to look for new pods and for the statement's end. */
const lookMs = 1000;

/** Number of lines already yielded, by the pod's name. */
type Given = Map<string, number>;

/** The lines of a statement's pods. With `filter.follow`, yields them as they arrive, until the statement has ended. */
export async function* readPodLogs(
  logs: StatementLogs,
  filter: LogFilter,
  hasEnded: () => Promise<boolean>,
): AsyncGenerator<LogLine> {
  const { partition } = filter;
  for await (const line of allLines(logs, filter, hasEnded))
    if (partition === undefined || isOfPartition(line, partition)) yield line;
}

async function* allLines(
  logs: StatementLogs,
  filter: LogFilter,
  hasEnded: () => Promise<boolean>,
): AsyncGenerator<LogLine> {
  const given: Given = new Map();
  const { signal } = filter;
  if (filter.follow) yield* followUntilEnd(logs, filter, hasEnded, given);
  if (signal?.aborted) return;
  for (const pod of await logs.list(filter)) {
    yield* linesAfter(pod, logs.lines(pod, { signal }), given);
  }
}

async function* followUntilEnd(
  logs: StatementLogs,
  filter: LogFilter,
  hasEnded: () => Promise<boolean>,
  given: Given,
): AsyncGenerator<LogLine> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, ...(filter.signal === undefined ? [] : [filter.signal])]);
  const lines = mergeLines<LogLine>();
  const known = new Set<string>();

  async function look(): Promise<void> {
    for (const pod of await logs.list({ ...filter, signal })) {
      if (known.has(pod.name)) continue;
      known.add(pod.name);
      lines.add(followPod(logs, pod, signal, given));
    }
    if (await hasEnded()) over.abort();
  }

  async function* watch(): AsyncGenerator<never> {
    while (!signal.aborted) {
      await look().catch((error) => {
        if (!signal.aborted && !mayPass(error)) throw error;
      });
      await sleep(lookMs, undefined, { signal }).catch(() => {});
    }
  }

  lines.add(watch());
  lines.end();
  try {
    yield* lines.values;
  } finally {
    over.abort();
  }
}

/** Follows one pod to its end. Waits for a pod that has not started, and reconnects after a broken connection. */
async function* followPod(
  logs: StatementLogs,
  pod: LoggedPod,
  signal: AbortSignal,
  given: Given,
): AsyncGenerator<LogLine> {
  while (!signal.aborted) {
    try {
      yield* linesAfter(pod, logs.lines(pod, { follow: true, signal }), given);
      // A pod without lines has not started yet.
      if (given.has(pod.name)) return;
    } catch (error) {
      if (!signal.aborted && !mayPass(error) && !isCut(error)) throw error;
    }
    await sleep(lookMs, undefined, { signal }).catch(() => {});
  }
}

/** Skips the lines that were already yielded. */
async function* linesAfter({ name }: LoggedPod, lines: AsyncIterable<LogLine>, given: Given): AsyncGenerator<LogLine> {
  let number = 0;
  for await (const line of lines) {
    if (++number <= (given.get(name) ?? 0)) continue;
    given.set(name, number);
    yield line;
  }
}

/** Whether the connection broke in the middle of a response; the codes are those of Node's sockets. */
function isCut(error: unknown): boolean {
  return ['ECONNRESET', 'ETIMEDOUT', 'ERR_STREAM_PREMATURE_CLOSE'].includes(
    (error as NodeJS.ErrnoException).code ?? '',
  );
}
