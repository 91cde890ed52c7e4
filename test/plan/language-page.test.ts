import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { runAttributes } from '../../src/plan/attributes.ts';
import { findAttributeNames } from '../../src/plan/find/find-attributes.ts';
import { explainAttributeNames } from '../../src/plan/predict/plan-explain.ts';
import { addedColumns, type Options } from '../../src/programs/contract.ts';
import { metricColumns } from '../../src/programs/evaluate.ts';
import { explainers } from '../../src/programs/predict/explanation.ts';
import { commandNames, contractOf, programs } from '../../src/programs/programs.ts';

const page = readFileSync(new URL('../../grammar/README.md', import.meta.url), 'utf8');
const rows = (text: string, name: RegExp) => [...text.matchAll(name)].map(([, found]) => found);

test('the language page has a row for each attribute of TO RUN, and no other', () => {
  const section = page.slice(page.indexOf('The attributes of `TO RUN`'), page.indexOf('The image `millrace/worker`'));
  expect(rows(section, /^\| `(\w+)` \|/gm)).toEqual(Object.keys(runAttributes));
});

const ofCommands = [...new Set(Object.values(commandNames))];

test('the language page has a row for each attribute of TO EVALUATE that detect does not have so, and names the missing ones', () => {
  const start = page.indexOf('## TO EVALUATE');
  const section = page.slice(start, page.indexOf('\n## ', start + 1));
  const different = Object.entries(programs.evaluate.options).filter(
    ([name, option]) => name !== 'labels' && !isDeepStrictEqual(option, (programs.detect.options as Options)[name]),
  );
  const table = [...section.matchAll(/^\| `(\w+)` \| (.*) \| (.*) \|$/gm)];
  expect(table.slice(-different.length).map(([, name, takes, otherwise]) => [name, takes, otherwise])).toEqual(
    different.map(([name, option]) => [name, option.takes, String('otherwise' in option && option.otherwise)]),
  );
  for (const [of, own] of [
    [programs.detect, programs.evaluate],
    [programs.classify, programs['evaluate-classifier']],
  ] as const)
    for (const name of Object.keys(of.options).filter((each) => !Object.hasOwn(own.options, each)))
      expect(section).toContain(`\`${name}\``);
  for (const { name } of metricColumns) expect(section).toContain(`\`${name}\``);
});

test('the language page has a row for each attribute of TO FIND that TO RUN does not have, and no other', () => {
  const start = page.indexOf('## TO FIND');
  const section = page.slice(start, page.indexOf('\n## ', start + 1));
  const table = [...section.matchAll(/^\| `(\w+)` \| (.*) \| .* \|$/gm)].map(([, name, takes]) => [name, takes]);
  const own = findAttributeNames.filter((name) => !Object.hasOwn(runAttributes, name));
  expect(table.map(([name]) => name)).toEqual(own);
  const options: Options = programs.find.options;
  expect(table.slice(3)).toEqual(own.slice(3).map((name) => [name, options[name]!.takes]));
});

test('the language page has a row for each attribute of TO EXPLAIN that TO RUN does not have, and for each column', () => {
  const start = page.indexOf('## TO EXPLAIN');
  const section = page.slice(start, page.indexOf('\n## ', start + 1));
  const own = explainAttributeNames.filter((name) => !Object.hasOwn(runAttributes, name));
  const columns = addedColumns(programs.explain.result());
  const explained = explainers.map((name) => name as string);
  expect(rows(section, /^\| `([\w.]+)` \|/gm)).toEqual([...columns, ...explained, ...own]);
  for (const name of programs.explain.unusedAttributes) expect(section).toContain(`\`${name}\``);
});

test.each(ofCommands)(
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
