import type { Pool } from 'mysql2/promise';
import type { Config } from '../src/config.ts';
import { parseDsn } from '../src/datasource/dsn.ts';
import { openPool } from '../src/datasource/pool.ts';
import { recordMeasurement } from '../src/ledger/measurements.ts';
import { listModels } from '../src/ledger/registry.ts';
import { addVersion } from '../src/ledger/registry-changes.ts';
import { openSession, type Session } from '../src/service/session.ts';
import { median, quantile, type Table } from './figure.ts';

const models = 10_000;
const [database, schema] = ['bench_models', 'bench_models_system'];
const rounds = 40;
const actor = { user: 'bench', isAdmin: false };

/** Measures the list of registered models, and the planning of a statement that names one of them: first with few models, then with many. */
export async function benchModels(config: Config & { readonly dsn: string }): Promise<Table> {
  const admin = openPool(parseDsn(config.dsn), { connections: 2 });
  let session: Session | undefined;
  try {
    for (const name of [database, schema]) await admin.query(`CREATE DATABASE ${name}`);
    const dsn = Object.assign(new URL(config.dsn), { pathname: `/${database}` }).href;
    session = await openSession({ ...config, dsn, systemDsn: null, readerDsn: null, schema }, () => {});
    await register(session.pool, 1);
    const alone = await timesOf(() => plan(session as Session));
    await register(session.pool, models);
    const planned = await timesOf(() => plan(session as Session));
    const listed = await timesOf(() => listModels(admin, schema, null));
    return {
      title: `${models} registered models`,
      figures: [
        { figure: 'list of all, median', value: median(listed), unit: 'ms' },
        { figure: 'list of all, p99', value: quantile(listed, 0.99), unit: 'ms' },
        { figure: 'plan of a statement, one model, median', value: median(alone), unit: 'ms' },
        {
          figure: 'plan of a statement, median',
          value: median(planned),
          unit: 'ms',
          against: { baseline: 'one model', ratio: median(planned) / median(alone) },
        },
        { figure: 'plan of a statement, p99', value: quantile(planned, 0.99), unit: 'ms' },
      ],
    };
  } finally {
    await session?.close();
    for (const name of [database, schema]) await admin.query(`DROP DATABASE IF EXISTS ${name}`).catch(() => {});
    await admin.end();
  }
}

/** The first of them is there already, or is the only one. */
async function register(pool: Pool, count: number): Promise<void> {
  const names = Array.from({ length: count }, (_, index) => `model-${String(index).padStart(5, '0')}`);
  for (let start = 0; start < count; start += 100)
    await Promise.all(names.slice(start, start + 100).map((name, at) => registerOne(pool, name, start + at)));
}

/** Names of 80 classes, a run and an evaluation. */
async function registerOne(pool: Pool, name: string, number: number): Promise<void> {
  const digest = number.toString(16).padStart(64, '0');
  const classNames = Array.from({ length: 80 }, (_, id) => `class number ${id}`);
  const facts = { family: 'yolov8', classNames, namesAreGiven: false, width: 640, height: 640, inputs: ['images'] };
  const file = { digest, size: 6e6, location: 'path', file: `/models/${name}.onnx` } as const;
  const none = { base: null, statement: null, simulation: null };
  await addVersion(pool, schema, { name, kind: 'detector', ...file, ...none, facts }, actor);
  const common = { modelName: name, version: 1, digest, statementId: null, step: null, device: 'cpu', batch: 8 };
  const times = { images: 100, decodeMs: 2, inferMs: 10, totalMs: 12, startS: 1, peakMemory: 3e8, perClass: null };
  await recordMeasurement(pool, schema, { ...common, ...times, origin: 'run', accuracy: null });
  await recordMeasurement(pool, schema, { ...common, ...times, origin: 'evaluation', accuracy: { map: 0.37 } });
}

const statement = `SELECT 1 AS id, 'a.jpg' AS file_name
TO RUN millrace/worker CMD "yolo", "--model=model-00000", "--image_dir=/datasets"
INTO ${database}.found;`;

const plan = async (session: Session) => session.plan(await session.parse(statement), actor);

async function timesOf(work: () => Promise<unknown>): Promise<readonly number[]> {
  const times: number[] = [];
  for (let round = 0; round < 5 + rounds; round++) {
    const started = performance.now();
    await work();
    if (round >= 5) times.push(performance.now() - started);
  }
  return times;
}
