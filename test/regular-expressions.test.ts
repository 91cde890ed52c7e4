import { readdirSync, readFileSync } from 'node:fs';
import { parseSync, Visitor } from 'oxc-parser';
import { analyse } from 'scslre';
import { expect, test } from 'vitest';

const source = new URL('../src/', import.meta.url);
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.generated.ts'))
  .sort();

interface Expression {
  readonly place: string;
  readonly source: string;
  readonly flags: string;
}

/** Literals and calls of `new RegExp`. The latter cannot be analyzed, so none are allowed. */
function expressionsIn(path: string): { readonly literals: readonly Expression[]; readonly made: readonly string[] } {
  const text = readFileSync(new URL(path, source), 'utf8');
  const place = (start: number) => `src/${path}:${text.slice(0, start).split('\n').length}`;
  const literals: Expression[] = [];
  const made: string[] = [];
  new Visitor({
    Literal(node) {
      if ('regex' in node) {
        const { pattern, flags } = node.regex;
        literals.push({ place: place(node.start), source: pattern, flags });
      }
    },
    // Patterns in the schemas of requests and settings.
    Property({ key, value }) {
      const isPattern = key.type === 'Identifier' && key.name === 'pattern';
      if (isPattern && value.type === 'Literal' && typeof value.value === 'string')
        literals.push({ place: place(value.start), source: value.value, flags: 'u' });
    },
    NewExpression({ callee, start }) {
      if (callee.type === 'Identifier' && callee.name === 'RegExp') made.push(place(start));
    },
    CallExpression({ callee, start }) {
      if (callee.type === 'Identifier' && callee.name === 'RegExp') made.push(place(start));
    },
  }).visit(parseSync(path, text).program);
  return { literals, made };
}

/**
 * Whether the time for some text grows faster than its length, because of nested or adjacent repetition, or because the search restarts
 * at each character. A sticky expression starts only once.
 */
function isDangerous({ source: pattern, flags }: Omit<Expression, 'place'>): boolean {
  const { reports } = analyse(
    { source: pattern, flags: flags.replace('v', 'u') },
    { maxReports: 1, reportTypes: { Move: !flags.includes('y') } },
  );
  return reports.length > 0;
}

test('expressions that backtrack are found', () => {
  const dangerous = [/^(?:\s|--[^\n]*|\()*SELECT/, /(a+)+$/, /a*a*$/, /^\s*\s*$/, /\s+$/];
  expect(dangerous.filter((expression) => !isDangerous(expression))).toEqual([]);
  expect([/^a+b+$/, /[^\n]*/, /^\s+/, /a+b/y].filter(isDangerous)).toEqual([]);
});

test('no regular expression of the product can take more than linear time', { timeout: 60_000 }, () => {
  const found = files.map(expressionsIn);
  expect(found.flatMap(({ made }) => made)).toEqual([]);
  const literals = found.flatMap(({ literals }) => literals);
  expect(literals.length).toBeGreaterThan(50);
  expect(literals.filter(isDangerous).map((each) => `${each.place} /${each.source}/${each.flags}`)).toEqual([]);
});
