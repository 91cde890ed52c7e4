import type { RowDataPacket } from 'mysql2/promise';
import type { Config } from '../src/config.ts';
import { quoteTable } from '../src/datasource/identifiers.ts';
import { fillDatabase } from '../src/demo/database.ts';
import type { Engine } from '../src/engine/engine.ts';
import { openSession, type Session } from '../src/service/session.ts';
import type { Figure, Table } from './figure.ts';
import type { Pictures } from './material.ts';
import { type RuntimeAlone, startRuntimeAlone } from './runtime-alone.ts';

/** One run of the statement. Speeds in images/s, stages in ms per image, summed over the partitions. */
interface StatementRun {
  /** Speed from submit to the published table. */
  readonly speed: number;
  /** Speed from the first partition's start to the last one's end. */
  readonly partitionsSpeed: number;
  /** The same, without the time to load the model. */
  readonly runningSpeed: number;
  readonly besidesSeconds: number;
  readonly decodeMs: number;
  readonly inferMs: number;
  readonly writeMs: number;
}

interface Measured {
  readonly runs: readonly StatementRun[];
  readonly runtimeSpeeds: readonly number[];
}

const rounds = 3;
const partitionCounts = [1, 2] as const;

/**
 * Runs the demo's statement through parser, planner, engine and workers, in 1 and 2 partitions, and onnxruntime alone in as many processes on
 * the same tensors. The runs alternate, so that other load on the machine affects all of them equally.
 */
export async function benchEndToEnd(modelFile: string, pictures: Pictures, config: Config): Promise<Table> {
  const { dataset, files } = pictures;
  const fileNames = dataset.images.map(({ file_name }) => file_name);
  const session = await openSession(config, () => {});
  const runtime = await startRuntimeAlone(modelFile, files, Math.max(...partitionCounts));
  try {
    await fillDatabase(session.pools.tables, '', { fileNames, dataset, note: '' });
    const statement = (partitions: number) => runStatement(session, config.schema, pictures.imageDir, partitions);
    const figures: Figure[] = [];
    const measured = await measureByTurns(statement, runtime);
    for (const [partitions, each] of measured) figures.push(...figuresOf(partitions, each));
    return { title: `The demo's statement over ${files.length} images, best of ${rounds} runs`, figures };
  } finally {
    runtime.close();
    await session.close();
  }
}

async function measureByTurns(statement: (partitions: number) => Promise<StatementRun>, runtime: RuntimeAlone) {
  const measured = new Map(
    partitionCounts.map((partitions) => [partitions, { runs: [] as StatementRun[], runtimeSpeeds: [] as number[] }]),
  );
  for (let round = 0; round < rounds; round++) {
    for (const [partitions, { runs, runtimeSpeeds }] of measured) {
      runtimeSpeeds.push(await runtime.measure(partitions === 1 ? 'in turn' : 'at once'));
      runs.push(await statement(partitions));
    }
  }
  return measured;
}

async function runStatement(session: Session, schema: string, imageDir: string, partitions: number) {
  const sql = `SELECT image_id, file_name FROM demo.images
    TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=${imageDir}"
    WITH partitions = ${partitions}, write_mode = 'overwrite'
    INTO demo.detections;`;
  const program = await session.parse(sql);
  const submission = session.submission(program, await session.plan(program));
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
    runningSpeed: images / (await runningSeconds(engine, id)),
    besidesSeconds: seconds - partitionsSeconds,
    decodeMs: number('decode_ms') / images,
    inferMs: number('infer_ms') / images,
    writeMs: number('write_ms') / images,
  };
}

/** Seconds from the first worker that has loaded its model to the end of the last one, according to the workers' logs. */
async function runningSeconds(engine: Engine, id: string): Promise<number> {
  const times: number[] = [];
  for await (const { source, text } of engine.logs(id)) {
    if (!source.startsWith('partition') || !text.startsWith('{')) continue;
    const { msg, time } = JSON.parse(text);
    if (msg === 'model loaded' || msg === 'partition done') times.push(Date.parse(time));
  }
  return (Math.max(...times) - Math.min(...times)) / 1000;
}

function figuresOf(partitions: number, { runs, runtimeSpeeds }: Measured): Figure[] {
  const best = runs.toSorted((a, b) => b.speed - a.speed)[0]!;
  const runtimeSpeed = Math.max(...runtimeSpeeds);
  const where = partitions === 1 ? '1 partition' : `${partitions} partitions`;
  const baseline = `onnxruntime alone, ${partitions === 1 ? '1 process' : `${partitions} processes`}`;
  const speed = (figure: string, value: number): Figure => ({
    figure: `${where}: ${figure}`,
    value,
    unit: 'images/s',
    against: { baseline, ratio: value / runtimeSpeed },
  });
  const stage = (figure: string, value: number): Figure => ({ figure: `${where}: ${figure}`, value, unit: 'ms/image' });
  return [
    { figure: baseline, value: runtimeSpeed, unit: 'images/s' },
    speed('submit to published', best.speed),
    speed('the partitions alone', best.partitionsSpeed),
    speed('the partitions, model loaded', best.runningSpeed),
    { figure: `${where}: select, start, publish`, value: best.besidesSeconds, unit: 's' },
    stage('decode', best.decodeMs),
    stage('infer', best.inferMs),
    stage('write', best.writeMs),
  ];
}
