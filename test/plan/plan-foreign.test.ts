import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Catalog } from '../../src/catalog/catalog.ts';
import { images } from '../../src/catalog/images.ts';
import { planProgram } from '../../src/plan/plan-program.ts';
import { parseProgram } from '../../src/sql/parse.ts';

const golden: Catalog = {
  ...JSON.parse(readFileSync(new URL('../golden/catalog.json', import.meta.url), 'utf8')),
  images,
};
const sql = 'SELECT image_id FROM demo.images TO RUN registry.example/team/counter:1.0 CMD "count.py" INTO demo.counts';
const plan = (otherImagesAccount: boolean) => planProgram(parseProgram(sql), { ...golden, otherImagesAccount });

it('an image of others is refused at its place while planning if no database account is set up for it', () => {
  const start = sql.indexOf('registry.example');
  const image = 'registry.example/team/counter';
  expect(() => plan(false)).toThrow(
    expect.objectContaining({
      code: 'FOREIGN_DATASOURCE_MISSING',
      message: `no database account is set up for ${image}`,
      span: { start, end: start + `${image}:1.0`.length },
    }),
  );
  expect(plan(true).steps).toMatchObject([{ kind: 'foreign' }]);
});
