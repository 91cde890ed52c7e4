import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ProgramCall, SettingsOf } from '../../../../src/programs/programs.ts';
import type { RowsContext } from '../../../../src/worker/context.ts';
import { knownModel, rowProgram } from '../../../../src/worker/programs/programs.ts';
import { servers } from '../../../database.ts';
import { onnxModel } from '../../onnx-model.ts';
import { runWorkers, useWorker } from '../../use-worker.ts';

describe.each(servers)('CMD "detect" on $name', (server) => {
  const worker = useWorker(server);
  const inFolder = (name: string) => join(worker.pictures.folder, name);

  /** One dog of 0.75 at x 20 to 40 and y 24 to 40, inside the left half of which its mask is. */
  beforeAll(async () => {
    const dog = [30, 32, 20, 16, 0, 0.75, 1];
    const values = Float32Array.from({ length: 38 * 84 }, (_, at) => (at % 84 === 0 ? (dog[at / 84] ?? 0) : 0));
    const prototypes = Float32Array.from({ length: 32 * 256 }, (_, at) => (at < 256 && at % 16 < 8 ? 1 : -1));
    const outputs = [
      { dims: [1, 38, 84], values },
      { name: 'output1', dims: [1, 32, 16, 16], values: prototypes },
    ];
    const metadata = { names: "{0: 'cat', 1: 'hot dog'}" };
    await writeFile(inFolder('masks.onnx'), onnxModel({ input: [1, 3, 64, 64], outputs, metadata }));
    const grey = { create: { width: 64, height: 64, channels: 3 as const, background: '#888' } };
    await sharp(grey).png().toFile(inFolder('a.png'));
  });

  const select = "SELECT 1 AS id, 'a.png' AS file_name";

  async function contextFor(
    table: string,
    changes: Partial<SettingsOf<'detect'>>,
    more: Partial<RowsContext['task']> = {},
  ): Promise<RowsContext> {
    const context = worker.context(table, select);
    const settings = { ...context.task.program.settings, model: '/datasets/masks.onnx', ...changes };
    const program = { name: 'detect', settings } as ProgramCall;
    const place = {
      ...worker.pictures,
      threads: 1,
      answers: null,
      signal: new AbortController().signal,
      log: pino({ level: 'silent' }),
    };
    const called = worker.context(table, select, { program, ...more });
    return { ...called, program: rowProgram(program, await knownModel(program, 'model', 'prepare', place)) };
  }

  it('writes masks as JSON that the database can read', async () => {
    await runWorkers(await contextFor('masked', { masks: true }));
    const rows = await worker.query(
      "SELECT class_name, x1, JSON_UNQUOTE(JSON_EXTRACT(mask, '$.size[0]')) AS height, JSON_TYPE(JSON_EXTRACT(mask, '$.counts')) AS counts FROM masked",
    );
    expect(rows).toEqual([{ class_name: 'hot dog', x1: 20, height: '64', counts: 'STRING' }]);
  });

  it('runs a simulated model that knows only some classes', async () => {
    await runWorkers(await contextFor('covered', { class_coverage: ['cat'] }));
    expect(await worker.query('SELECT class_name FROM covered')).toEqual([]);
    await runWorkers(await contextFor('wrong', { accuracy: 0, latency: 5 }));
    expect(await worker.query('SELECT class_name FROM wrong')).toEqual([{ class_name: 'cat' }]);
  });

  it('names the class that a simulated model should know and does not have', async () => {
    await expect(runWorkers(await contextFor('uncovered', { class_coverage: ['dog'] }))).rejects.toThrow(
      expect.objectContaining({ code: 'WRONG_OPTION', message: expect.stringContaining('--class_coverage names') }),
    );
  });

  it('writes one row per image with the best score of each class, to which more can be appended', async () => {
    await runWorkers(await contextFor('per_class', { output: 'scores' }));
    await runWorkers(await contextFor('per_class', { output: 'scores', confidence: 0.9 }, { writeMode: 'append' }));
    const rows = await worker.query('SELECT file_name, cat, `hot dog` FROM per_class ORDER BY `hot dog` DESC');
    expect(rows).toEqual([
      { file_name: 'a.png', cat: 0, 'hot dog': 0.75 },
      { file_name: 'a.png', cat: 0, 'hot dog': 0 },
    ]);
  });

  it('writes the best five classes of an image', async () => {
    await runWorkers(await contextFor('best', { output: 'top5', class_names: ['cat', 'dog'] }));
    const [row] = await worker.query('SELECT top1_class, top1_score, top2_class, top5_score FROM best');
    expect(row).toEqual({ top1_class: 'dog', top1_score: 0.75, top2_class: null, top5_score: null });
  });

  it('refuses a selected column that has the name of a class', async () => {
    const context = await contextFor('taken', { output: 'scores', class_names: ['cat', 'file_name'] });
    await expect(runWorkers(context)).rejects.toMatchObject({ code: 'DUPLICATE_COLUMN' });
  });

  it('keeps only the classes that are asked for', async () => {
    await runWorkers(await contextFor('cats', { classes: ['cat'] }));
    expect(await worker.query('SELECT COUNT(*) AS n FROM cats')).toEqual([{ n: '0' }]);
    await expect(runWorkers(await contextFor('mice', { classes: ['mouse'] }))).rejects.toMatchObject({
      code: 'WRONG_OPTION',
      message: "--classes names 'mouse', a class that the model does not have",
    });
  });
});
