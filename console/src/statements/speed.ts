import type { Sample } from './use-statement.ts';

/** Seconds over which a speed is averaged: rows are committed in batches. */
const span = 2;

/** The times, and at each the rows per second of the last seconds. */
export function speedOf(samples: readonly Sample[]): readonly [times: readonly number[], speeds: readonly number[]] {
  const times: number[] = [];
  const speeds: number[] = [];
  let from = 0;
  for (const { at, done } of samples.slice(1)) {
    while (from < samples.length - 2 && samples[from + 1]!.at <= at - span) from += 1;
    const { at: start, done: before } = samples[from]!;
    if (at <= start || at === times.at(-1)) continue;
    times.push(at);
    speeds.push(Math.max(0, (done - before) / (at - start)));
  }
  return [times, speeds];
}
