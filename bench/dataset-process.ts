import { importDataset } from '../src/dataset/import/import-dataset.ts';
import { cocoSource } from '../src/dataset/sources/coco-source.ts';
import { parseDsn } from '../src/datasource/dsn.ts';
import { openPool } from '../src/datasource/pool.ts';

// Runs in its own process, so that its peak memory is that of one import.

/** Passed as JSON in the environment. */
export interface ImportWork {
  readonly dsn: string;
  readonly file: string;
  readonly into: string;
}

/** Sent to the parent process. */
export interface ImportFigures {
  readonly seconds: number;
  /** CPU of the process, without that of the database. */
  readonly cpuSeconds: number;
  /** The process's peak resident memory, MiB. */
  readonly peakMiB: number;
}

process.send?.(await work(JSON.parse(process.env.BENCH_IMPORT ?? '')));

async function work({ dsn, file, into }: ImportWork): Promise<ImportFigures> {
  const pool = openPool(parseDsn(dsn), { connections: 2 });
  const started = performance.now();
  const source = await cocoSource(file, { segmentations: false });
  await importDataset(pool, { format: 'coco', source, into, replace: true, onProgress: () => {} });
  const seconds = (performance.now() - started) / 1000;
  await pool.end();
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  return { seconds, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakMiB: maxRSS / 1024 };
}
