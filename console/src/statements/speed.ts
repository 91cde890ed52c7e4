import type { PartitionTime } from '../api/statements.ts';
import type { Sample } from './use-statement.ts';

/** Seconds over which a speed is averaged: rows are committed in batches. */
const span = 2;

/** Seconds since the start, and at each the rows per second. */
export type Speeds = readonly [seconds: readonly number[], speeds: readonly number[]];

/** The speed as this page has seen it. */
export function seenSpeeds(samples: readonly Sample[]): Speeds {
  const seconds: number[] = [];
  const speeds: number[] = [];
  let from = 0;
  for (const { at, done } of samples.slice(1)) {
    while (from < samples.length - 2 && samples[from + 1]!.at <= at - span) from += 1;
    const { at: start, done: before } = samples[from]!;
    const passed = at - samples[0]!.at;
    if (at <= start || passed === seconds.at(-1)) continue;
    seconds.push(passed);
    speeds.push(Math.max(0, (done - before) / (at - start)));
  }
  return [seconds, speeds];
}

/** The speed of an ended step: each partition's rows are spread evenly over its time. */
export function recordedSpeeds(times: readonly PartitionTime[]): Speeds {
  const spans = times.flatMap(({ done, startedAt, finishedAt }) => {
    const [from, to] = [Date.parse(startedAt) / 1000, Date.parse(finishedAt ?? '') / 1000];
    return to > from ? [{ from, to, speed: done / (to - from) }] : [];
  });
  if (spans.length === 0) return [[], []];
  const start = Math.min(...spans.map(({ from }) => from));
  const edges = [...new Set(spans.flatMap(({ from, to }) => [from, to]))].toSorted((a, b) => a - b);
  const seconds: number[] = [];
  const speeds: number[] = [];
  for (const [index, edge] of edges.slice(0, -1).entries()) {
    const end = edges[index + 1]!;
    const speed = spans.reduce((sum, each) => sum + (each.from <= edge && each.to >= end ? each.speed : 0), 0);
    seconds.push(edge - start, end - start);
    speeds.push(speed, speed);
  }
  return [seconds, speeds];
}
