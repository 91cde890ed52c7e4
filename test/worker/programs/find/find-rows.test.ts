import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { openAnswerStore } from '../../../../src/ledger/answers.ts';
import { readModelCounts } from '../../../../src/ledger/model-counts.ts';
import { storeFile } from '../../../../src/ledger/model-files.ts';
import { modelDigest } from '../../../../src/onnx/model-digest.ts';
import type { CascadeSetting } from '../../../../src/programs/cascade.ts';
import type { ProgramCall } from '../../../../src/programs/programs.ts';
import type { RowsContext } from '../../../../src/worker/context.ts';
import { rowProgram } from '../../../../src/worker/programs/programs.ts';
import { locateModel } from '../../../../src/worker/registered-model.ts';
import { servers } from '../../../database.ts';
import { scenes } from '../../../pictures.ts';
import { runWorkers, useWorker } from '../../use-worker.ts';
import { findSettings, model, writeVariation } from './cascades.ts';

const leaf = (name: string, least = 1) => ({ kind: 'count', class: name, least, most: null }) as const;

describe.each(servers)('TO FIND on $name', (server) => {
  const worker = useWorker(server);
  const files = [...scenes, 'blank.jpg'];
  const select = files.map((file, at) => `SELECT ${at + 1} AS id, '${file}' AS file_name`).join(' UNION ALL ');
  /** Two models, of which the second is asked where the first sees no person. */
  const cascade = (): CascadeSetting => ({
    predicate: { kind: 'any', of: [leaf('person'), leaf('dog', 2)] },
    models: [
      model('first', '/datasets/first.onnx', { classes: ['person'] }),
      model('second', '/datasets/second.onnx', { classes: ['dog'] }),
    ],
  });

  beforeAll(async () => {
    const demo = join(worker.pictures.volumes['/models']!, 'demo.onnx');
    await writeVariation(demo, join(worker.pictures.folder, 'first.onnx'), 160);
    await writeVariation(demo, join(worker.pictures.folder, 'second.onnx'), 96);
  });

  function context(table: string, setting = cascade(), changes: Readonly<Record<string, unknown>> = {}): RowsContext {
    const program = { name: 'find', settings: { ...findSettings, ...changes, cascade: setting } } as ProgramCall;
    const log = pino({ level: 'silent' });
    const own = worker.context(table, select, { program, partitions: 2 });
    return { ...own, program: rowProgram(program), answers: openAnswerStore(own.pool, own.schema, { log }) };
  }

  /** Boxes by class that `TO RUN` finds with the same file. */
  async function counted(file: string, className: string): Promise<readonly number[]> {
    const table = `boxes_${randomUUID().slice(0, 8)}`;
    const { task } = worker.context(table, select);
    const settings = { ...task.program.settings, model: file, iou: null, max_detections: null };
    const program = { name: 'detect', settings } as ProgramCall;
    await runWorkers({ ...worker.context(table, select, { program }), program: rowProgram(program) });
    const rows = await worker.query(`SELECT id, COUNT(*) AS n FROM ${table} WHERE class_name = ? GROUP BY id`, [
      className,
    ]);
    const byId = new Map(rows.map(({ id, n }) => [Number(id), Number(n)]));
    return files.map((_, at) => byId.get(at + 1) ?? 0);
  }

  it('writes the rows that show what is asked for, and counts what each model was asked', async () => {
    const own = context('found');
    await runWorkers(own);
    const [persons, dogs] = [
      await counted('/datasets/first.onnx', 'person'),
      await counted('/datasets/second.onnx', 'dog'),
    ];
    const rows = await worker.query('SELECT * FROM found ORDER BY id');
    expect(rows).toEqual(
      files.flatMap((file_name, at) => {
        const isAsked = persons[at] === 0;
        const isFound = persons[at]! > 0 || dogs[at]! >= 2;
        return isFound ? [{ id: at + 1, file_name, person: persons[at], dog: isAsked ? dogs[at] : null }] : [];
      }),
    );
    expect((await worker.ledger(own)).map(({ outputs }) => outputs)).toEqual(
      files.map((_, at) => Number(persons[at]! > 0 || dogs[at]! >= 2)),
    );
    const decided = persons.filter((count) => count > 0).length;
    const counts = await modelCounts(own);
    expect(counts).toMatchObject([
      { model: 0, asked: files.length, decided, reused: 0 },
      { model: 1, asked: files.length - decided, decided: files.length - decided, reused: 0 },
    ]);
    expect(counts.every(({ inferMs }) => inferMs > 0)).toBe(true);
    const [selection] = await worker.query(
      `SELECT summary FROM ${worker.database.systemSchema}.selections WHERE selection_id = ?`,
      [own.names.id],
    );
    expect(JSON.parse(selection!.summary)).toMatchObject({ rows: files.length, models: counts });
  });

  it('asks no model what an earlier statement has asked, unless reuse = false', async () => {
    const [again, anew] = [context('again'), context('anew', cascade(), { reuse: false })];
    await runWorkers(again);
    await runWorkers(anew);
    expect(await worker.query('SELECT * FROM again ORDER BY id')).toEqual(
      await worker.query('SELECT * FROM found ORDER BY id'),
    );
    expect(await worker.query('SELECT * FROM anew ORDER BY id')).toEqual(
      await worker.query('SELECT * FROM found ORDER BY id'),
    );
    for (const { asked, reused, inferMs } of await modelCounts(again)) expect([asked, inferMs]).toEqual([reused, 0]);
    for (const { reused } of await modelCounts(anew)) expect(reused).toBe(0);
  });

  it('opens models of the system schema, of volumes and of no registry in one cascade', async () => {
    const own = context('registered');
    const stored = join(worker.pictures.folder, 'first.onnx');
    const digest = await modelDigest(stored, []);
    const bytes = await readFile(stored);
    await storeFile(own.pool, own.schema, { digest, size: bytes.length }, async function* () {
      yield bytes;
    });
    const reference = { name: 'first', version: 1, digest, isInDatabase: true, madeBy: null };
    const { models, predicate } = cascade();
    const [first, second] = models as [(typeof models)[number], (typeof models)[number]];
    const secondDigest = await modelDigest(join(worker.pictures.folder, 'second.onnx'), []);
    const setting = {
      predicate,
      models: [
        { ...first, file: 'first@1', reference },
        { ...second, reference: { ...reference, name: 'second', digest: secondDigest, isInDatabase: false } },
      ],
    };
    const cache = { folder: await mkdtemp(join(inject('serversFolder'), 'cache-')), most: 2 ** 30 };
    const program = { name: 'find', settings: { ...findSettings, cascade: setting } } as ProgramCall;
    const located = await locateModel(program, undefined, { ...own, cache });
    await runWorkers({ ...own, volumes: located.volumes, program: rowProgram(located.program) });
    expect(await worker.query('SELECT * FROM registered ORDER BY id')).toEqual(
      await worker.query('SELECT * FROM found ORDER BY id'),
    );
    await writeFile(join(worker.pictures.folder, 'second.onnx'), 'changed');
    await expect(locateModel(program, undefined, { ...own, cache })).rejects.toMatchObject({ code: 'MODEL_CHANGED' });
  });

  async function modelCounts({ pool, schema, names }: RowsContext) {
    return (await readModelCounts(pool, schema, [names.id])).get(names.id.toString('hex')) ?? [];
  }
});
