import { setTimeout as sleep } from 'node:timers/promises';
import { mayPass } from '../../../errors.ts';
import type { Plan } from '../../../plan/plan.ts';
import type { LogFilter, LogLine } from '../../engine.ts';
import { mergeLines } from './merged-lines.ts';
import type { PodLogs, StatementPod } from './pod-logs.ts';

/** How soon new pods are seen, and that the statement has ended. */
const lookMs = 1000;

/** How many lines of each pod have been given, by its name. */
type Given = Map<string, number>;

/** The lines of a statement's pods; with `filter.follow` as they come, until the statement has ended and all are given. */
export async function* readPodLogs(
  pods: PodLogs,
  statement: string,
  plan: Plan,
  filter: LogFilter,
  hasEnded: () => Promise<boolean>,
): AsyncGenerator<LogLine> {
  const given: Given = new Map();
  const { signal } = filter;
  if (filter.follow) yield* followUntilEnd(pods, statement, plan, filter, hasEnded, given);
  if (signal?.aborted) return;
  for (const pod of await pods.list(statement, plan, filter)) {
    yield* linesAfter(pod, pods.lines(pod, { signal }), given);
  }
}

async function* followUntilEnd(
  pods: PodLogs,
  statement: string,
  plan: Plan,
  filter: LogFilter,
  hasEnded: () => Promise<boolean>,
  given: Given,
): AsyncGenerator<LogLine> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, ...(filter.signal === undefined ? [] : [filter.signal])]);
  const lines = mergeLines<LogLine>();
  const known = new Set<string>();

  async function look(): Promise<void> {
    for (const pod of await pods.list(statement, plan, { ...filter, signal })) {
      if (known.has(pod.name)) continue;
      known.add(pod.name);
      lines.add(followPod(pods, pod, signal, given));
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

/** A connection that was cut is opened again; what a pod has not begun to write is waited for. */
async function* followPod(
  pods: PodLogs,
  pod: StatementPod,
  signal: AbortSignal,
  given: Given,
): AsyncGenerator<LogLine> {
  while (!signal.aborted) {
    try {
      yield* linesAfter(pod, pods.lines(pod, { follow: true, signal }), given);
      // To its end, or it has not begun.
      if (given.has(pod.name)) return;
    } catch (error) {
      if (!signal.aborted && !mayPass(error) && !isCut(error)) throw error;
    }
    await sleep(lookMs, undefined, { signal }).catch(() => {});
  }
}

/** Less the lines that were given before. */
async function* linesAfter(
  { name }: StatementPod,
  lines: AsyncIterable<LogLine>,
  given: Given,
): AsyncGenerator<LogLine> {
  let number = 0;
  for await (const line of lines) {
    if (++number <= (given.get(name) ?? 0)) continue;
    given.set(name, number);
    yield line;
  }
}

/** Of Node's sockets: the server has gone in the middle of an answer. */
function isCut(error: unknown): boolean {
  return ['ECONNRESET', 'ETIMEDOUT', 'ERR_STREAM_PREMATURE_CLOSE'].includes(
    (error as NodeJS.ErrnoException).code ?? '',
  );
}
