import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openLocalService } from '../../../src/service/local-service.ts';
import type { Service } from '../../../src/service/service.ts';
import { servers } from '../../database.ts';
import { slowRows } from '../../slow-rows.ts';
import { ended, rowsDone, statusWhen, useSession } from '../../use-session.ts';
import { flowerModel } from '../../worker/tabular-onnx.ts';
import { workersWith } from '../../workers.ts';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

describe.each(servers)('TO PREDICT on $name', (server) => {
  const test = useSession(server);
  let service: Service;
  let folder: string;

  async function run(sql: string) {
    const id = await service.submit(sql);
    const status = await ended(test.session, id);
    return { id, status };
  }

  async function succeed(sql: string) {
    const { status } = await run(sql);
    expect(status.error).toBeNull();
    return status;
  }

  beforeAll(async () => {
    folder = join(test.config.stateFolder, 'models');
    await test.query('CREATE TABLE flowers (id INT PRIMARY KEY, width FLOAT, colour VARCHAR(20), kind VARCHAR(20))');
    await test.query(`INSERT INTO flowers VALUES (1, 0.5, 'red', 'rose'), (2, -3, 'red', 'tulip'), (3, NULL, 'blue', 'rose'),
      (4, 2, NULL, 'rose'), (5, 0.25, 'green', NULL), (6, 0.1, 'blue', 'tulip')`);
    await mkdir(folder, { recursive: true });
    Object.assign(test.config, { volumes: { ...test.config.volumes, '/models': folder } });
    await writeFile(join(folder, 'flowers.onnx'), flowerModel());
    service = openLocalService(await test.another());
    await succeed("CREATE MODEL flowers FROM '/models/flowers.onnx' WITH storage = 'database'");
  });

  it('adds a column named as the label, which takes the place of a selected one', async () => {
    await succeed('SELECT * FROM flowers ORDER BY id TO PREDICT said USING flowers');
    expect(await test.query('SELECT * FROM said ORDER BY id')).toEqual([
      { id: 1, width: 0.5, colour: 'red', kind: 'rose' },
      { id: 2, width: -3, colour: 'red', kind: 'tulip' },
      { id: 3, width: null, colour: 'blue', kind: 'tulip' },
      { id: 4, width: 2, colour: null, kind: 'rose' },
      { id: 5, width: 0.25, colour: 'green', kind: 'rose' },
      { id: 6, width: 0.1, colour: 'blue', kind: 'tulip' },
    ]);
  });

  it('names the column as the statement does, and gives probabilities of classes', async () => {
    const sql = 'SELECT id, colour, width, kind FROM flowers WHERE width IS NOT NULL';
    await succeed(`${sql} TO PREDICT probable.guess WITH predict.probabilities = true, partitions = 2 USING flowers`);
    const rows = await test.query('SELECT * FROM probable ORDER BY id');
    expect(Object.keys(rows[0]!)).toEqual([
      'id',
      'colour',
      'width',
      'kind',
      'guess',
      'probability_tulip',
      'probability_rose',
    ]);
    const codes: Record<string, number> = { red: 1, blue: -1 };
    for (const { colour, width, guess, probability_rose: rose, probability_tulip: tulip } of rows) {
      const expected = sigmoid(Math.fround(width) + (codes[colour] ?? 0));
      expect(rose).toBeCloseTo(expected, 6);
      expect(tulip).toBeCloseTo(1 - expected, 6);
      expect(guess).toBe(expected > 0.5 ? 'rose' : 'tulip');
    }
  });

  it('appends to a table and overwrites it', async () => {
    const predict = (mode: string) =>
      succeed(`SELECT id, width, colour FROM flowers TO PREDICT modes WITH write_mode = '${mode}' USING flowers@1`);
    await predict('fail');
    await predict('append');
    expect(await test.query('SELECT CAST(COUNT(*) AS DOUBLE) AS n FROM modes')).toEqual([{ n: 12 }]);
    await predict('overwrite');
    expect(await test.query('SELECT CAST(COUNT(*) AS DOUBLE) AS n FROM modes')).toEqual([{ n: 6 }]);
  });

  it.each([
    [
      'a column that is not selected',
      'SELECT id, with_ AS widht, colour FROM (SELECT 1 AS id, 2 AS with_, "red" AS colour) AS t',
      { code: 'UNKNOWN_COLUMN', hint: 'did you mean widht? Select it AS width' },
    ],
    [
      'text where the model reads numbers',
      'SELECT id, colour AS width, colour FROM flowers',
      { code: 'TRAIN_COLUMN_KIND', hint: 'select CAST(width AS DOUBLE) AS width', span: { start: 21, end: 26 } },
    ],
    [
      'numbers where the model reads text',
      'SELECT id, width, id AS colour FROM flowers',
      {
        code: 'TRAIN_COLUMN_KIND',
        message: "the column 'colour' holds numbers, and the model 'flowers' reads text there",
      },
    ],
  ])('refuses at its place %s', async (_, query, error) => {
    await expect(service.explain(`${query} TO PREDICT refused USING flowers`)).rejects.toMatchObject(error);
  });

  it('refuses before any row is read what only the worker can know', async () => {
    const { status } = await run(
      `CREATE TABLE later AS SELECT id, colour AS width, colour FROM flowers;
       CREATE MODEL fresh FROM '/models/flowers.onnx' WITH kind = 'tabular';
       SELECT * FROM later TO PREDICT never USING fresh`,
    );
    expect(status.error).toMatchObject({ code: 'TRAIN_COLUMN_KIND' });
    expect(await test.query("SHOW TABLES LIKE 'never'")).toEqual([]);
  });

  it('runs a model that the same program registers', async () => {
    await succeed(
      `CREATE MODEL same FROM '/models/flowers.onnx'; SELECT * FROM flowers TO PREDICT same_said.guess USING same`,
    );
    expect(await test.query("SELECT CAST(COUNT(*) AS DOUBLE) AS n FROM same_said WHERE guess = 'rose'")).toEqual([
      { n: 3 },
    ]);
  });

  it('runs a detector as detect does', async () => {
    await copyFile(new URL('../../../models/demo.onnx', import.meta.url), join(folder, 'spotter.onnx'));
    await succeed("CREATE MODEL spotter FROM '/models/spotter.onnx'");
    const shots = 'SELECT * FROM shot ORDER BY id LIMIT 4';
    await succeed(`${shots} TO PREDICT found WITH image_dir = '/datasets', image_size = 160 USING spotter`);
    expect((await test.query('SELECT CAST(COUNT(*) AS DOUBLE) AS n FROM found'))[0]!.n).toBeGreaterThan(0);
    await expect(service.explain(`${shots} TO PREDICT a.b.c USING spotter`)).rejects.toMatchObject({
      code: 'WRONG_ATTRIBUTE',
      hint: 'write TO PREDICT a.b',
    });
  });

  it('passes the selected values through as they are, and gives classes the type of the label', {
    timeout: 120_000,
  }, async () => {
    await test.query(`CREATE TABLE wide (id BIGINT UNSIGNED PRIMARY KEY, below BIGINT, price DECIMAL(30, 10), at DATETIME(6),
      bytes VARBINARY(4), text VARCHAR(20), flag BOOLEAN, width DOUBLE, colour VARCHAR(9))`);
    const values = `-9223372036854775808, 12345678901234567890.0123456789, '2026-01-02 03:04:05.678901', X'00FF10', 'Zürich 🌊', NULL`;
    await test.query(
      `INSERT INTO wide VALUES (18446744073709551615, ${values}, 1, 'red'), (9007199254740993, ${values}, -4, 'red')`,
    );
    const labels = { whole: [3, 7], text: ['tulip', 'rose'] } as const;
    await writeFile(join(folder, 'whole.onnx'), flowerModel({ classes: labels.whole }));
    // As of another exporter, which says nothing about itself.
    await writeFile(join(folder, 'text.onnx'), flowerModel({ classes: labels.text, metadata: null }));
    const into = (name: string) => `${test.database.name}.wide_${name}.guess`;
    await succeed(
      Object.keys(labels)
        .map(
          (name) =>
            `CREATE MODEL ${name}s FROM '/models/${name}.onnx'; SELECT * FROM wide TO PREDICT ${into(name)} USING ${name}s`,
        )
        .join(';'),
    );
    const typed = await test.query(`SELECT table_name AS name, data_type AS type FROM information_schema.columns
      WHERE table_schema = '${test.database.name}' AND table_name LIKE 'wide\\_%' AND column_name = 'guess' ORDER BY table_name`);
    expect(typed.map(({ name, type }) => [name, type])).toEqual([
      ['wide_text', expect.stringMatching(/char|text/)],
      ['wide_whole', 'bigint'],
    ]);
    for (const [name, [low, high]] of Object.entries(labels)) {
      const differing =
        await test.query(`SELECT w.id FROM wide AS w LEFT JOIN wide_${name} AS p ON w.id = p.id AND w.below = p.below
        AND w.price = p.price AND w.at = p.at AND w.bytes = p.bytes AND w.text = p.text AND p.flag IS NULL AND w.width = p.width WHERE p.id IS NULL`);
      expect(differing).toEqual([]);
      const guesses = await test.query(`SELECT CAST(guess AS CHAR) AS guess FROM wide_${name} ORDER BY width`);
      expect(guesses.map(({ guess }) => guess)).toEqual([String(low), String(high)]);
    }
  });

  it('gives the same rows if its worker is killed in the middle', async () => {
    await test.query('CREATE TABLE many (id INT PRIMARY KEY, width DOUBLE, colour VARCHAR(9))');
    const rows = Array.from({ length: 400 }, (_, id) => [id, Math.sin(id) * 4, ['red', 'blue', null][id % 3]]);
    await test.query('INSERT INTO many VALUES ?', [rows]);
    const predict = (into: string) =>
      `SELECT * FROM many TO PREDICT ${into}.kind WITH commit_rows = 20, partitions = 2, predict.probabilities = true USING flowers`;
    await succeed(predict('undisturbed'));
    await slowRows(test.database, 0.02);
    const id = await service.submit(predict('disturbed'));
    const status = await statusWhen(test.session, id, (each) => rowsDone(each) > 0);
    expect(rowsDone(status)).toBeLessThan(400);
    for (const { pid } of await workersWith(test.config.schema)) process.kill(pid, 'SIGKILL');
    await slowRows(test.database, 0);
    expect((await ended(test.session, id)).error).toBeNull();
    expect(await test.query('SELECT * FROM disturbed ORDER BY id')).toEqual(
      await test.query('SELECT * FROM undisturbed ORDER BY id'),
    );
  });
});

describe.each(servers)('TO EVALUATE of a model of a table on $name', (server) => {
  const test = useSession(server);
  let service: Service;

  beforeAll(async () => {
    const folder = join(test.config.stateFolder, 'models');
    await mkdir(folder, { recursive: true });
    Object.assign(test.config, { volumes: { ...test.config.volumes, '/models': folder } });
    await writeFile(join(folder, 'flowers.onnx'), flowerModel());
    await test.query('CREATE TABLE flowers (width FLOAT, colour VARCHAR(20), kind VARCHAR(20))');
    await test.query(`INSERT INTO flowers VALUES (0.5, 'red', 'rose'), (-3, 'red', 'tulip'), (-1, 'blue', 'rose'), (2, 'red', 'rose'),
      (1, 'red', NULL), (1, 'red', 'daisy'), (3, 'blue', 'tulip')`);
    service = openLocalService(await test.another());
    expect((await run("CREATE MODEL flowers FROM '/models/flowers.onnx' WITH storage = 'database'")).error).toBeNull();
  });

  const run = async (sql: string) => ended(test.session, await service.submit(sql));

  it('publishes the figures that are asked for, of rows with a label that the model knows', async () => {
    const sql = `SELECT * FROM flowers TO EVALUATE flowers
      WITH validation.metrics = 'Accuracy, AUC, recall_score', partitions = 2 LABEL kind INTO measured`;
    expect((await run(sql)).error).toBeNull();
    const rows = await test.query('SELECT metric, value FROM measured');
    // Roses at 1.5, -2 and 3; tulips at -2 and 2.
    const pairs = (1 + 0 + 0.5 + 0 + 1 + 1) / 6;
    expect(Object.fromEntries(rows.map(({ metric, value }) => [metric, value]))).toMatchObject({
      Accuracy: 3 / 5,
      AUC: pairs,
      recall_score: 2 / 3,
      rows: 5,
    });
  });

  const figures = async (condition: string, into: string, attributes = '') => {
    const sql = `SELECT * FROM flowers WHERE ${condition} TO EVALUATE flowers ${attributes} LABEL kind INTO ${into}`;
    expect((await run(sql)).error).toBeNull();
    const rows = await test.query(`SELECT metric, value FROM ${into} WHERE metric <> 'rows_per_second'`);
    return Object.fromEntries(rows.map(({ metric, value }) => [metric, value]));
  };

  it('is NULL where rows of one class do not tell, and leaves out labels that are NULL or unknown', async () => {
    expect(await figures("kind = 'rose' OR kind IS NULL OR kind = 'daisy'", 'one_class')).toEqual({
      accuracy: 2 / 3,
      precision: 1,
      recall: 2 / 3,
      f1: 0.8,
      auc: null,
      log_loss: expect.closeTo(-Math.log(sigmoid(1.5) * sigmoid(-2) * sigmoid(3)) / 3, 5),
      rows: 3,
    });
  });

  it('is NULL where the model predicts what is not a number', async () => {
    await test.query("INSERT INTO flowers VALUES (NULL, 'red', 'rose')");
    const asked = 'WITH validation.metrics = "log_loss, BrierScore, Accuracy"';
    const found = await figures("colour = 'red' AND kind = 'rose'", 'not_numbers', asked);
    expect(found).toEqual({ log_loss: null, BrierScore: null, Accuracy: 2 / 3, rows: 3 });
  });

  it.each([
    ['no rows', 'width > 100'],
    ['only rows without a known label', "kind = 'daisy' OR kind IS NULL"],
  ])('refuses %s in words', async (_, condition) => {
    const { error } = await run(`SELECT * FROM flowers WHERE ${condition} TO EVALUATE flowers LABEL kind INTO never`);
    expect(error).toMatchObject({ code: 'TRAIN_NO_ROWS', hint: 'select rows with a label' });
    expect(await test.query("SHOW TABLES LIKE 'never'")).toEqual([]);
  });

  it('names at its place a metric, or a label, that does not exist', async () => {
    const sql = (metric: string, label: string) =>
      service.explain(
        `SELECT * FROM flowers TO EVALUATE flowers WITH validation.metrics = '${metric}' LABEL ${label} INTO refused`,
      );
    await expect(sql('Acuracy', 'kind')).rejects.toMatchObject({
      code: 'TRAIN_METRIC_UNKNOWN',
      hint: 'did you mean accuracy?',
    });
    await expect(sql('MAE', 'kind')).rejects.toMatchObject({ code: 'TRAIN_METRIC_UNKNOWN' });
    await expect(sql('AUC', 'kin')).rejects.toMatchObject({ code: 'UNKNOWN_COLUMN', hint: 'did you mean kind?' });
  });
});
