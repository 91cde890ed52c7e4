import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const script = join(import.meta.dirname, '../../scripts/install-prometheus.sh');

/** The folder of Prometheus's programs, fetched where that is possible; null: it is not, and a line says why. */
export const prometheusFolder = findPrometheus();

function findPrometheus(): string | null {
  try {
    return execFileSync('sh', [script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
  } catch {
    return null;
  }
}

export interface Prometheus {
  /** The series of a query between the two times, Unix seconds, each with its values in steps of a second. */
  range(expression: string, from: number, to: number): Promise<readonly Series[]>;
  now(expression: string): Promise<readonly Sample[]>;
  /** The label names of a metric's series. */
  labelsOf(metric: string): Promise<readonly string[]>;
}

export interface StartedPrometheus extends Prometheus {
  stop(): Promise<void>;
}

export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly number[];
}

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A real Prometheus with this configuration, on a port that the system chooses. */
export async function startPrometheus(configuration: unknown): Promise<StartedPrometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-prometheus-'));
  const file = join(folder, 'prometheus.yml');
  await writeFile(file, JSON.stringify(configuration));
  const process = spawn(
    join(prometheusFolder!, 'prometheus'),
    [`--config.file=${file}`, `--storage.tsdb.path=${join(folder, 'data')}`, '--web.listen-address=127.0.0.1:0'],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const ended = new Promise<void>((resolve) => process.once('exit', () => resolve()));
  const url = await listening(createInterface({ input: process.stderr }));
  for (let ready = false; !ready; ) ready = (await fetch(`${url}/-/ready`)).ok;

  return {
    ...prometheusAt(url),
    async stop() {
      process.kill();
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

/** One that runs. */
export function prometheusAt(url: string): Prometheus {
  const ask = async (path: string, parameters: Readonly<Record<string, string>>) => {
    const response = await fetch(`${url}/api/v1/${path}`, { method: 'POST', body: new URLSearchParams(parameters) });
    const answer = (await response.json()) as { status: string; error?: string; data: never };
    if (answer.status !== 'success') throw new Error(`${answer.error}\n${JSON.stringify(parameters)}`);
    return answer.data;
  };

  return {
    async range(expression, from, to) {
      const { result } = await ask('query_range', { query: expression, start: `${from}`, end: `${to}`, step: '1' });
      const series = result as readonly { metric: Record<string, string>; values: [number, string][] }[];
      return series.map(({ metric, values }) => ({ metric, values: values.map(([, value]) => Number(value)) }));
    },
    async now(expression) {
      const { result } = await ask('query', { query: expression });
      const samples = result as readonly { metric: Record<string, string>; value: [number, string] }[];
      return samples.map(({ metric, value: [, value] }) => ({ metric, value: Number(value) }));
    },
    async labelsOf(metric) {
      const series: readonly Record<string, string>[] = await ask('series', { 'match[]': metric });
      return [...new Set(series.flatMap((labels) => Object.keys(labels)))].toSorted();
    },
  };
}

/** It logs `msg="Listening on" address=127.0.0.1:39237`. */
async function listening(log: AsyncIterable<string>): Promise<string> {
  const lines: string[] = [];
  for await (const line of log) {
    const [, address] = /"Listening on" address=(\S+)/.exec(line) ?? [];
    if (address !== undefined) return `http://${address}`;
    lines.push(line);
  }
  throw new Error(`Prometheus does not start:\n${lines.join('\n')}`);
}
