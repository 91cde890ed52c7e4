import '../src/worker/model/runtime-environment.ts';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Pool, RowDataPacket } from 'mysql2/promise';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { type Config, readConfig } from '../src/config.ts';
import { openSession } from '../src/service/session.ts';
import { prepareEnvironment } from '../src/worker/train/environment.ts';
import { runTrainer } from '../src/worker/train/run-trainer.ts';
import { writeColumns } from '../src/worker/train/write-columns.ts';
import { runSql, type StatementRun } from './end-to-end.ts';
import { type Figure, median, type Table } from './figure.ts';

const rows = 100_000;
const features = Array.from({ length: 30 }, (_, at) => `f${at}`);
const rounds = 3;
/** As the worker's. */
const rowsAtOnce = 1024;

interface Measured {
  readonly rowsPerSecond: number;
  /** Processor time of this process. */
  readonly cpuMicroseconds: number;
}

/**
 * TO PREDICT by 100 trees over 30 columns, compared with onnxruntime alone and with a loop in one process, which selects the rows,
 * runs the same file and inserts the same result. The runs alternate, so that other load on the machine affects all of them equally.
 */
export async function benchPredict(config: Config): Promise<Table> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-predict-'));
  const session = await openSession({ ...config, volumes: { ...config.volumes, '/models': folder } }, () => {});
  const { tables: pool } = session.pools;
  try {
    await makeRows(pool);
    const model = await trainModel(pool, folder);
    const name = `bench_${basename(folder).slice(-6)}`;
    await runSql(session, config.schema, `CREATE MODEL ${name} FROM '/models/out/model.onnx' WITH kind = 'tabular'`);
    const [bare, loop, ours]: [Measured[], Measured[], StatementRun[]] = [[], [], []];
    const runtime = await openRuntime(model);
    const loads: number[] = [];
    for (let round = 0; round < rounds; round++) {
      loads.push(loadavg()[0]!);
      bare.push(await measured(() => runtime.again()));
      loop.push(await measured(() => predictPlainly(pool, runtime)));
      const sql = `SELECT id, ${features.join(', ')} FROM bench.predict_rows TO PREDICT bench.predicted.said
        WITH partitions = 1, write_mode = 'overwrite' USING ${name}`;
      ours.push(await runSql(session, config.schema, sql));
    }
    return {
      title: `TO PREDICT: 100 trees over ${features.length} columns of ${rows} rows, the best of ${rounds} rounds`,
      figures: [
        { figure: 'load of the machine, median', value: median(loads), unit: '' },
        ...figuresOf(bare, loop, ours),
      ],
    };
  } finally {
    await session.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function figuresOf(bare: readonly Measured[], loop: readonly Measured[], ours: readonly StatementRun[]): Figure[] {
  const best = (values: readonly number[]) => Math.max(...values);
  const least = (values: readonly number[]) => Math.min(...values);
  const plain = best(loop.map(({ rowsPerSecond }) => rowsPerSecond));
  const plainCpu = least(loop.map(({ cpuMicroseconds }) => cpuMicroseconds));
  const [baseline, unit] = ['the plain loop', 'rows/s'];
  const speed = (figure: string, value: number): Figure => ({
    ...{ figure, value, unit },
    against: { baseline, ratio: value / plain },
  });
  const cpu = least(ours.map(({ cpuMs }) => cpuMs * 1000));
  return [
    { figure: 'onnxruntime alone', value: best(bare.map(({ rowsPerSecond }) => rowsPerSecond)), unit },
    { figure: baseline, value: plain, unit },
    speed('submit to published', best(ours.map((run) => run.speed))),
    speed('the partition alone', best(ours.map((run) => run.partitionsSpeed))),
    speed('the partition, model loaded', best(ours.map((run) => run.runningSpeed))),
    { figure: `${baseline}: CPU`, value: plainCpu, unit: 'µs/row' },
    {
      figure: 'CPU of the worker, model loaded',
      value: cpu,
      unit: 'µs/row',
      against: { baseline, ratio: cpu / plainCpu },
    },
  ];
}

/** 30 columns of waves, and a class. */
async function makeRows(pool: Pool): Promise<void> {
  await pool.query('CREATE DATABASE IF NOT EXISTS bench');
  await pool.query('DROP TABLE IF EXISTS bench.predict_rows, bench.predicted, bench.predicted_plainly');
  await pool.query(
    `CREATE TABLE bench.predict_rows (id INT PRIMARY KEY, ${features.map((name) => `${name} DOUBLE`).join(', ')}, class INT)`,
  );
  const digits = `(${Array.from({ length: 10 }, (_, at) => `SELECT ${at} AS d`).join(' UNION ALL ')})`;
  const waves = features.map((_, at) => `SIN(n.id * ${at + 1.37})`);
  await pool.query(`INSERT INTO bench.predict_rows SELECT n.id, ${waves.join(', ')}, SIN(n.id * 1.37) * SIN(n.id * 2.37) > 0
    FROM (SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d AS id
      FROM ${digits} AS a, ${digits} AS b, ${digits} AS c, ${digits} AS e, ${digits} AS f) AS n`);
}

/** @returns the file of the model */
async function trainModel(pool: Pool, folder: string): Promise<string> {
  const { signal } = new AbortController();
  const sql = `SELECT ${features.join(', ')}, class FROM bench.predict_rows WHERE id < 5000 ORDER BY id`;
  await writeColumns({ pool, selections: [{ sql, folder: join(folder, 'data/train') }], signal });
  const attributes = { objective: 'binary:logistic', max_depth: 6, 'train.num_boost_round': 100 };
  const job = { version: 1, task: 'train', estimator: 'xgboost.gbtree', attributes, label: 'class', seed: 1 };
  await writeFile(join(folder, 'job.json'), JSON.stringify({ ...job, features: null, threads: 1, from: null }));
  const python = await prepareEnvironment({ folder: join(readConfig(process.env).stateFolder, 'trainer') });
  await runTrainer({ python, folder, signal });
  return join(folder, 'out/model.onnx');
}

interface Runtime {
  /** Classes of a batch. */
  predict(columns: readonly Float32Array[]): Promise<BigInt64Array>;
  /** The first batch, as often as all rows have batches. */
  again(): Promise<void>;
}

async function openRuntime(model: string): Promise<Runtime> {
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const predict = async (columns: readonly Float32Array[]) => {
    const feeds = features.map((name, at) => [name, new Tensor('float32', columns[at]!, [columns[at]!.length, 1])]);
    const { label } = await session.run(Object.fromEntries(feeds), ['label']);
    return label!.data as BigInt64Array;
  };
  const batch = features.map((_, at) =>
    Float32Array.from({ length: rowsAtOnce }, (_, row) => Math.sin(row * (at + 1.37))),
  );
  return {
    predict,
    again: async () => {
      for (let from = 0; from < rows; from += rowsAtOnce) await predict(batch);
    },
  };
}

/** Pages of rows by their key, as a person would write it: no partitions, nothing that would be done once only after a kill. */
async function predictPlainly(pool: Pool, { predict }: Runtime): Promise<void> {
  const names = features.join(', ');
  await pool.query('DROP TABLE IF EXISTS bench.predicted_plainly');
  await pool.query(`CREATE TABLE bench.predicted_plainly (id INT PRIMARY KEY,
    ${features.map((name) => `${name} DOUBLE`).join(', ')}, said BIGINT)`);
  for (let from = 0; from < rows; from += rowsAtOnce) {
    const [found] = await pool.execute<RowDataPacket[][]>(
      { sql: `SELECT id, ${names} FROM bench.predict_rows WHERE id >= ? AND id < ? ORDER BY id`, rowsAsArray: true },
      [from, from + rowsAtOnce],
    );
    const said = await predict(features.map((_, at) => Float32Array.from(found, (row) => Number(row[at + 1]))));
    await pool.query(`INSERT INTO bench.predicted_plainly (id, ${names}, said) VALUES ?`, [
      found.map((row, at) => [...row, said[at]]),
    ]);
  }
}

async function measured(work: () => Promise<void>): Promise<Measured> {
  const [started, before] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(before);
  return {
    rowsPerSecond: rows / ((performance.now() - started) / 1000),
    cpuMicroseconds: (user + system) / rows,
  };
}
