import type { Metrics } from '../../src/server/metrics.ts';

/** The value of a series as `/metrics` prints it; null: it is not there. */
export async function metricValue(metrics: Metrics, series: string): Promise<number | null> {
  const line = (await metrics.text()).split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? null : Number(line.slice(series.length + 1));
}

/** All series of a name, with their labels. */
export async function seriesOf(metrics: Metrics, name: string): Promise<readonly string[]> {
  const lines = (await metrics.text()).split('\n');
  return lines.filter((line) => line.startsWith(`${name}{`)).map((line) => line.slice(0, line.lastIndexOf(' ')));
}
