import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Catalog } from '../../src/catalog/catalog.ts';
import { images } from '../../src/catalog/images.ts';
import { errorTable } from '../../src/errors.ts';
import { planProgram } from '../../src/plan/plan-program.ts';
import { imageOptions } from '../../src/programs/image-options.ts';
import { formatProgram } from '../../src/sql/format-program.ts';
import { parseProgram } from '../../src/sql/parse.ts';

const page = readFileSync(new URL('../../docs/models-and-images.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, text]) => text as string);

const catalog: Catalog = {
  ...JSON.parse(readFileSync(new URL('../golden/catalog.json', import.meta.url), 'utf8')),
  images,
  otherModels: true,
  buckets: ['datasets', 'models'],
};

test.each(examples)(
  'the page on models and images has an example that can be planned, in the canonical style: %s',
  (text) => {
    expect(formatProgram(text)).toBe(text);
    expect(planProgram(parseProgram(text), catalog).steps.map(({ kind }) => kind)).toContain('run');
  },
);

test('the page on models and images names columns and errors that exist', () => {
  for (const name of imageOptions.image_column.usualNames) expect(page).toContain(`\`${name}\``);
  const codes = [...page.matchAll(/`((?:IMAGE|MODEL|BUCKET)_[A-Z_]+)`/g)].map(([, code]) => code as string);
  expect(codes.length).toBeGreaterThan(8);
  for (const code of codes) expect(Object.keys(errorTable)).toContain(code);
});
