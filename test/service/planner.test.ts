import { beforeAll, describe, expect, it } from 'vitest';
import { servers } from '../database.ts';
import { planOf, useSession } from '../use-session.ts';

describe.each(servers)('planning on $name', (server) => {
  const test = useSession(server);
  const run = (query: string, into: string) => `${query}
TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets" WITH write_mode = 'overwrite' INTO ${into}`;

  beforeAll(async () => {
    await test.query('CREATE VIEW inner_shot AS SELECT * FROM shot');
    await test.query('CREATE VIEW outer_shot AS SELECT i.* FROM inner_shot AS i WHERE id > 0');
    await test.query(
      'CREATE TABLE truth (file_name VARCHAR(60), class_name VARCHAR(60), x INT, y INT, width INT, height INT)',
    );
    await test.query('CREATE VIEW view_of_truth AS SELECT * FROM truth');
  });

  it.each([
    [
      'a long expression',
      `CONCAT('a very long expression that has no name and is longer than sixty-four characters', id)`,
    ],
    ['an empty text', "''"],
    ['a text that ends with a blank', "'a '"],
  ])('refuses %s without a name, at its place and before anything runs', async (_, expression) => {
    const sql = run(`SELECT id, file_name, ${expression} FROM shot`, 'found');
    const error = await planOf(test.session, sql).catch((error) => error);
    expect(error).toMatchObject({ code: 'INVALID_COLUMN', hint: 'give it a name: … AS name' });
    expect(error.span.start).toBe(expression.startsWith('CONCAT') ? sql.indexOf('CONCAT') : error.span.start);
    const named = run(`SELECT id, file_name, ${expression} AS named FROM shot`, 'found');
    expect((await planOf(test.session, named)).steps).toHaveLength(1);
  });

  it.each([
    ['SELECT * FROM shot', ''],
    ['SELECT * FROM outer_shot', ' through the view DB.outer_shot'],
  ])('refuses to replace the table that the query reads: %s', async (query, through) => {
    const name = test.database.name;
    for (const into of ['shot', `${name}.shot`]) {
      await expect(planOf(test.session, run(query, into))).rejects.toMatchObject({
        code: 'RESULT_IS_SOURCE',
        message: `the query reads ${name}.shot${through.replace('DB', name)}, but write_mode = 'overwrite' would replace it`,
      });
    }
    expect((await planOf(test.session, run(query, 'another'))).steps).toHaveLength(1);
  });

  it.each([
    [
      'of labels',
      `SELECT id, file_name FROM shot TO EVALUATE demo WITH image_dir = '/datasets', write_mode = 'overwrite'
        LABEL view_of_truth INTO truth`,
    ],
    [
      'of a query whose command asks for it',
      `SELECT id, file_name FROM outer_shot TO RUN hebafer/yolov5-sqlflow
        CMD "run_yolov5.py", "--model=demo", "--image_dir=/datasets", "--write_mode=overwrite" INTO shot`,
    ],
  ])('refuses to replace the table behind a view %s', async (_, sql) => {
    await expect(planOf(test.session, sql)).rejects.toMatchObject({
      code: 'RESULT_IS_SOURCE',
      message: expect.stringContaining('through the view'),
    });
  });

  it('rejects paths outside the folders that represent volumes', async () => {
    const sql = run('SELECT * FROM shot', 'found').replace('/datasets', '/etc');
    await expect(planOf(test.session, sql)).rejects.toMatchObject({
      code: 'OUTSIDE_VOLUMES',
      span: { start: sql.indexOf('"--image_dir') },
    });
  });
});
