import type { RowDataPacket } from 'mysql2/promise';
import type { Config } from '../src/config.ts';
import { quoteTable } from '../src/datasource/identifiers.ts';
import { fillDatabase } from '../src/demo/database.ts';
import type { Engine } from '../src/engine/engine.ts';
import type { Plan } from '../src/plan/plan.ts';
import { openSession, type Session } from '../src/service/session.ts';
import { type Baselines, startBaselines } from './baselines.ts';
import type { Figure, Table } from './figure.ts';
import type { DetectorMaterial } from './material.ts';
import type { Totals } from './measured-process.ts';

/** One run of the statement. Speeds in images/s, stages in ms per image, summed over the partitions. */
export interface StatementRun {
  /** Speed from submit to the published table. */
  readonly speed: number;
  /** Speed from the first partition's start to the last one's end. */
  readonly partitionsSpeed: number;
  /** The same, without the time to load the model. */
  readonly runningSpeed: number;
  /** Processor time of the partitions' workers once they have loaded the model, per image. */
  readonly cpuMs: number;
  /** Of the largest worker. */
  readonly peakMiB: number;
  readonly besidesSeconds: number;
  readonly decodeMs: number;
  readonly inferMs: number;
  readonly writeMs: number;
}

interface Measured {
  readonly runs: StatementRun[];
  /** The same images in many partitions, which as many workers draw. */
  readonly drawn: StatementRun[];
  readonly runtime: Totals[];
  readonly python: Totals[];
}

/** How often each number of partitions is measured: what two partitions do on two cores is the aim. */
const rounds = { 1: 1, 2: 3 } as const;
const partitionCounts = [1, 2] as const;
/** Many partitions of few images: what drawing them costs. */
const manyPartitions = 200;

/**
 * Runs a statement through parser, planner, engine and workers, in 1 and 2 partitions, and a Python pipeline and onnxruntime alone in as many
 * processes over the same images. The runs alternate, so that other load on the machine affects all of them equally.
 */
export async function benchEndToEnd(material: DetectorMaterial, config: Config): Promise<Table> {
  const { files, fileNames, dataset } = material;
  const session = await openSession({ ...config, volumes: { ...config.volumes, ...material.volumes } }, () => {});
  const baselines = await startBaselines(material, Math.max(...partitionCounts));
  try {
    await fillDatabase(session.pools.tables, '', { fileNames, dataset, note: '' });
    const statement = (partitions: number, atOnce = partitions) =>
      runStatement(session, config.schema, material.command, { partitions, atOnce });
    const measured = await measureByTurns(statement, baselines);
    const decoding = await baselines.runtime.measure('decode', 'at once');
    const figures = [...measured].flatMap(([partitions, each]) => figuresOf(partitions, each, decoding));
    const compared = baselines.missing === null ? '' : `; ${baselines.missing}`;
    return {
      title: `A statement over ${files.length} images, one run in 1 partition, the best of 3 in 2${compared}`,
      figures,
    };
  } finally {
    baselines.close();
    await session.close();
  }
}

async function measureByTurns(
  statement: (partitions: number, atOnce?: number) => Promise<StatementRun>,
  { runtime, python }: Baselines,
) {
  const measured = new Map(
    partitionCounts.map((partitions) => [partitions, { runs: [], drawn: [], runtime: [], python: [] } as Measured]),
  );
  for (let round = 0; round < Math.max(...Object.values(rounds)); round++) {
    for (const [partitions, each] of measured) {
      if (round >= rounds[partitions]) continue;
      const how = partitions === 1 ? 'in turn' : 'at once';
      each.runtime.push(await runtime.measure('infer', how));
      if (python !== null) each.python.push(await python.measure('detect', how));
      each.runs.push(await statement(partitions));
      each.drawn.push(await statement(manyPartitions, partitions));
    }
  }
  return measured;
}

async function runStatement(
  session: Session,
  schema: string,
  command: string,
  { partitions, atOnce }: { readonly partitions: number; readonly atOnce: number },
) {
  const sql = `SELECT image_id, file_name FROM demo.images
    TO RUN millrace/worker CMD ${command}
    WITH partitions = ${partitions}, pods = ${atOnce}, write_mode = 'overwrite'
    INTO demo.detections;`;
  return runSql(session, schema, sql);
}

/** Runs a program of one step. @param change of its plan */
export async function runSql(
  session: Session,
  schema: string,
  sql: string,
  change: (plan: Plan) => Plan = (plan) => plan,
): Promise<StatementRun> {
  const program = await session.parse(sql);
  const plan = change(await session.plan(program, { user: 'test', isAdmin: true }));
  const submission = session.submission(program, plan);
  await session.engine.submit(submission);
  await ended(session, submission.id);
  return readRun(session, schema, submission.id);
}

async function ended({ engine }: Session, id: string): Promise<void> {
  for await (const { state, error } of engine.events(id)) {
    if (state !== 'succeeded' && error !== null) throw new Error(`${error.code}: ${error.message}`);
  }
}

/** Reads the figures that the engine and the workers recorded themselves. */
async function readRun(
  { pools: { system: pool }, engine }: Session,
  schema: string,
  id: string,
): Promise<StatementRun> {
  const table = (name: string) => quoteTable({ database: schema, table: name });
  const [[row]] = await pool.query<RowDataPacket[]>(
    `SELECT SUM(p.done_rows) AS images, SUM(p.decode_ms) AS decode_ms, SUM(p.infer_ms) AS infer_ms, SUM(p.write_ms) AS write_ms,
       TIMESTAMPDIFF(MICROSECOND, MIN(p.started_at), MAX(p.finished_at)) AS partitions_us,
       TIMESTAMPDIFF(MICROSECOND, t.submitted_at, t.finished_at) AS statement_us
     FROM ${table('statements')} AS t
     JOIN ${table('selections')} AS s ON s.statement_id = t.id
     JOIN ${table('partitions')} AS p ON p.selection_id = s.selection_id
     WHERE t.id = ? GROUP BY t.id`,
    [id],
  );
  const number = (name: string) => Number(row?.[name]);
  const images = number('images');
  const [seconds, partitionsSeconds] = [number('statement_us') / 1e6, number('partitions_us') / 1e6];
  return {
    speed: images / seconds,
    partitionsSpeed: images / partitionsSeconds,
    ...(await readWorkers(engine, id, images)),
    besidesSeconds: seconds - partitionsSeconds,
    decodeMs: number('decode_ms') / images,
    inferMs: number('infer_ms') / images,
    writeMs: number('write_ms') / images,
  };
}

/** From the workers' logs: what they did since the first had loaded its model. */
async function readWorkers(engine: Engine, id: string, images: number) {
  const times: number[] = [];
  const peaks: number[] = [];
  let cpuMs = 0;
  for await (const { source, text } of engine.logs(id)) {
    if (!source.startsWith('worker') || !text.startsWith('{')) continue;
    const line = JSON.parse(text);
    if (line.msg !== 'program open' && line.msg !== 'no partition is left to draw') continue;
    times.push(Date.parse(line.time));
    peaks.push(line.peakMiB);
    cpuMs += line.msg === 'program open' ? -line.cpuMs : line.cpuMs;
  }
  const seconds = (Math.max(...times) - Math.min(...times)) / 1000;
  return { runningSpeed: images / seconds, cpuMs: cpuMs / images, peakMiB: Math.max(...peaks) };
}

function figuresOf(partitions: number, measured: Measured, decoding: Totals): Figure[] {
  const best = measured.runs.toSorted((a, b) => b.speed - a.speed)[0]!;
  const drawn = Math.max(...measured.drawn.map((run) => run.speed));
  const cpuMs = Math.min(...measured.runs.map((run) => run.cpuMs));
  const [runtime, python] = [bestOf(measured.runtime), bestOf(measured.python)];
  const [where, processes] = partitions === 1 ? ['1 partition', '1 process'] : ['2 partitions', '2 processes'];
  const sum = runtime.cpuMsPerImage + decoding.cpuMsPerImage;
  const allowed = (partitions * 1000) / sum;
  const peer = measured.python.length === 0 ? null : { name: `Python, ${processes}` };
  const alone = `onnxruntime and decoding, ${processes}`;
  const speed = (figure: string, value: number): Figure[] =>
    compared({ figure: `${where}: ${figure}`, value, unit: 'images/s' }, [
      [alone, allowed],
      ...(peer === null ? [] : [[peer.name, python.imagesPerSecond] as const]),
    ]);
  const stage = (figure: string, value: number): Figure => ({ figure: `${where}: ${figure}`, value, unit: 'ms/image' });
  return [
    ...(peer === null ? [] : totalFigures(peer.name, python)),
    ...totalFigures(`onnxruntime alone, ${processes}`, runtime),
    { figure: 'decoding alone: CPU', value: decoding.cpuMsPerImage, unit: 'ms/image' },
    { figure: `${alone}: the sum of their CPU times`, value: sum, unit: 'ms/image' },
    { figure: `${alone}: what that allows`, value: allowed, unit: 'images/s' },
    ...speed('submit to published', best.speed),
    {
      figure: `${manyPartitions} partitions in ${processes}: submit to published`,
      value: drawn,
      unit: 'images/s',
      against: { baseline: where, ratio: drawn / best.speed },
    },
    ...speed('the partitions alone', best.partitionsSpeed),
    ...speed('the partitions, model loaded', best.runningSpeed),
    ...compared(stage('CPU of the workers, model loaded', cpuMs), [
      [alone, sum],
      ...(peer === null ? [] : [[peer.name, python.cpuMsPerImage] as const]),
    ]),
    { figure: `${where}: peak memory of a worker`, value: best.peakMiB, unit: 'MiB' },
    { figure: `${where}: select, start, publish`, value: best.besidesSeconds, unit: 's' },
    stage('decode', best.decodeMs),
    stage('infer', best.inferMs),
    stage('write', best.writeMs),
  ];
}

/** The figure once for each baseline. */
function compared(figure: Figure, baselines: readonly (readonly [baseline: string, value: number])[]): Figure[] {
  return baselines.map(([baseline, value]) => ({ ...figure, against: { baseline, ratio: figure.value / value } }));
}

function totalFigures(name: string, { imagesPerSecond, cpuMsPerImage, peakMiB }: Totals): Figure[] {
  return [
    { figure: name, value: imagesPerSecond, unit: 'images/s' },
    { figure: `${name}: CPU`, value: cpuMsPerImage, unit: 'ms/image' },
    { figure: `${name}: peak memory of a process`, value: peakMiB, unit: 'MiB' },
  ];
}

export function bestOf(totals: readonly Totals[]): Totals {
  return {
    imagesPerSecond: Math.max(...totals.map(({ imagesPerSecond }) => imagesPerSecond)),
    cpuMsPerImage: Math.min(...totals.map(({ cpuMsPerImage }) => cpuMsPerImage)),
    peakMiB: Math.max(...totals.map(({ peakMiB }) => peakMiB)),
  };
}
