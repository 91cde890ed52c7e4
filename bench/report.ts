import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { formatRows } from '../src/cli/result-table.ts';
import type { Figure, Table } from './figure.ts';

export interface Report {
  machine(): void;
  add(benchmark: string, table: Table): void;
}

/** Prints tables for people, or one JSON object per line. */
export function openReport(json: boolean): Report {
  const write = (line: string) => console.log(line);
  if (json) {
    return {
      machine: () => write(JSON.stringify({ machine: machineLine() })),
      add: (benchmark, { figures }) => {
        for (const figure of figures) write(JSON.stringify({ benchmark, ...figure }));
      },
    };
  }
  return {
    machine: () => write(machineLine()),
    add: (benchmark, { title, figures }) => write(`\n${benchmark}: ${title}\n${formatFigures(figures)}`),
  };
}

/** Includes the load of the machine: if it exceeds the number of cores, ratios are still valid but speeds are not. */
function machineLine(): string {
  const cores = availableParallelism();
  const memory = Math.round(totalmem() / 2 ** 30);
  const load = loadavg()[0]?.toFixed(1);
  const system = `${process.platform} ${process.arch}`;
  return `${cores} cores of ${cpus()[0]?.model.trim()}, ${memory} GiB, ${system}, Node ${process.versions.node}, load ${load} before`;
}

function formatFigures(figures: readonly Figure[]): string {
  const compared = figures.some(({ against }) => against !== undefined);
  const rows = figures.map(({ figure, value, unit, against }) => [
    figure,
    formatNumber(value),
    unit,
    ...(compared ? [against === undefined ? '' : `${formatRatio(against.ratio)} × ${against.baseline}`] : []),
  ]);
  return formatRows(['figure', 'value', 'unit', ...(compared ? ['ratio'] : [])], rows);
}

function formatRatio(ratio: number): string {
  return ratio.toFixed(ratio < 0.1 ? 4 : 2);
}

/** At least three digits. */
function formatNumber(value: number): string {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1)));
  return value.toFixed(Math.min(digits, 4));
}
