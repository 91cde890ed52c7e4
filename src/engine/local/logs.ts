import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogFilter, LogLine } from '../engine.ts';
import { isOfPartition } from '../partition-lines.ts';

/** Interval at which to look for new lines. */
const pollMs = 200;

/** Position in a file up to which it has been read. */
interface Tail {
  readonly decoder: TextDecoder;
  bytes: number;
  /** Start of an incomplete line. */
  rest: string;
}

/**
 * Every line of the statement's log files, by step, in the order prepare, partitions, finish. With `filter.follow`, then the lines
 * written later, until the statement has ended.
 */
export async function* readLogs(
  folder: string,
  filter: LogFilter,
  hasEnded: () => Promise<boolean>,
): AsyncGenerator<LogLine> {
  const { signal } = filter;
  const tails = new Map<string, Tail>();
  while (!signal?.aborted) {
    const last = !filter.follow || (await hasEnded());
    yield* newLines(folder, filter, tails, last);
    if (last) return;
    await sleep(pollMs, undefined, { signal }).catch(() => {});
  }
}

async function* newLines(
  folder: string,
  { step, partition }: LogFilter,
  tails: Map<string, Tail>,
  last: boolean,
): AsyncGenerator<LogLine> {
  for (const name of await entries(folder)) {
    if (step !== undefined && step !== name) continue;
    for (const file of (await entries(join(folder, name))).sort(bySource)) {
      const source = basename(file, '.log');
      const path = join(folder, name, file);
      const tail = tails.get(path) ?? { decoder: new TextDecoder(), bytes: 0, rest: '' };
      tails.set(path, tail);
      for await (const text of linesSince(path, tail, last)) {
        const line = { step: name, source, text };
        if (partition === undefined || isOfPartition(line, partition)) yield line;
      }
    }
  }
}

async function entries(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

const order = ['prepare', 'worker', 'finish'];

function bySource(a: string, b: string): number {
  const rank = (name: string) => order.findIndex((source) => name.startsWith(source));
  return rank(a) - rank(b) || a.localeCompare(b, 'en', { numeric: true });
}

async function* linesSince(file: string, tail: Tail, last: boolean): AsyncGenerator<string> {
  for await (const chunk of createReadStream(file, { start: tail.bytes })) {
    tail.bytes += chunk.length;
    const pieces = (tail.rest + tail.decoder.decode(chunk, { stream: true })).split('\n');
    tail.rest = pieces.pop() ?? '';
    yield* pieces;
  }
  if (last && tail.rest !== '') yield tail.rest;
}
