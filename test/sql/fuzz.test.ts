import { existsSync, readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { errorTable, MillraceError } from '../../src/errors.ts';
import { formatError } from '../../src/sql/format-error.ts';
import { formatProgram } from '../../src/sql/format-program.ts';
import { parseProgram } from '../../src/sql/parse.ts';
import { answerLine } from '../../src/sql/program-view.ts';
import { program } from './arbitrary-program.ts';
import { partsOfProgram } from './parts.ts';

/** A million by hand: `FUZZ_RUNS=1000000 npx vitest run test/sql/fuzz.test.ts`. A seed repeats a failure. */
const numRuns = Number(process.env.FUZZ_RUNS ?? 1500);
const options = { numRuns, ...(process.env.FUZZ_SEED && { seed: Number(process.env.FUZZ_SEED) }) };
const timeout = 10_000 + numRuns * 20;

const golden = new URL('../golden/', import.meta.url);
const corpus = new URL('../../../shared/data/sqlflow_statements.jsonl', import.meta.url);
const statements: readonly string[] = [
  ...readdirSync(golden, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.sql'))
    .sort()
    .map((path) => readFileSync(new URL(path, golden), 'utf8')),
  ...(existsSync(corpus)
    ? readFileSync(corpus, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).sql)
    : []),
];

/** What a user must never read: the words of nearley, of moo, or of a defect. */
const foreign = /nearley|moo\b|invalid syntax|Unexpected|Instead, I was|undefined|NaN|\[object|%[a-z]+ token|ebnf/;

function parseOrError(text: string): MillraceError | null {
  try {
    const parsed = parseProgram(text);
    const formatted = formatProgram(text);
    expect(partsOfProgram(parseProgram(formatted))).toEqual(partsOfProgram(parsed));
    expect(formatProgram(formatted)).toBe(formatted);
    return null;
  } catch (error) {
    if (error instanceof MillraceError) return error;
    throw error;
  }
}

/** Any text is answered with a program or with errors that point into it, in words of ours. */
function answersWell(text: string) {
  const error = parseOrError(text);
  for (const each of error ? [error, ...error.related] : []) {
    expect(errorTable[each.code].kind).toBe('statement');
    expect(each.span?.start).toBeLessThanOrEqual(text.length);
    expect(each.span?.end).toBeLessThanOrEqual(text.length);
    expect(each.hint).toMatch(/\S/);
    const quoted = text.split(/[^\w[\]%]+/);
    const words = `${each.message} ${each.hint}`.split(/[^\w[\]%]+/).filter((word) => !quoted.includes(word));
    expect(words.join(' ')).not.toMatch(foreign);
  }
  if (error) expect(formatError(error, text, 'fuzz.sql')).toMatch(/^error\[[A-Z_]+\]: /);
  expect(JSON.parse(answerLine(JSON.stringify({ id: 1, sql: text }))).id).toBe(1);
}

const fragments = [
  ...'\'"`()[]{};,.=*+-/#\\ \n\t\0%<>!:@$“é表😀\ud800',
  ...['--', '/*', '*/', '/*!', '**', 'TO', 'RUN', 'TRAIN', 'SHOW', 'SELECT', 'WITH', 'CMD', 'INTO', 'USING', 'LABEL'],
  ...[
    'COLUMN',
    'FOR',
    'CONSTRAINT',
    'GROUP',
    'BY',
    'AND',
    'OR',
    'NOT',
    'BEGIN',
    'END',
    'CASE',
    'CREATE PROCEDURE',
    'CREATE MODEL',
    'SHOW MODELS',
    'DESCRIBE MODEL',
    'DROP MODEL IF EXISTS',
    'SET MODEL',
    'VERSION',
    'FROM',
    'LIKE',
    '1',
    'a',
  ],
];
const fragment = fc.constantFrom(...fragments);

/** An edit of a text at a part of its length: takes `length` characters away and puts others there. */
const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.nat(6),
  put: fc.array(fragment, { maxLength: 3 }),
});

const mutated = fc
  .tuple(fc.constantFrom(...statements), fc.array(edit, { minLength: 1, maxLength: 4 }))
  .map(([text, edits]) =>
    edits.reduce((current, { at, length, put }) => {
      const offset = Math.floor(at * current.length);
      return current.slice(0, offset) + put.join('') + current.slice(offset + length);
    }, text),
  );

describe(`fuzzing, ${numRuns} runs each`, () => {
  test('a printed program parses to what was printed', { timeout }, () => {
    fc.assert(
      fc.property(program, ({ text, statements }) => {
        const expected = JSON.parse(JSON.stringify(statements));
        expect(partsOfProgram(parseProgram(text))).toEqual(expected);
        const formatted = formatProgram(text);
        expect(partsOfProgram(parseProgram(formatted))).toEqual(expected);
        expect(formatProgram(formatted)).toBe(formatted);
      }),
      options,
    );
  });

  test('a statement with its characters changed is answered well', { timeout }, () => {
    fc.assert(fc.property(mutated, answersWell), options);
  });

  test('a heap of fragments is answered well', { timeout }, () => {
    const heap = fc
      .array(fc.tuple(fragment, fc.constantFrom('', ' ')), { maxLength: 40 })
      .map((parts) => parts.flat().join(''));
    fc.assert(
      fc.property(
        fc.tuple(fc.constantFrom('', 'SELECT 1 TO RUN i ', 'SELECT 1 TO TRAIN i WITH v = ', 'CREATE MODEL m '), heap),
        ([head, tail]) => answersWell(head + tail),
      ),
      options,
    );
  });

  test('any characters are answered well', { timeout }, () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)), maxLength: 60 }),
        answersWell,
      ),
      options,
    );
  });
});
