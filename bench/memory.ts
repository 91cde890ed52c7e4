import { fork } from 'node:child_process';
import { randomUUIDv7 } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Pool } from 'mysql2/promise';
import { pino } from 'pino';
import { parseDsn } from '../src/datasource/dsn.ts';
import { openPool } from '../src/datasource/pool.ts';
import { migrate } from '../src/ledger/migrate.ts';
import { selectionNames } from '../src/ledger/selection-names.ts';
import type { SettingsOf } from '../src/programs/programs.ts';
import { type RowsTask, taskVersion } from '../src/task.ts';
import { rowProgram } from '../src/worker/programs/programs.ts';
import { prepare } from '../src/worker/rows/prepare.ts';
import { type Figure, median, type Table } from './figure.ts';
import type { PartitionFigures, PartitionWork } from './partition-rows.ts';
import { type PlainFigures, writePlainly } from './plain-writer.ts';

const schema = 'millrace_bench';
/** More are asked for with `--rows`. */
export const memoryRows = 1e6;
const leastRows = 1e4;
const detections = 3;

interface Measured extends PartitionFigures {
  /** The same amount written by hand, just before. */
  readonly plain: PlainFigures;
  readonly prepareSeconds: number;
}

/** Measures memory and time of the database part of one partition, over selections of which each is ten times as large as the previous. */
export async function benchMemory(dsn: string, most: number): Promise<Table> {
  const pool = openPool(parseDsn(dsn), { connections: 2 });
  try {
    await migrate(pool, schema);
    const sizes = sizesTo(most);
    await makePictures(pool, most);
    const measured: Measured[] = [];
    for (const rows of sizes) measured.push(await measure(dsn, pool, rows));
    return {
      title: `One partition without a model, ${detections} detections a row`,
      figures: figuresOf(measured),
    };
  } finally {
    await pool.end();
  }
}

function sizesTo(most: number): readonly number[] {
  const sizes: number[] = [];
  for (let rows = leastRows; rows < most; rows *= 10) sizes.push(rows);
  return [...sizes, most];
}

async function makePictures(pool: Pool, rows: number): Promise<void> {
  await pool.query('CREATE DATABASE IF NOT EXISTS bench CHARACTER SET utf8mb4');
  await pool.query(
    'CREATE TABLE IF NOT EXISTS bench.pictures (image_id INT UNSIGNED PRIMARY KEY, file_name VARCHAR(512) NOT NULL)',
  );
  await pool.query(
    `INSERT IGNORE INTO bench.pictures
     SELECT seq, CONCAT('train2017/', LPAD(seq, 12, '0'), '.jpg') FROM bench.seq_1_to_${rows}`,
  );
}

async function measure(dsn: string, pool: Pool, rows: number): Promise<Measured> {
  const task = taskOver(rows);
  const names = selectionNames(task, schema);
  const signal = new AbortController().signal;
  const started = performance.now();
  await prepare({
    task,
    program: rowProgram(task.program),
    pool,
    tables: pool,
    users: pool,
    schema,
    names,
    volumes: {},
    answers: null,
    log: pino({ enabled: false }),
    signal,
  });
  const prepareSeconds = (performance.now() - started) / 1000;
  const plain = await writePlainly(pool, Math.min(rows, mostPlain));
  return { ...(await runPartition({ dsn, schema, task })), prepareSeconds, plain };
}

/** Rows that are enough to know the speed of plain writes. */
const mostPlain = 1e5;

function taskOver(rows: number): RowsTask {
  return {
    kind: 'rows',
    version: taskVersion,
    statement: randomUUIDv7(),
    step: 'step-1',
    select: `SELECT image_id, file_name FROM bench.pictures ORDER BY image_id LIMIT ${rows}`,
    into: { database: 'bench', table: `detections_${rows}` },
    writeMode: 'fail',
    partitions: 1,
    partitionBy: null,
    workers: 1,
    commitRows: null,
    maxFailedRows: 0,
    threads: 1,
    mounts: [],
    program: { name: 'detect', settings: noDetection },
  };
}

/** The partition processes rows without a model. */
const noDetection: SettingsOf<'detect'> = {
  model: '',
  image_dir: '/',
  image_column: null,
  family: 'auto',
  classes_file: null,
  class_names: null,
  classes: null,
  confidence: 0.25,
  iou: 0.45,
  agnostic_nms: false,
  max_detections: 300,
  output: 'boxes',
  masks: false,
  keypoints: false,
  corners: false,
  latency: null,
  accuracy: null,
  class_coverage: null,
  image_size: null,
  rect: false,
  batch: null,
  device: 'cpu',
};

async function runPartition(work: PartitionWork): Promise<PartitionFigures> {
  const program = fileURLToPath(new URL('partition-rows.ts', import.meta.url));
  const env = { ...process.env, BENCH_PARTITION: JSON.stringify(work) };
  const child = fork(program, { env, execArgv: ['--expose-gc'] });
  const exited = once(child, 'exit').then(([code]) => {
    throw new Error(`the partition of ${work.task.select} ended with ${code} before it answered`);
  });
  const [figures] = (await Promise.race([once(child, 'message'), exited])) as [PartitionFigures];
  await exited.catch(() => {});
  return figures;
}

function figuresOf(measured: readonly Measured[]): readonly Figure[] {
  const [least, most] = [measured[0]!, measured.at(-1)!];
  const baseline = named(least.rows);
  const grown = (what: string, of: 'peakMiB' | 'liveMiB') =>
    measured.map((each) => ({
      figure: `${named(each.rows)}: ${what}`,
      value: each[of],
      unit: 'MiB',
      against: { baseline, ratio: each[of] / least[of] },
    }));
  const speeds = measured.flatMap((each) => speedsOf(each));
  return [
    ...grown('live memory at the end', 'liveMiB'),
    ...grown('peak of the process', 'peakMiB'),
    ...speeds,
    ...pageFigures(most),
  ];
}

function speedsOf({ rows, seconds, cpuSeconds, plain }: Measured): readonly Figure[] {
  const plainly = plain.rows / plain.seconds;
  const speed = rows / seconds;
  return [
    { figure: `${named(rows)}: written by hand`, value: plainly, unit: 'rows/s' },
    {
      figure: `${named(rows)}: read and written`,
      value: speed,
      unit: 'rows/s',
      against: { baseline: 'by hand', ratio: speed / plainly },
    },
    { figure: `${named(rows)}: their detections`, value: speed * detections, unit: 'rows/s' },
    { figure: `${named(rows)}: CPU of the process`, value: (cpuSeconds * 1e6) / rows, unit: 'µs a row' },
  ];
}

function pageFigures({ rows, firstPagesMs, lastPagesMs, prepareSeconds }: Measured): readonly Figure[] {
  const [first, last] = [median(firstPagesMs), median(lastPagesMs)];
  return [
    { figure: `${named(rows)}: from page to page at the beginning`, value: first, unit: 'ms' },
    {
      figure: `${named(rows)}: from page to page at the end`,
      value: last,
      unit: 'ms',
      against: { baseline: 'at the beginning', ratio: last / first },
    },
    { figure: `${named(rows)}: selected`, value: rows / prepareSeconds, unit: 'rows/s' },
  ];
}

function named(rows: number): string {
  return `${rows.toLocaleString('en')} rows`;
}
