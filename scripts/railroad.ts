// Draws the railroad diagrams of grammar/README.md from the grammar: `npm run build:railroad`.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import nearley from 'nearley';

const require = createRequire(import.meta.url);
// Both belong to nearley: the parser of its grammar files, and the library that its `nearley-railroad` draws with.
const language = require('nearley/lib/nearley-language-bootstrapped.js');
const draw = createRequire(require.resolve('nearley'))('railroad-diagrams');

type Symbol = string | { readonly token: string } | { readonly ebnf: Symbol };
type Alternative = readonly Symbol[];
type Shape = object;

/** The statements that have a diagram, and whether a query precedes the verb. */
const statements = {
  run: true,
  train: true,
  predict: true,
  explain: true,
  evaluate: true,
  find: true,
  optimize: true,
  showTrain: false,
  showTrials: false,
  createModel: false,
  showModels: false,
  describeModel: false,
  dropModel: false,
  setModel: false,
};
/** The rules that are drawn as one box; all others are drawn in place. */
const boxes = new Set(['expression', 'name', 'reference', 'primary']);
const levels = ['disjunction', 'conjunction', 'negation', 'comparison', 'sum', 'product', 'power', 'signed'];
const values = ['primary', 'reference'];

const tokens: Readonly<Record<string, readonly string[]>> = {
  comma: [','],
  equals: ['='],
  open: ['('],
  close: [')'],
  openList: ['['],
  closeList: [']'],
  star: ['*'],
  factor: ['/', '%'],
  sign: ['+', '-'],
  power: ['**'],
  comparison: ['<', '<=', '>', '>=', '<>', '!=', '=='],
  OPTIMIZE: ['MAXIMIZE', 'MINIMIZE'],
};
const words: Readonly<Record<string, string>> = {
  name: 'name',
  string: 'string',
  number: 'number',
  reference: 'image or model',
};

function readRules(file: string): Map<string, Alternative[]> {
  const parser = new nearley.Parser(nearley.Grammar.fromCompiled(language));
  parser.feed(readFileSync(new URL(`../grammar/${file}`, import.meta.url), 'utf8'));
  const rules = new Map<string, Alternative[]>();
  for (const { name, rules: alternatives } of parser.results[0]) {
    if (name)
      rules.set(
        name,
        alternatives.map(({ tokens }: { tokens: Alternative }) => tokens),
      );
  }
  return rules;
}

const rules = new Map([...readRules('statement.ne'), ...readRules('expression.ne')]);

function symbolShape(symbol: Symbol): Shape {
  if (typeof symbol === 'string') {
    return boxes.has(symbol) || levels.includes(symbol) ? new draw.NonTerminal(symbol) : ruleShape(symbol);
  }
  if ('ebnf' in symbol) return new draw.Optional(symbolShape(symbol.ebnf));
  const word = words[symbol.token];
  if (word) return new draw.NonTerminal(word);
  return choice((tokens[symbol.token] ?? [symbol.token]).map((text) => new draw.Terminal(text)));
}

const choice = (shapes: readonly Shape[]) => (shapes.length === 1 ? shapes[0] : new draw.Choice(0, shapes));
const sequence = (symbols: readonly Symbol[]) =>
  symbols.length === 1 ? symbolShape(symbols[0] as Symbol) : new draw.Sequence(symbols.map(symbolShape));

/** `a -> b | a , b` is drawn as a loop, and so is `a -> b | - a`. */
function ruleShape(name: string): Shape {
  const alternatives = rules.get(name) ?? [];
  const left = alternatives.filter(([first]) => first === name);
  const right = alternatives.filter((symbols) => symbols.length > 1 && symbols.at(-1) === name && symbols[0] !== name);
  const others = choice(alternatives.filter((each) => !left.includes(each) && !right.includes(each)).map(sequence));
  if (left.length > 0)
    return new draw.OneOrMore(others, choice(left.map((symbols) => separator(symbols.slice(1, -1)))));
  if (right.length === 0) return others;
  return new draw.Sequence([
    new draw.ZeroOrMore(choice(right.map((symbols) => sequence(symbols.slice(0, -1))))),
    others,
  ]);
}

const separator = (symbols: readonly Symbol[]) => (symbols.length > 0 ? sequence(symbols) : new draw.Skip());

const style = `<style>
.railroad-diagram { background-color: #fff }
.railroad-diagram path { stroke-width: 2; stroke: #333; fill: none }
.railroad-diagram text { font: bold 14px monospace; text-anchor: middle; fill: #222 }
.railroad-diagram rect { stroke-width: 2; stroke: #333; fill: #e3f1e3 }
.railroad-diagram .non-terminal rect { fill: #e4ecf7 }
</style>`;

const picture = (...shapes: readonly Shape[]): string =>
  `${new draw.Diagram(shapes)
    .toString()
    .replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ')
    .replace('>', `>\n${style}`)
    .trim()}\n`;

/** The diagrams by file name. */
export function diagrams(): ReadonlyMap<string, string> {
  const pictures = new Map<string, string>();
  for (const [name, hasQuery] of Object.entries(statements)) {
    const before = hasQuery ? [new draw.NonTerminal('query'), new draw.Terminal('TO')] : [];
    pictures.set(`${name}.svg`, picture(...before, ruleShape(name)));
  }
  for (const name of [...levels, ...values]) pictures.set(`${name}.svg`, picture(ruleShape(name)));
  return pictures;
}

if (import.meta.main) {
  for (const [file, svg] of diagrams()) writeFileSync(new URL(`../grammar/diagrams/${file}`, import.meta.url), svg);
}
