import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { LogFilter, LogLine } from '../engine.ts';

/** Every line of the statement's log files, step by step, in the order prepare, partitions, finish. */
export async function* readLogs(folder: string, { step, partition }: LogFilter): AsyncGenerator<LogLine> {
  for (const name of await entries(folder)) {
    if (step !== undefined && step !== name) continue;
    for (const file of (await entries(join(folder, name))).sort(bySource)) {
      const source = basename(file, '.log');
      if (partition !== undefined && source !== `partition-${partition}`) continue;
      for await (const text of linesOf(join(folder, name, file))) yield { step: name, source, text };
    }
  }
}

async function entries(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

const order = ['prepare', 'partition', 'finish'];

function bySource(a: string, b: string): number {
  const rank = (name: string) => order.findIndex((source) => name.startsWith(source));
  return rank(a) - rank(b) || a.localeCompare(b, 'en', { numeric: true });
}

function linesOf(file: string): AsyncIterable<string> {
  return createInterface({ input: createReadStream(file) });
}
