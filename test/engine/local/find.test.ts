import { beforeAll, describe, expect, it } from 'vitest';
import { viewStatement } from '../../../src/service/statement-view.ts';
import { mariadb } from '../../database.ts';
import { detect, ended, submit, useSession } from '../../use-session.ts';

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
