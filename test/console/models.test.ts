import { beforeAll, describe, expect, it } from 'vitest';
import { addVersion, type NewVersion } from '../../src/ledger/registry-changes.ts';
import type { TrainingReport } from '../../src/ledger/trainings.ts';
import { useServer } from '../server/use-server.ts';
import { hasChromium, seriousFaults, useConsole } from './open-console.ts';

const server = useServer();
const console = useConsole(server);

describe.runIf(hasChromium)('the pages of models', () => {
  beforeAll(async () => {
    const { pool } = server.database;
    await pool.query('CREATE TABLE images (image_id INT PRIMARY KEY, file_name VARCHAR(60))');
    await pool.query(
      'CREATE TABLE annotations (image_id INT, class_name VARCHAR(99), x DOUBLE, y DOUBLE, width DOUBLE, height DOUBLE)',
    );
    const names = Array.from({ length: 6 }, (_, at) => [at + 1, `scene-${at + 1}.jpg`]);
    await pool.query('INSERT INTO images VALUES ?', [names]);
    const models = [
      ["CREATE MODEL scenes FROM '/models/demo.onnx'"],
      ['CREATE MODEL quick LIKE scenes WITH latency = 5, accuracy = 0.7'],
      ['CREATE MODEL exact LIKE scenes WITH latency = 40, accuracy = 0.95'],
    ];
    for (const [sql] of models) expect((await server.run(sql!)).body.error).toBeNull();
    const found = await server.run(
      'SELECT image_id, file_name FROM images TO RUN millrace/worker CMD "yolo", "--model=scenes", "--image_dir=/datasets" INTO labels_made',
    );
    expect(found.body.error).toBeNull();
    await (await server.ask('GET', `/v1/statements/${found.body.id}/events`)).text();
    await pool.query('INSERT INTO annotations SELECT image_id, class_name, x1, y1, x2 - x1, y2 - y1 FROM labels_made');
    const evaluated = await server.run(
      'SELECT image_id, file_name FROM images TO EVALUATE scenes WITH image_dir = "/datasets" LABEL annotations INTO figures',
    );
    expect(evaluated.body.error).toBeNull();
    // The stream of events ends with the statement.
    await (await server.ask('GET', `/v1/statements/${evaluated.body.id}/events`)).text();
  }, 300_000);

  it('list the registry, sorted by any column, and find a model by its name', async () => {
    const page = await console.open('/models');
    const names = () =>
      page.getByRole('region', { name: 'Registered models' }).locator('tbody td:first-child').allTextContents();
    await expect.poll(names).toEqual(expect.arrayContaining(['exact', 'quick', 'scenes']));
    await page.getByRole('button', { name: 'Name' }).click();
    const up = await names();
    await page.getByRole('button', { name: 'Name' }).click();
    expect(await names()).toEqual(up.toReversed());
    await page.getByRole('searchbox', { name: 'Find a model' }).fill('QUI');
    expect(await names()).toEqual(['quick']);
  });

  it('plot accuracy against cost, with each model a link', async () => {
    const page = await console.open('/models');
    await page.getByRole('link', { name: 'exact: accuracy 0.950, 40 ms an image' }).click();
    await page.getByRole('heading', { level: 1, name: 'exact' }).waitFor();
  });

  it('show the measurements of a model by class, and its versions', async () => {
    const page = await console.open('/models/scenes');
    const classes = page.getByRole('region', { name: 'Measurements by class' });
    await classes.getByRole('columnheader', { name: 'AP' }).waitFor();
    const measured = (await server.json('GET', '/v1/models/scenes/measurements')).body.measurements;
    const evaluation = measured.find(({ perClass }: { perClass: unknown }) => perClass !== null);
    expect(await classes.locator('tbody tr').count()).toBe(evaluation.perClass.length);
    await page.getByRole('region', { name: 'Versions' }).getByText('1 (current)').waitFor();
  });

  it('draw how a model was trained', async () => {
    const { pool, systemSchema } = server.database;
    const facts = {
      ...{ family: 'DNNClassifier', classNames: [], namesAreGiven: false, width: null, height: null, inputs: ['x'] },
    };
    // A stand-in for a model that TO TRAIN has made, which needs Python.
    const version: NewVersion = {
      name: 'trained',
      kind: 'tabular',
      digest: 'a'.repeat(64),
      size: 10,
      location: 'path',
      file: '/models/t.onnx',
      ...{ base: null, facts, statement: null, simulation: null },
    };
    const curve = [{ train_loss: 0.9 }, { train_loss: 0.4 }];
    const report = { estimator: 'DNNClassifier', rows: 100, seed: 1, metrics: {}, versions: {}, best: null, curve };
    const training = { statement: 'a-statement', step: 'step-1', report: report as unknown as TrainingReport };
    await addVersion(pool, systemSchema, version, { user: 'ada', isAdmin: false }, training);
    const page = await console.open('/models/trained');
    await page.getByRole('region', { name: 'Training' }).getByRole('button', { name: 'Show' }).click();
    const drawing = page.getByRole('img', { name: 'Training of trained' });
    await drawing.waitFor();
    expect(await drawing.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBe(960);
    expect(await seriousFaults(page)).toEqual([]);
  });

  it('plan a TO FIND by all strategies, and run nothing', async () => {
    const page = await console.open('/models');
    const before = (await server.json('GET', '/v1/statements')).body.statements.length;
    const { classNames } = (await server.json('GET', '/v1/models/scenes')).body.versions[0];
    await page
      .getByLabel('Statement')
      .fill(
        `SELECT * FROM images TO FIND "${classNames[0]}" AND NOT "${classNames[1]}" WITH image_dir = "/datasets" USING quick, exact INTO found`,
      );
    await page.getByRole('button', { name: 'Plan', exact: true }).click();
    for (const strategy of ['baseline', 'basic', 'order'])
      await page.getByRole('article').filter({ hasText: strategy }).first().waitFor();
    expect(await page.getByRole('article').count()).toBe(3);
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByLabel('Statement').fill('SELECT * FROM images TO FIND unicorn INTO found');
    await page.getByRole('button', { name: 'Plan', exact: true }).click();
    await page.getByRole('alert').getByText('unicorn').first().waitFor();
    expect((await server.json('GET', '/v1/statements')).body.statements).toHaveLength(before);
  });

  it.each([
    ['/models', 'light', 360],
    ['/models', 'dark', 3840],
    ['/models/scenes', 'dark', 360],
    ['/models/scenes', 'light', 1280],
  ] as const)('are accessible and as wide as the window: %s, %s, %i px', async (path, theme, width) => {
    const page = await console.open(path, { theme, width, height: 800 });
    await page.getByRole('table').first().waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    expect(await seriousFaults(page)).toEqual([]);
  });

  it('are there for readers, and name a model that is not registered', async () => {
    const page = await console.open('/models/nobody', { user: 'rita' });
    await page.getByRole('alert').getByText("no model is registered as 'nobody'").waitFor();
  });
});
