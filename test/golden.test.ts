import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Catalog } from '../src/catalog/catalog.ts';
import { images } from '../src/catalog/images.ts';
import { MillraceError } from '../src/errors.ts';
import { explainPlan } from '../src/plan/explain.ts';
import { planProgram } from '../src/plan/plan-program.ts';
import { readPlan } from '../src/plan/read-plan.ts';
import { formatError } from '../src/sql/format-error.ts';
import { parseProgram } from '../src/sql/parse.ts';
import { searched } from './plan/searched.ts';

// Each folder is one user's story through the pure core. UPDATE_GOLDEN=1 writes the results; read the difference before you commit it.
const golden = fileURLToPath(new URL('golden/', import.meta.url));
const catalog: Catalog = { ...JSON.parse(readFileSync(join(golden, 'catalog.json'), 'utf8')), images };

function cases(folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => existsSync(join(folder, name, 'statement.sql')));
}

function expectFile(file: string, found: string): void {
  if (process.env.UPDATE_GOLDEN) writeFileSync(file, found);
  expect(found).toBe(readFileSync(file, 'utf8'));
}

describe('a program becomes the plan of', () => {
  test.each(cases(golden))('%s', (name) => {
    const folder = join(golden, name);
    const program = parseProgram(readFileSync(join(folder, 'statement.sql'), 'utf8'));
    const plan = planProgram(program, searched(program, catalog));
    expectFile(join(folder, 'plan.json'), `${JSON.stringify(plan, null, 2)}\n`);
    expectFile(join(folder, 'explain.txt'), `${explainPlan(plan)}\n`);
    expect(readPlan(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
  });
});

describe('a mistake is answered as in', () => {
  const errors = join(golden, 'errors');
  test.each(cases(errors))('%s', (name) => {
    const text = readFileSync(join(errors, name, 'statement.sql'), 'utf8');
    expectFile(join(errors, name, 'error.txt'), formatError(mistakeIn(text), text, 'statement.sql'));
  });
});

function mistakeIn(text: string): MillraceError {
  try {
    const program = parseProgram(text);
    planProgram(program, searched(program, catalog));
  } catch (error) {
    if (error instanceof MillraceError) return error;
    throw error;
  }
  throw new Error('the program was planned');
}
