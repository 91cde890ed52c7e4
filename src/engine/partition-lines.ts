import type { LogLine } from './engine.ts';

/** Whether a line is about a partition: a worker names the partition in it; a foreign image has a log for each. */
export function isOfPartition({ source, text }: LogLine, partition: number): boolean {
  return source === `partition-${partition}` || (source.startsWith('worker-') && partitionIn(text) === partition);
}

function partitionIn(text: string): unknown {
  if (!text.startsWith('{')) return undefined;
  try {
    return Object(JSON.parse(text)).partition;
  } catch {
    return undefined;
  }
}
