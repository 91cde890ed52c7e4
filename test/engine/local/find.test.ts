import { beforeAll, describe, expect, it } from 'vitest';
import { summaryLines } from '../../../src/cli/summary.ts';
import { readMeasurements } from '../../../src/ledger/measurements.ts';
import type { RunStep } from '../../../src/plan/plan.ts';
import { viewStatement } from '../../../src/service/statement-view.ts';
import { mariadb } from '../../database.ts';
import { detect, ended, planOf, submit, useSession } from '../../use-session.ts';

describe('TO FIND', () => {
  const test = useSession(mariadb);
  const run = async (text: string) => {
    const status = await ended(test.session, await submit(test.session, text));
    expect(status).toMatchObject({ state: 'succeeded', error: null });
    return status;
  };
  beforeAll(async () => {
    await run("CREATE MODEL seer FROM '/models/demo.onnx'");
    await run(detect(40, 'detections').replace(', "--image_size=160"', ''));
  });

  it('is compared with labels, and its models are measured by what they took', async () => {
    const [some] = await test.query(
      'SELECT class_name AS name FROM detections GROUP BY 1 ORDER BY COUNT(*) DESC LIMIT 1',
    );
    const name = String(some!.name);
    await test.query(`CREATE TABLE truth AS SELECT file_name, class_name FROM detections WHERE id <= 20`);
    await test.query('UPDATE truth SET class_name = ? WHERE file_name = (SELECT file_name FROM shot WHERE id = 1)', [
      'nothing',
    ]);
    const status = await run(
      `SELECT * FROM shot ORDER BY id LIMIT 20 TO FIND "${name}"
       WITH image_dir = '/datasets', labels = truth, reuse = false USING seer INTO compared`,
    );
    const labelled = await test.query('SELECT DISTINCT file_name FROM truth');
    const wrong = await test.query(
      `SELECT DISTINCT id FROM detections AS d WHERE id <= 20 AND class_name = ?
       AND file_name = (SELECT file_name FROM shot WHERE id = 1)`,
      [name],
    );
    const rows = await test.query('SELECT id FROM shot WHERE id <= 20 AND file_name IN (SELECT file_name FROM truth)');
    expect(labelled.length).toBeGreaterThan(0);
    const { steps } = await viewStatement(test.session, status);
    expect(steps[0]!.find).toMatchObject({
      strategy: 'order',
      predicted: { costMs: expect.any(Number), accuracy: 0.5 },
      actual: { costMs: expect.any(Number), labelled: rows.length, agreement: 1 - wrong.length / rows.length },
    });
    expect(summaryLines(await viewStatement(test.session, status)).join('\n')).toMatch(
      /cost [\d.]+ ms an image \(predicted [\d.]+\) {2}right about [\d.]+ % of \d+ labelled images \(predicted 50 %\)/,
    );
    const [measured] = await readMeasurements(test.session.pool, test.session.schema, { name: 'seer', version: 1 });
    expect(measured).toMatchObject({
      origin: 'run',
      step: 'step-1, model 1',
      device: 'cpu',
      images: 20,
      totalMs: null,
    });
    const { find } = (
      await planOf(test.session, `SELECT * FROM shot TO FIND "${name}" WITH image_dir = '/datasets' USING seer INTO x`)
    ).steps[0] as RunStep;
    expect(find!.strategies.order.cascade!.cost).toBeCloseTo(measured!.inferMs!, 6);
  });

  it('finds the pictures that show what is asked for, with numbers of objects', async () => {
    const [some] = await test.query(
      'SELECT class_name AS name FROM detections GROUP BY 1 ORDER BY ABS(COUNT(DISTINCT id) - 20) LIMIT 1',
    );
    const name = String(some!.name);
    const status = await run(
      `SELECT * FROM shot ORDER BY id LIMIT 40 TO FIND "${name}" WITH image_dir = '/datasets' USING seer INTO found`,
    );
    const expected = await test.query(
      'SELECT id, COUNT(*) AS n FROM detections WHERE class_name = ? GROUP BY id ORDER BY id',
      [name],
    );
    expect(expected.length).toBeGreaterThan(0);
    expect(await test.query(`SELECT id, \`${name}\` AS n FROM found ORDER BY id`)).toEqual(
      expected.map(({ id, n }) => ({ id, n: Number(n) })),
    );
    const { steps } = await viewStatement(test.session, status);
    expect(steps).toMatchObject([
      { program: 'find', into: 'found', rows: 40, models: [{ name: 'seer', classes: [name], asked: 40, decided: 40 }] },
    ]);
  });
});
