import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RowDataPacket } from 'mysql2/promise';
import { pino } from 'pino';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { createRandom, type Random } from '../../src/demo/scenes/random.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { selectionNames } from '../../src/ledger/selection-names.ts';
import { taskOf } from '../../src/plan/task-of.ts';
import type { CascadeSetting } from '../../src/programs/cascade.ts';
import type { ProgramCall } from '../../src/programs/programs.ts';
import type { RowsTask, WorkerCommand } from '../../src/task.ts';
import { imageDigest } from '../../src/worker/image/image-digest.ts';
import { openFind } from '../../src/worker/programs/find/open-find.ts';
import type { DoneRow, OpenProgram } from '../../src/worker/row-program.ts';
import { mariadb, useDatabase } from '../database.ts';
import { scenes, usePictures } from '../pictures.ts';
import { findSettings, model, randomPredicate, writeVariation } from '../worker/programs/find/cascades.ts';
import { runStep } from '../workflow/deployment.ts';
import { startWorker, type WorkerEnd } from './worker-run.ts';

/** Another run with the same: `npm run test:faults -- --seed=… --kills=…`, of which this test gets a twentieth. */
const seed = Number(process.env.MILLRACE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const kills = Number(process.env.MILLRACE_FIND_KILLS ?? 3);

const rows = 60;
const fileOf = (row: number) => `picture-${row}.jpg`;
const classes = ['person', 'dog', 'cup', 'car'];

describe(`TO FIND whose workers are killed (seed ${seed}, ${kills} kills)`, {
  timeout: 180_000 + kills * 10_000,
}, () => {
  const database = useDatabase(mariadb);
  const pictures = usePictures();
  const query = async (sql: string, values: unknown[] = []): Promise<RowDataPacket[]> =>
    (await database.admin.query<RowDataPacket[]>(sql, values))[0];
  const system = (table: string) => `${database.systemSchema}.${table}`;
  /** Rows by the SHA-256 of their pictures. */
  const rowOf = new Map<string, number>();
  let killed = 0;

  it('finds what an undisturbed run finds, counts each question once, and asks nothing twice that is stored', async () => {
    await migrate(database.pool, database.systemSchema);
    await drawPictures();
    for (let round = 0; killed < kills; round++) {
      await play(seed + round).catch((error) => {
        console.error(`the round that failed has the seed ${seed + round}`);
        throw error;
      });
    }
    console.info(`TO FIND: ${killed} kills, seed ${seed}`);
  });

  /** Pictures that differ, and models that differ in the size of their input. */
  async function drawPictures(): Promise<void> {
    for (let row = 1; row <= rows; row++) {
      const scene = await readFile(join(pictures.folder, scenes[row % scenes.length]!));
      const bytes = await sharp(scene)
        .rotate(row % 4 === 0 ? 90 : 0)
        .jpeg({ quality: 60 + (row % 35) })
        .toBuffer();
      await writeFile(join(pictures.folder, fileOf(row)), bytes);
      rowOf.set(imageDigest({ bytes }), row);
    }
    expect(rowOf.size).toBe(rows);
    const demo = join(pictures.volumes['/models']!, 'demo.onnx');
    for (const side of sides) await writeVariation(demo, join(pictures.folder, `model-${side}.onnx`), side);
  }

  /** One statement, whose worker is killed until it comes to its end. */
  async function play(roundSeed: number): Promise<void> {
    const random = createRandom(roundSeed);
    const cascade = cascadeOf(random);
    const task = taskFor(cascade, random);
    const names = selectionNames(task, database.systemSchema, true);
    await query(`DELETE FROM ${system('answers')}`);
    expect(await run(task, 'prepare')).toBe('done');
    let reused = 0;
    for (let end: WorkerEnd = 'killed'; end !== 'done'; ) {
      const before = { done: await doneRows(names.id), stored: await storedAnswers() };
      end = await run(task, 'partitions', killed < kills ? random : undefined);
      expect(['done', 'killed']).toContain(end);
      if (end === 'killed') killed++;
      const done = await doneRows(names.id);
      reused += before.stored.filter((row) => done.has(row) && !before.done.has(row)).length;
    }
    expect(await run(task, 'finish')).toBe('done');
    await expectExact(task, cascade, names.id, reused);
  }

  /** @param random when to kill it; absent: not at all */
  async function run(task: RowsTask, command: WorkerCommand, random?: Random): Promise<WorkerEnd> {
    const atWrite = random?.chance(0.6) ?? false;
    const worker = startWorker(database, {
      task,
      command,
      worker: 0,
      clock: { shiftMs: 0, jumpMs: 0 },
      faults: {
        dieAtWrite: atWrite ? random!.count(15, 120) : null,
        writes: random?.chance(0.7) ?? true,
        badRows: false,
        slowMs: 0,
        isReal: true,
      },
      volumes: pictures.volumes,
    });
    if (random === undefined || atWrite) return worker.ended;
    const isOver = worker.ended.then(() => true);
    if (!(await Promise.race([isOver, sleep(random.between(700, 5000), false)]))) process.kill(worker.pid, 'SIGKILL');
    return worker.ended;
  }

  async function doneRows(id: Buffer): Promise<ReadonlySet<number>> {
    const found = await query(`SELECT row_id FROM ${system('ledger')} WHERE selection_id = ?`, [id]);
    return new Set(found.map(({ row_id }) => Number(row_id)));
  }

  /** The row of each stored answer. */
  async function storedAnswers(): Promise<readonly number[]> {
    const found = await query(`SELECT image FROM ${system('answers')}`);
    return found.map(({ image }) => rowOf.get((image as Buffer).toString('hex'))!);
  }

  async function expectExact(task: RowsTask, cascade: CascadeSetting, id: Buffer, reused: number): Promise<void> {
    const settings = { ...findSettings, cascade };
    const log = pino({ level: 'silent' });
    const program = await openFind(settings, {
      ...pictures,
      threads: 1,
      answers: null,
      log,
      signal: new AbortController().signal,
    });
    const outcomes = await undisturbed(program);
    const found = await query(`SELECT * FROM ${database.name}.${task.into!.table} ORDER BY id`);
    expect(found.map((row) => Object.values(row))).toEqual(
      outcomes.flatMap(({ outputs }, at) => outputs.map((values) => [at + 1, fileOf(at + 1), ...values])),
    );
    const asked = outcomes.flatMap((outcome) => outcome.asked!);
    const counted = await query(
      `SELECT model_no AS model, SUM(asked) AS asked, SUM(decided) AS decided, SUM(reused) AS reused FROM ${system('model_counts')}
       WHERE selection_id = ? GROUP BY model_no ORDER BY model_no`,
      [id],
    );
    expect(counted.map((row) => [Number(row.model), Number(row.asked), Number(row.decided)])).toEqual(
      cascade.models.flatMap((_, model) => {
        const own = asked.filter((each) => each.model === model);
        return own.length === 0 ? [] : [[model, own.length, own.filter(({ isLast }) => isLast).length]];
      }),
    );
    expect(counted.reduce((sum, row) => sum + Number(row.reused), 0)).toBe(reused);
    expect((await storedAnswers()).length).toBe(asked.length);
  }

  async function undisturbed(program: OpenProgram): Promise<readonly DoneRow[]> {
    const files = Array.from({ length: rows }, (_, at) => [Buffer.from(fileOf(at + 1))]);
    const outcomes = await program.process(files);
    await program.close();
    return outcomes as readonly DoneRow[];
  }

  function taskFor(cascade: CascadeSetting, random: Random): RowsTask {
    const program = { name: 'find', settings: { ...findSettings, cascade } } as ProgramCall;
    const selected = Array.from(
      { length: rows },
      (_, at) => `SELECT ${at + 1} AS id, '${fileOf(at + 1)}' AS file_name`,
    );
    return {
      ...taskOf(randomUUID(), runStep()),
      select: selected.join(' UNION ALL '),
      into: { database: database.name, table: `found_${randomUUID().slice(0, 8)}` },
      writeMode: 'fail',
      partitions: 1,
      workers: 1,
      partitionBy: null,
      commitRows: random.pick([2, 5, 9]),
      mounts: ['/datasets', '/models'],
      program,
      model: undefined,
    };
  }
});

/** px; of a model each. */
const sides = [160, 192, 224];

/** Three models with the classes of a random expression. */
function cascadeOf(random: Random): CascadeSetting {
  const predicate = randomPredicate(random, classes);
  const shares = Map.groupBy(classes, (_, at) => Math.min(at, sides.length - 1));
  const models = [...shares].map(([at, own]) =>
    model(`model ${at}`, `/datasets/model-${sides[at]}.onnx`, { classes: own }),
  );
  return { predicate, models: random.shuffle(models) };
}
