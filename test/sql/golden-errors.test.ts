import { readdirSync, readFileSync } from 'node:fs';
import nearley from 'nearley';
import { describe, expect, test } from 'vitest';
import { MillraceError } from '../../src/errors.ts';
import { formatError } from '../../src/sql/format-error.ts';
import grammar from '../../src/sql/grammar.generated.ts';
import { parseProgram } from '../../src/sql/parse.ts';
import { splitProgram } from '../../src/sql/split.ts';

const folder = new URL('../golden/errors/', import.meta.url);
/** Those of the planner are in test/plan. */
const cases = readdirSync(folder)
  .filter((name) => !name.startsWith('plan-'))
  .sort();
const read = (name: string, file: string) => readFileSync(new URL(`${name}/${file}`, folder), 'utf8');

function errorOf(text: string): string {
  try {
    parseProgram(text);
  } catch (error) {
    if (error instanceof MillraceError) return formatError(error, text, 'statement.sql');
    throw error;
  }
  throw new Error('it parses');
}

describe('the error of', () => {
  test.each(cases)('%s', (name) => {
    const error = errorOf(read(name, 'statement.sql'));
    expect(error).toBe(read(name, 'error.txt'));
  });
});

interface State {
  readonly dot: number;
  readonly isComplete: boolean;
  readonly rule: { readonly name: string; readonly symbols: readonly unknown[]; toString: () => string };
}

/** The rules that a wrong statement leaves half read, and those that it waits for. */
function rulesAtFailure(text: string): readonly string[] {
  const rules: string[] = [];
  for (const piece of splitProgram(text).pieces) {
    if (piece.kind === 'standard') continue;
    const tokens = piece.tokens.filter(({ type }) => type !== 'comment');
    let next = 0;
    const lexer = { reset: () => {}, next: () => tokens[next++], save: () => ({}), formatError: () => '' };
    const parser = new nearley.Parser(nearley.Grammar.fromCompiled(grammar as never), { lexer: lexer as never });
    const { current, table } = catchFailure(parser);
    for (const { rule, dot, isComplete } of table[current]?.states ?? []) {
      if (!isComplete && (dot > 0 || rule.symbols.length === 1)) rules.push(rule.toString());
    }
  }
  return rules;
}

function catchFailure(parser: nearley.Parser) {
  try {
    parser.feed('');
  } catch {}
  return parser as unknown as { current: number; table: readonly { states: readonly State[] }[] };
}

test('every rule of the grammar has a golden error', () => {
  const seen = new Set(cases.flatMap((name) => rulesAtFailure(read(name, 'statement.sql'))));
  const all = nearley.Grammar.fromCompiled(grammar as never).rules.filter(({ symbols }) => symbols.length > 0);
  expect(all.map(String).filter((rule) => !seen.has(rule))).toEqual([]);
});
