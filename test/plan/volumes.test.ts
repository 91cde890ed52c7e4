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
const plan = (options: string, catalog: Partial<Catalog> = {}, attributes = '') => {
  const sql = `SELECT image_id, file_name FROM demo.images
TO RUN millrace/worker CMD "yolo", ${options} ${attributes} INTO demo.found`;
  return planProgram(parseProgram(sql), { ...golden, ...catalog }).steps[0];
};

describe('--image_dir and --model', () => {
  it.each([
    ['"--model=demo", "--image_dir=/datasets"', '/datasets', '/models/demo.onnx'],
    ['"--model=demo", "--image_dir=/datasets/"', '/datasets', '/models/demo.onnx'],
    ['"--model=demo", "--image_dir=/datasets/a/../b//./c"', '/datasets/b/c', '/models/demo.onnx'],
    ['"--model=/datasets/m.onnx", "--image_dir=/models/.."', null, null],
    ['"--model=/modelsx/m.onnx", "--image_dir=/datasets"', null, null],
    ['"--model=/models/../datasets/m.onnx", "--image_dir=/datasets"', '/datasets', '/datasets/m.onnx'],
    ['"--model=demo", "--image_dir=/datasets/../../etc"', null, null],
    ['"--model=demo", "--image_dir=/"', null, null],
    ['"--model=demo", "--image_dir=/proc/self/environ"', null, null],
  ])('lie in the volumes, without dots: %s', (options, imageDir, modelFile) => {
    if (imageDir !== null)
      expect(plan(options)).toMatchObject({ program: { settings: { image_dir: imageDir, model: modelFile } } });
    else expect(() => plan(options)).toThrow(expect.objectContaining({ code: 'OUTSIDE_VOLUMES' }));
  });

  it('may lie in a volume that the statement mounts', () => {
    const options = '"--model=demo", "--image_dir=/photos/a"';
    expect(() => plan(options)).toThrow('--image_dir names /photos/a');
    const mounted = plan(options, {}, "WITH volume = 'photos:/photos'");
    expect(mounted).toMatchObject({ program: { settings: { image_dir: '/photos/a' } } });
  });

  it('are limited on this machine to the volumes that have a folder, whatever the statement mounts', () => {
    const here = { mounted: ['/datasets', '/models'] };
    expect(() => plan('"--model=demo", "--image_dir=/etc"', here, "WITH volume = 'claim:/etc'")).toThrow(
      expect.objectContaining({
        code: 'OUTSIDE_VOLUMES',
        hint: 'give a path inside a volume: /datasets, /models',
      }),
    );
  });

  it('may not leave the models by the name of a model', () => {
    const options = '"--model=../etc/secret", "--image_dir=/datasets"';
    expect(() => plan(options, { otherModels: true })).toThrow('--model names /etc/secret.onnx');
    const registered = { models: [{ name: 'far', file: '/srv/far.onnx' }] };
    expect(() => plan('"--model=far", "--image_dir=/datasets"', registered)).toThrow('--model names /srv/far.onnx');
  });
});

describe('INTO without a database', () => {
  const sql = `SELECT image_id, file_name FROM demo.images
TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets" INTO result_table`;

  it('is refused at its place if the DSN names no database either', () => {
    expect(() => planProgram(parseProgram(sql), { ...golden, database: null })).toThrow(
      expect.objectContaining({
        code: 'MISSING_DATABASE',
        span: { start: sql.indexOf('result_table'), end: sql.length },
      }),
    );
    expect(planProgram(parseProgram(sql), golden).steps).toHaveLength(1);
  });
});
