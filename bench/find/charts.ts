import type { Strategy } from '../../src/plan/optimize/strategies.ts';
import { type Chart, drawChart } from '../../src/plot/chart.ts';

export const strategies = ['baseline', 'basic', 'order'] as const satisfies readonly Strategy[];

/** The accuracy of the plan of each strategy in one case; null: it has none. */
export interface Case {
  readonly name: string;
  readonly accuracy: Readonly<Record<Strategy, number | null>>;
}

export function accuracyChart(cases: readonly Case[], labels: Pick<Chart, 'title' | 'note' | 'x' | 'y'>): string {
  return drawChart({
    ...labels,
    names: cases.map(({ name }) => name),
    series: strategies.map((strategy) => ({
      name: strategy,
      kind: 'points',
      points: cases.flatMap(({ accuracy }, index) => {
        const y = accuracy[strategy];
        return y === null ? [] : [{ x: index + 1, y }];
      }),
    })),
  });
}

/** Median planning time by number of classes. */
export interface TimeLine {
  readonly name: string;
  readonly times: readonly { readonly classes: number; readonly ms: number }[];
}

export function timeChart(lines: readonly TimeLine[], note: string): string {
  return drawChart({
    title: 'Planning time by number of classes',
    note,
    x: 'classes of the predicate',
    y: 'ms (median)',
    isLogarithmic: true,
    series: lines.flatMap(({ name, times }) => [
      { name, kind: 'line', points: times.map(({ classes, ms }) => ({ x: classes, y: ms })) } as const,
    ]),
  });
}
