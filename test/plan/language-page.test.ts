import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runAttributes } from '../../src/plan/attributes.ts';
import { addedColumns } from '../../src/programs/contract.ts';
import { contractOf, programNames, programs } from '../../src/programs/programs.ts';

const page = readFileSync(new URL('../../grammar/README.md', import.meta.url), 'utf8');
const rows = (text: string, name: RegExp) => [...text.matchAll(name)].map(([, found]) => found);

test('the language page has a row for each attribute of TO RUN, and no other', () => {
  const section = page.slice(page.indexOf('The attributes of `TO RUN`'), page.indexOf('The image `millrace/worker`'));
  expect(rows(section, /^\| `(\w+)` \|/gm)).toEqual(Object.keys(runAttributes));
});

test.each(programNames)(
  'the language page has a row for each option of %s, and no other, and names its columns',
  (name) => {
    const start = page.indexOf(`### CMD "${name}": `);
    expect(start).toBeGreaterThan(0);
    const section = page.slice(start, page.indexOf('\n###', start + 1));
    const table = [...section.matchAll(/^\| `--(\w+)` \| (.*) \| .* \|$/gm)];
    const options = Object.entries(programs[name].options);
    expect(table.map(([, option, takes]) => [option, takes?.replaceAll('`', '')])).toEqual(
      options.map(([option, { takes }]) => [option, takes]),
    );
    const given = Object.fromEntries(options.map(([option]) => [option, true]));
    for (const column of addedColumns(contractOf(name).result(given, null))) expect(section).toContain(`\`${column}\``);
  },
);
