import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { formatProgram } from '../../src/sql/format-program.ts';
import { parseProgram } from '../../src/sql/parse.ts';
import { viewProgram } from '../../src/sql/program-view.ts';
import { partsOfProgram } from './parts.ts';

const folder = new URL('../golden/sql/', import.meta.url);
const read = (name: string, file: string) => readFileSync(new URL(`${name}/${file}`, folder), 'utf8');

describe('the program of', () => {
  test.each(readdirSync(folder).sort())('%s parses to its statements, and still does when formatted', (name) => {
    const text = read(name, 'program.sql');
    const program = parseProgram(text);
    expect(viewProgram(program)).toEqual(JSON.parse(read(name, 'statements.json')));
    const formatted = formatProgram(text);
    expect(partsOfProgram(parseProgram(formatted))).toEqual(partsOfProgram(program));
    expect(formatProgram(formatted)).toBe(formatted);
  });
});
