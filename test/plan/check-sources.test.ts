import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Catalog } from '../../src/catalog/catalog.ts';
import { images } from '../../src/catalog/images.ts';
import { planProgram } from '../../src/plan/plan-program.ts';
import { parseProgram } from '../../src/sql/parse.ts';

const golden: Catalog = {
  ...JSON.parse(readFileSync(new URL('../golden/catalog.json', import.meta.url), 'utf8')),
  images,
};
const viewDefinitions = {
  'demo.outer_view': 'select `i`.`file_name` AS `file_name` from `demo`.`inner_view` `i`',
  'demo.inner_view': 'select `demo`.`images`.`file_name` AS `file_name` from `demo`.`images`',
  'demo.hidden_view': null,
};
const plan = (query: string, into: string, { before = '', mode = 'overwrite' } = {}) => {
  const sql = `${before}${query}
TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets" WITH write_mode = '${mode}' INTO ${into}`;
  return { sql, run: () => planProgram(parseProgram(sql), { ...golden, viewDefinitions }) };
};

describe("a result that would replace the query's source", () => {
  it.each([
    ['SELECT * FROM demo.images', 'demo.images', ''],
    ['SELECT * FROM images', 'demo.images', ''],
    ['SELECT * FROM demo.images', 'images', ''],
    ['SELECT * FROM demo.other WHERE id IN (SELECT id FROM `images`)', 'Images', ''],
    ['SELECT * FROM demo.other /*! JOIN demo.images */', 'demo.images', ''],
    ['SELECT * FROM demo.outer_view', 'demo.images', ' through the view demo.outer_view'],
    ['SELECT * FROM demo.outer_view', 'demo.inner_view', ' through the view demo.outer_view'],
  ])('is refused at its place: %s INTO %s', (query, into, through) => {
    const { sql, run } = plan(query, into);
    const start = sql.lastIndexOf(into);
    const name = into.includes('view') ? 'demo.inner_view' : 'demo.images';
    expect(run).toThrow(
      expect.objectContaining({
        code: 'RESULT_IS_SOURCE',
        message: `the query reads ${name}${through}, but write_mode = 'overwrite' would replace it`,
        span: { start, end: start + into.length },
      }),
    );
  });

  it('is refused through a view that the program creates', () => {
    const before = 'CREATE OR REPLACE ALGORITHM = MERGE VIEW IF NOT EXISTS `made` AS SELECT * FROM demo.images;\n';
    expect(plan('SELECT * FROM demo.made', 'demo.images', { before }).run).toThrow('through the view demo.made');
  });

  it.each([
    ['demo.ground_truth', 'demo.ground_truth', ''],
    ['ground_truth', 'demo.Ground_Truth', ''],
    ['demo.view_of_truth', 'demo.ground_truth', ' through the view demo.view_of_truth'],
    ['demo.ground_truth', 'demo.images', ''],
    ['demo.ground_truth', 'demo.categories', ''],
  ])('is refused where it holds the labels: LABEL %s INTO %s', (label, into, through) => {
    const sql = `SELECT file_name FROM demo.other TO EVALUATE yolov5s WITH image_dir = '/datasets', write_mode = 'overwrite'
      LABEL ${label} INTO ${into}`;
    const views = { 'demo.view_of_truth': 'select `demo`.`ground_truth`.`x` AS `x` from `demo`.`ground_truth`' };
    const run = () => planProgram(parseProgram(sql), { ...golden, viewDefinitions: views });
    const message = `the query reads ${into.toLowerCase()}${through}, but write_mode = 'overwrite' would replace it`;
    expect(run).toThrow(expect.objectContaining({ code: 'RESULT_IS_SOURCE', message }));
  });

  it.each([
    ['"--write_mode=overwrite"', ''],
    ['"--write_mode=append"', "WITH write_mode = 'overwrite'"],
  ])('is refused where the command asks for it: %s %s', (option, attributes) => {
    const sql = `SELECT file_name FROM demo.images TO RUN hebafer/yolov5-sqlflow
      CMD "run_yolov5.py", "--model=yolov5s", "--image_dir=/datasets", ${option} ${attributes} INTO demo.images`;
    expect(() => planProgram(parseProgram(sql), golden)).toThrow('the query reads demo.images');
  });

  it('is refused if the account cannot see what a view reads', () => {
    expect(plan('SELECT * FROM demo.hidden_view', 'demo.images').run).toThrow(
      expect.objectContaining({
        code: 'RESULT_IS_SOURCE',
        hint: expect.stringContaining('grant SHOW VIEW on demo.hidden_view'),
      }),
    );
  });

  it.each([
    ['SELECT images, file_name FROM demo.other', 'demo.images', 'overwrite'],
    ['SELECT * FROM other.images', 'demo.images', 'overwrite'],
    ['WITH images AS (SELECT file_name FROM demo.other) SELECT * FROM images', 'demo.images', 'overwrite'],
    ['SELECT * FROM demo.outer_view', 'demo.found', 'overwrite'],
    ['SELECT * FROM demo.images', 'demo.images', 'append'],
  ])('is not found in %s INTO %s with %s', (query, into, mode) => {
    expect(plan(query, into, { mode }).run().steps).toHaveLength(1);
  });
});
