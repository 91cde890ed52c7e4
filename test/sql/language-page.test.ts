import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { diagrams } from '../../scripts/railroad.ts';
import { formatProgram } from '../../src/sql/format-program.ts';
import { parseProgram } from '../../src/sql/parse.ts';
import { clauseWords } from '../../src/sql/verb-forms.ts';

const folder = new URL('../../grammar/', import.meta.url);
const page = readFileSync(new URL('README.md', folder), 'utf8');
const examples = [...page.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, text]) => text as string);

describe('the language page', () => {
  test.each(examples)('has an example in the canonical style: %s', (text) => {
    expect(formatProgram(text)).toBe(text);
  });

  test('has an example of every kind of statement and of every clause', () => {
    const statements = examples.flatMap((text) => parseProgram(text).statements);
    const kinds = [
      ...['createModel', 'describeModel', 'dropModel', 'evaluate', 'explain', 'find', 'optimize', 'predict', 'run'],
      ...['setModel', 'showModels', 'showTrain', 'showTrials', 'standard', 'train'],
    ];
    expect([...new Set(statements.map(({ kind }) => kind))].sort()).toEqual(kinds);
    expect(
      [...clauseWords].filter((word) => !examples.some((text) => new RegExp(`^${word} `, 'm').test(text))),
    ).toEqual([]);
  });

  test('shows the diagrams of the grammar as it is', () => {
    const drawn = diagrams();
    expect(readdirSync(new URL('diagrams/', folder)).sort()).toEqual([...drawn.keys()].sort());
    for (const [file, svg] of drawn) expect(readFileSync(new URL(`diagrams/${file}`, folder), 'utf8')).toBe(svg);
    for (const [, file] of page.matchAll(/\(diagrams\/(\w+\.svg)\)/g)) expect(drawn.has(file as string)).toBe(true);
  });
});
