import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runAttributes } from '../../src/plan/attributes.ts';
import { yoloOptions } from '../../src/plan/command.ts';

const page = readFileSync(new URL('../../grammar/README.md', import.meta.url), 'utf8');
const rows = (name: RegExp) => [...page.matchAll(name)].map(([, found]) => found);

test('the language page has a row for each attribute of TO RUN, and no other', () => {
  const section = page.slice(page.indexOf('The attributes of `TO RUN`'), page.indexOf('The image `millrace/worker`'));
  expect([...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)).toEqual(Object.keys(runAttributes));
});

test('the language page has a row for each option of yolo, and no other', () => {
  expect(rows(/^\| `--(\w+)` \|/gm)).toEqual(Object.keys(yoloOptions));
});
