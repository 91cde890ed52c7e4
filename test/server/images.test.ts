import { expect, it } from 'vitest';
import { checkImages } from '../../src/service/access/images.ts';
import { parseProgram } from '../../src/sql/parse.ts';

const check = (image: string, allowed: readonly string[]) =>
  checkImages(parseProgram(`SELECT 1; SELECT a FROM b TO RUN ${image} CMD "x" INTO c`), 'user', { user: allowed });

it.each([
  ['registry.example/team/detector:1.0', 'registry.example/team'],
  ['registry.example/team/detector:1.0', 'registry.example/'],
  ['registry.example/team/detector:1.0', 'registry.example/team/detector'],
  ['registry.example/team/detector:1.0', 'registry.example/team/detector:1.0'],
  ['millrace/worker', 'nothing/else'],
  ['hebafer/yolov5-sqlflow:latest', 'nothing/else'],
])('%s may run if %s is allowed', (image, allowed) => {
  expect(check(image, [allowed])).toBeNull();
});

it.each([
  ['registry.example/team-evil/detector', 'registry.example/team'],
  ['registry.example/team/detector:1.01', 'registry.example/team/detector:1.0'],
  ['evil.example/registry.example/team/detector', 'registry.example/team'],
  ['team/detector', 'team/detector:2'],
])('%s may not run if %s is allowed', (image, allowed) => {
  expect(check(image, [allowed])).toMatchObject({ code: 'IMAGE_NOT_ALLOWED' });
});

it.each([
  ['team/torch:1/Network', ['team/other'], 'team/torch:1'],
  ['"team/torch/Network"', [], 'team/torch'],
  ['team/torch/Network', ['team/torch'], null],
  ['millrace/trainer/DNNClassifier', [], null],
  ['DNNClassifier', [], null],
])('an estimator of an image of others: %s with %j', (estimator, allowed, image) => {
  const program = parseProgram(`SELECT a, b FROM c TO TRAIN ${estimator} LABEL b INTO d`);
  const error = checkImages(program, 'user', { user: allowed });
  if (image === null) expect(error).toBeNull();
  else
    expect(error).toMatchObject({
      code: 'IMAGE_NOT_ALLOWED',
      message: `the role user may not run the image ${image}`,
      span: program.statements[0]!.kind === 'train' && program.statements[0].estimator.span,
    });
});

it('the error names the image, its place and what is allowed', () => {
  const program = 'SELECT a FROM b TO RUN team/x CMD "x" INTO c';
  const error = checkImages(parseProgram(program), 'user', { user: ['team/detector'], reader: [] });
  expect(error).toMatchObject({
    message: 'the role user may not run the image team/x',
    span: { start: program.indexOf('team/x') },
    hint: 'allowed: team/detector; ask an administrator to allow it (images.user)',
  });
  expect(checkImages(parseProgram(program), 'admin', { user: [] })).toBeNull();
});
