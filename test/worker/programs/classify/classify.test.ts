import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ProgramCall, SettingsOf } from '../../../../src/programs/programs.ts';
import { describeModel } from '../../../../src/worker/programs/describe-model.ts';
import { knownModel, rowProgram } from '../../../../src/worker/programs/programs.ts';
import { servers } from '../../../database.ts';
import { type ModelSketch, onnxModel } from '../../onnx-model.ts';
import { runWorkers, useWorker } from '../../use-worker.ts';

const settings: SettingsOf<'classify'> = {
  model: '/datasets/colours.onnx',
  image_dir: '/datasets',
  image_column: null,
  classes_file: null,
  class_names: null,
  top: 2,
  min_score: 0,
  activation: 'auto',
  normalization: 'none',
  output: 'classes',
  image_size: null,
  batch: null,
  device: 'cpu',
};
const call = (changes: Partial<SettingsOf<'classify'>> = {}): ProgramCall => ({
  name: 'classify',
  settings: { ...settings, ...changes },
});

/** It classifies by the mean of red, green and blue: a real, tiny classifier. */
const colours: ModelSketch = {
  input: ['batch', 3, 32, 32],
  outputs: [{ dims: ['batch' as unknown as number, 3] }],
  chain: ['GlobalAveragePool', 'Flatten'],
  metadata: { names: "['red', 'green', 'blue']" },
};
const names = { names: "['cat', 'dog']" };

describe.each(servers)('CMD "classify" on $name', (server) => {
  const worker = useWorker(server);
  const inFolder = (name: string) => join(worker.pictures.folder, name);
  const writeModel = (name: string, sketch: ModelSketch) => writeFile(inFolder(name), onnxModel(sketch));

  beforeAll(async () => {
    await writeModel('colours.onnx', colours);
    await writeModel('scored.onnx', { ...colours, chain: [...colours.chain!, 'Softmax'] });
    await writeModel('pooled.onnx', { ...colours, outputs: [{ dims: [1, 3, 1, 1] }], chain: ['GlobalAveragePool'] });
    await writeModel('last.onnx', {
      outputs: [{ dims: [1, 1, 1, 3], values: Float32Array.of(1, 0, 0) }],
      metadata: {},
    });
    await writeModel('detector.onnx', { outputs: [{ dims: [1, 6, 21] }], metadata: names });
    await writeModel('two.onnx', { outputs: [{ name: 'boxes', dims: [1, 4] }, { dims: [1, 2] }], metadata: names });
    await writeModel('misnamed.onnx', { ...colours, metadata: names });
    await writeModel('infinite.onnx', {
      outputs: [{ dims: [1, 2], values: Float32Array.of(1, Number.POSITIVE_INFINITY) }],
      metadata: names,
    });
    const plain = (background: string, width = 40, height = 40) =>
      sharp({ create: { width, height, channels: 3, background } }).png();
    await plain('#ff0000').toFile(inFolder('red.png'));
    // Blue at both ends, which the crop to the centre leaves out.
    const green = await plain('#00ff00').toBuffer();
    await plain('#0000ff', 200, 40)
      .composite([{ input: green, left: 80, top: 0 }])
      .toFile(inFolder('green.png'));
    await writeFile(inFolder('broken.png'), 'no picture');
  });

  const select = "SELECT 1 AS id, 'red.png' AS file_name UNION ALL SELECT 2, 'green.png'";

  it('writes the best classes of each image as rows, and counts them', async () => {
    const context = worker.context('classes', select, { program: call(), partitions: 2 });
    await runWorkers(context);
    const rows = await worker.query('SELECT * FROM classes ORDER BY id, class_rank');
    const [e, n] = [Math.E / (Math.E + 2), 1 / (Math.E + 2)];
    expect(rows.map((row) => ({ ...row, id: Number(row.id) }))).toEqual([
      { id: 1, file_name: 'red.png', class_rank: 1, class_id: 0, class_name: 'red', score: expect.closeTo(e, 5) },
      { id: 1, file_name: 'red.png', class_rank: 2, class_id: 1, class_name: 'green', score: expect.closeTo(n, 5) },
      { id: 2, file_name: 'green.png', class_rank: 1, class_id: 1, class_name: 'green', score: expect.closeTo(e, 5) },
      { id: 2, file_name: 'green.png', class_rank: 2, class_id: 0, class_name: 'red', score: expect.closeTo(n, 5) },
    ]);
    expect(await worker.ledger(context)).toMatchObject([
      { row_id: '1', outputs: 2, error_code: null },
      { row_id: '2', outputs: 2, error_code: null },
    ]);
  });

  it('writes one row per image with a column per class, or with the best five', async () => {
    const scores = call({ output: 'scores', activation: 'none' });
    const place = {
      ...worker.pictures,
      threads: 1,
      answers: null,
      signal: new AbortController().signal,
      log: pino({ level: 'silent' }),
    };
    const program = rowProgram(scores, await knownModel(scores, 'model', 'prepare', place));
    await runWorkers({ ...worker.context('scores', select, { program: scores }), program });
    const rows = await worker.query('SELECT id, red, green, blue FROM scores ORDER BY id');
    expect(rows.map((row) => Object.values(row).map(Number))).toEqual([
      [1, 1, 0, 0],
      [2, 0, 1, 0],
    ]);
    await runWorkers(
      worker.context('best', select, { program: call({ output: 'top5', class_names: ['r', 'g', 'b'] }) }),
    );
    expect(await worker.query('SELECT top1_class, top4_class, top5_score FROM best ORDER BY id')).toEqual([
      { top1_class: 'r', top4_class: null, top5_score: null },
      { top1_class: 'g', top4_class: null, top5_score: null },
    ]);
  });

  it("writes a column for each of ImageNet's 1000 classes, if the model has as many and names none", async () => {
    const values = Float32Array.from({ length: 1000 }, (_, at) => (at === 517 ? 0.875 : 0));
    await writeModel('imagenet.onnx', { outputs: [{ dims: [1, 1000], values }], metadata: {} });
    const scores = call({ output: 'scores', activation: 'none', model: '/datasets/imagenet.onnx' });
    const place = {
      ...worker.pictures,
      threads: 1,
      answers: null,
      signal: new AbortController().signal,
      log: pino({ level: 'silent' }),
    };
    const program = rowProgram(scores, await knownModel(scores, 'model', 'prepare', place));
    await runWorkers({ ...worker.context('imagenet', select, { program: scores }), program });
    const rows = await worker.query('SELECT id, tench, crane, `crane 517` FROM imagenet ORDER BY id');
    expect(rows.map((row) => Object.values(row).map(Number))).toEqual([
      [1, 0, 0, 0.875],
      [2, 0, 0, 0.875],
    ]);
  });

  const firstScore = async (table: string, changes: Partial<SettingsOf<'classify'>>) => {
    await runWorkers(worker.context(table, "SELECT 'red.png' AS file_name", { program: call(changes) }));
    const [row] = await worker.query(`SELECT class_name, score FROM ${table} ORDER BY class_rank LIMIT 1`);
    return row;
  };

  it.each<[string, Partial<SettingsOf<'classify'>>, number]>([
    ['logits get softmax', {}, Math.E / (Math.E + 2)],
    ['a model that ends in softmax does not get it again', { model: '/datasets/scored.onnx' }, Math.E / (Math.E + 2)],
    ['sides of 1 behind the classes are left out', { model: '/datasets/pooled.onnx' }, Math.E / (Math.E + 2)],
    [
      'sides of 1 before the classes are left out',
      { model: '/datasets/last.onnx', class_names: ['red', 'green', 'blue'] },
      Math.E / (Math.E + 2),
    ],
    ['--activation=none leaves the output as it is', { activation: 'none' }, 1],
    [
      '--activation=softmax is applied whatever the model ends in',
      { model: '/datasets/scored.onnx', activation: 'softmax' },
      0.4185,
    ],
    [
      '--normalization=imagenet does so to pixels',
      { normalization: 'imagenet', activation: 'none' },
      (1 - 0.485) / 0.229,
    ],
    ['other models than those of Ultralytics want it', { normalization: 'auto', activation: 'none' }, 2.2489],
  ])('%s', async (title, changes, score) => {
    const table = `t_${title.replace(/\W+/g, '_').slice(0, 50)}`;
    expect(await firstScore(table, changes)).toEqual({ class_name: 'red', score: expect.closeTo(score, 3) });
  });

  it('takes pixels from 0 to 1 for a classifier of Ultralytics, and drops classes below the minimum score', async () => {
    await writeModel('ultralytics.onnx', { ...colours, metadata: { ...colours.metadata, task: 'classify' } });
    const changes = {
      model: '/datasets/ultralytics.onnx',
      normalization: 'auto',
      activation: 'none',
      min_score: 0.5,
    } as const;
    expect(await firstScore('ultralytics', changes)).toEqual({ class_name: 'red', score: 1 });
    expect(await worker.query('SELECT COUNT(*) AS n FROM ultralytics')).toEqual([{ n: '1' }]);
  });

  it('names classes by their numbers where the model has no names', async () => {
    await writeModel('nameless.onnx', { ...colours, metadata: {} });
    expect(await firstScore('nameless', { model: '/datasets/nameless.onnx' })).toMatchObject({ class_name: 'class 0' });
  });

  it('fails a row whose image is broken, outside or not there, or whose scores are infinite, and no other', async () => {
    await cp(inFolder('red.png'), inFolder('again.png'));
    const names = ['broken.png', '../x.png', 'absent.png', 'again.png'];
    const rows = names.map((name) => `SELECT '${name}' AS file_name`).join(' UNION ALL ');
    const context = worker.context('some', rows, { program: call(), maxFailedRows: 3 });
    await runWorkers(context);
    const codes = (await worker.ledger(context)).map(({ error_code }) => error_code);
    expect(codes).toEqual(['IMAGE_BROKEN', 'IMAGE_OUTSIDE', 'IMAGE_MISSING', null]);
    const infinite = worker.context('infinite', "SELECT 'red.png' AS file_name", {
      program: call({ model: '/datasets/infinite.onnx' }),
    });
    await expect(runWorkers(infinite)).rejects.toMatchObject({
      code: 'ROWS_FAILED',
      message: expect.stringContaining('MODEL_OUTPUT_INVALID, the model gave a score that is infinite or not a number'),
      hint: 'fix the images and retry: only the failed rows are processed again; or raise max_failed_rows',
    });
  });

  it.each([
    [
      'detector.onnx',
      'the model looks like a detector: output output0 [1, 6, 21]',
      /^run a detector with CMD "detect"/,
    ],
    [
      'two.onnx',
      'the model looks like a detector: it has the outputs boxes, output1, and a classifier has one',
      /CMD "detect"/,
    ],
    ['misnamed.onnx', "the model's names and its output differ: 2 names, 3 classes", /^set the metadata entry names/],
  ])('refuses %s by what it is', async (model, message, hint) => {
    const context = worker.context('refused', select, { program: call({ model: `/datasets/${model}` }) });
    await expect(runWorkers(context)).rejects.toMatchObject({
      code: 'MODEL_UNSUPPORTED',
      message,
      hint: expect.stringMatching(hint),
    });
  });

  it('CMD "detect" refuses a classifier, and names the program for it', async () => {
    const context = worker.context('refused', select);
    const yolo = { ...context.task.program.settings, model: '/datasets/colours.onnx' } as SettingsOf<'detect'>;
    const refused = worker.context('refused', select, { program: { name: 'detect', settings: yolo } });
    await expect(runWorkers(refused)).rejects.toMatchObject({
      code: 'MODEL_UNSUPPORTED',
      message: expect.stringMatching(/^the model looks like an image classifier: outputs output0 \[1, 3\]/),
      hint: 'run it with CMD "classify"',
    });
  });

  it('appends only to tables of its own columns', async () => {
    await runWorkers(worker.context('grown', select, { program: call() }));
    await runWorkers(worker.context('grown', select, { program: call(), writeMode: 'append' }));
    expect(await worker.query('SELECT COUNT(*) AS n FROM grown')).toEqual([{ n: '8' }]);
    await expect(runWorkers(worker.context('grown', select, { writeMode: 'append' }))).rejects.toMatchObject({
      code: 'APPEND_MISMATCH',
      message: expect.stringContaining('it lacks detection_no'),
    });
  });

  it('is what millrace doctor says of such a model', async () => {
    const settings = { modelRoot: null, device: 'cpu', threads: 1, imageSize: null } as const;
    const describe = (name: string) => describeModel({ ...settings, modelFile: inFolder(name) });
    expect(await describe('colours.onnx')).toBe('classifier, 3 classes, 32×32 px');
    expect(await describe('detector.onnx')).toBe('YOLOv8, 2 classes, 32×32 px');
    await expect(describe('two.onnx')).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED' });
  });
});
