import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { errorPage } from '../src/error-page.ts';

test('docs/errors.md holds every error code (npm run build:errors makes it)', () => {
  expect(readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8')).toBe(errorPage());
});
