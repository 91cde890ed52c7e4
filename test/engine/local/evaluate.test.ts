import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { readMeasurements } from '../../../src/ledger/measurements.ts';
import { servers } from '../../database.ts';
import { ended, planOf, submit, useSession } from '../../use-session.ts';
import { onnxModel } from '../../worker/onnx-model.ts';

describe.each(servers)('TO EVALUATE on $name', { timeout: 120_000 }, (server) => {
  const test = useSession(server);
  const run = async (sql: string) => ended(test.session, await submit(test.session, sql));
  const evaluate = (into: string, attributes = 'partitions = 2', labels = 'truth') =>
    `SELECT id AS image_id, file_name FROM shot WHERE id <= 12
TO EVALUATE demo WITH image_dir = "/datasets", image_size = 160, ${attributes}
LABEL ${labels} INTO ${into}`;
  const valuesOf = async (table: string, condition: string) =>
    Object.fromEntries(
      (await test.query(`SELECT metric, value FROM ${table} WHERE ${condition}`)).map((row) => [row.metric, row.value]),
    );

  /** Ground truth: what the model detects with the usual confidence, which the same model then finds again. */
  beforeAll(async () => {
    const seen = `SELECT id AS image_id, file_name FROM shot WHERE id <= 12
TO RUN millrace/worker CMD "detect", "--model=demo", "--image_dir=/datasets", "--image_size=160" WITH partitions = 2 INTO truth`;
    expect(await run(seen)).toMatchObject({ state: 'succeeded' });
  });

  it('publishes the figures of the model and of its classes, and keeps them in the registry', async () => {
    const status = await run(evaluate('evaluation'));
    expect(status).toMatchObject({ state: 'succeeded' });
    const model = await valuesOf('evaluation', 'class_name IS NULL');
    expect(Object.keys(model).slice(0, 12)).toEqual(
      'AP AP50 AP75 AP_small AP_medium AP_large AR1 AR10 AR100 AR_small AR_medium AR_large'.split(' '),
    );
    const [counted] = await test.query('SELECT COUNT(*) AS n, MIN(class_name) AS name FROM truth');
    expect(model).toMatchObject({ images: 12, objects: Number(counted!.n), batch: 1, gpu: 0 });
    expect(model.AP50).toBeGreaterThan(0.9);
    expect(model.detections).toBeGreaterThan(Number(counted!.n));
    expect(model.images_per_second).toBeGreaterThan(0);
    const one = await valuesOf('evaluation', `class_name = '${counted!.name}'`);
    expect(one).toMatchObject({ images_right: 12, images_wrong: 0, precision: 1, recall: 1 });
    const { pool, schema } = test.session;
    const measured = await readMeasurements(pool, schema, { name: 'demo', version: null });
    expect(measured).toMatchObject(
      [
        { origin: 'evaluation', images: 12, batch: 1, device: 'cpu', accuracy: { map: model.AP, ar100: model.AR100 } },
        { origin: 'run' },
      ].slice(0, measured.length),
    );
    expect(measured[0]!.perClass!.find(({ name }) => name === counted!.name)).toMatchObject({ ap: one.AP, right: 12 });
  });

  it('leaves no tables of its own behind, and only the columns that people see', async () => {
    const left = await test.query(
      "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME REGEXP '^(selection|result|summary|replaced)_[0-9a-f]{32}$'",
      [test.config.schema],
    );
    expect(left).toEqual([]);
    const [row] = await test.query('SELECT * FROM evaluation LIMIT 1');
    expect(Object.keys(row!)).toEqual(['metric', 'class_id', 'class_name', 'value']);
  });

  it('appends, overwrites or refuses as the write mode says', async () => {
    const rowsOf = async () => Number((await test.query('SELECT COUNT(*) AS n FROM evaluation'))[0]!.n);
    const rows = await rowsOf();
    await expect(planOf(test.session, evaluate('evaluation'))).rejects.toMatchObject({ code: 'TABLE_EXISTS' });
    expect(await run(evaluate('evaluation', "write_mode = 'append'"))).toMatchObject({ state: 'succeeded' });
    expect(await rowsOf()).toBe(2 * rows);
    expect(await run(evaluate('evaluation', "write_mode = 'overwrite'"))).toMatchObject({ state: 'succeeded' });
    expect(await rowsOf()).toBe(rows);
    expect(await run(evaluate('first', "write_mode = 'append'"))).toMatchObject({ state: 'succeeded' });
    expect(await test.query('SELECT COUNT(*) AS n FROM first')).toEqual([{ n: String(rows) }]);
  });

  it('refuses labels that are not there, that have no boxes or no common images, before any work', async () => {
    await expect(planOf(test.session, evaluate('x', 'partitions = 1', 'absent.labels'))).rejects.toMatchObject({
      code: 'LABELS_UNUSABLE',
      message: 'the table of labels absent.labels does not exist',
    });
    await test.query('CREATE TABLE strange (picture INT, class_name VARCHAR(9), x1 INT, y1 INT, x2 INT, y2 INT)');
    expect(await run(evaluate('x', 'partitions = 1', `${test.database.name}.strange`))).toMatchObject({
      state: 'failed',
      error: { code: 'LABELS_UNUSABLE', message: expect.stringContaining('has no column that tells the image') },
    });
    await expect(
      planOf(test.session, evaluate('truth', "write_mode = 'overwrite'", `${test.database.name}.truth`)),
    ).rejects.toMatchObject({ code: 'RESULT_IS_SOURCE' });
  });

  describe('for a classifier', () => {
    const classify = (label: string, into: string) =>
      `SELECT * FROM colour TO EVALUATE "/datasets/colours.onnx" WITH image_dir = "/datasets", normalization = 'none' LABEL ${label} INTO ${into}`;

    beforeAll(async () => {
      const model = onnxModel({
        input: ['batch', 3, 32, 32],
        outputs: [{ dims: ['batch' as unknown as number, 3] }],
        chain: ['GlobalAveragePool', 'Flatten'],
        metadata: { names: "['red', 'green', 'blue']" },
      });
      await writeFile(join(test.pictures.folder, 'colours.onnx'), model);
      for (const name of ['red', 'green', 'blue']) {
        const create = { width: 32, height: 32, channels: 3 as const, background: name === 'green' ? '#00ff00' : name };
        await sharp({ create })
          .png()
          .toFile(join(test.pictures.folder, `${name}.png`));
      }
      await test.query('CREATE TABLE colour (file_name VARCHAR(20), said VARCHAR(20))');
      await test.query("INSERT INTO colour VALUES ('red.png', 'red'), ('green.png', 'green'), ('blue.png', 'green')");
      await test.query('CREATE TABLE said (file_name VARCHAR(20), class_id INT)');
      await test.query("INSERT INTO said VALUES ('red.png', 0), ('green.png', 1), ('blue.png', 1)");
    });

    it.each(['said', 'table'])('measures it against a column or a table (%s)', async (which) => {
      const label = which === 'said' ? 'said' : `${test.database.name}.said`;
      expect(await run(classify(label, `by_${which}`))).toMatchObject({ state: 'succeeded' });
      expect(await valuesOf(`by_${which}`, 'class_name IS NULL')).toMatchObject({ images: 3, top1: 2 / 3, top5: 1 });
      expect(await valuesOf(`by_${which}`, "class_name = 'green'")).toEqual({
        ...{ images: 2, right: 1, wrong: 1, precision: 1, recall: 0.5 },
      });
      expect(await valuesOf(`by_${which}`, "class_name = 'blue'")).toMatchObject({
        images: 0,
        precision: 0,
        recall: null,
      });
    });
  });
});
