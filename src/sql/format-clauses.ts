import { modelKeywords } from './keywords.ts';
import { quoteString, unquoteString } from './quoting.ts';
import type { Token } from './standard-lexer.ts';
import { clauseWords } from './verb-forms.ts';

const width = 100;
const indent = '  ';

const isComment = ({ type }: Token) => type === 'comment';
export const isLineComment = (token: Token) => isComment(token) && !token.text.startsWith('/*');

/** Whether only blanks precede this offset on its line. */
export function beginsLine(text: string, offset: number): boolean {
  let start = offset;
  while (start > 0 && /[^\S\n]/.test(text[start - 1] as string)) start--;
  return start === 0 || text[start - 1] === '\n';
}

/** Comments after a token: each stays on its line, or gets its own line. */
export function formatComments(comments: readonly Token[], source: string): string {
  const separators = comments.map((comment, index) => {
    const previous = comments[index - 1];
    return beginsLine(source, comment.offset) || (previous && isLineComment(previous)) ? '\n' : ' ';
  });
  return comments.map(({ text }, index) => separators[index] + text.trimEnd()).join('');
}

/** The clauses of a statement, from TO or the first word on, each on its own line; `tokens` without the `end`. */
export const formatClauses = (tokens: readonly Token[], source: string): string =>
  groupByClause(tokens)
    .map((group) => formatClause(group, source))
    .join('\n');

function groupByClause(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const groups: Token[][] = [];
  for (const token of tokens) {
    if (groups.length === 0 || clauseWords.has(token.type)) groups.push([]);
    groups.at(-1)?.push(token);
  }
  return groups;
}

/** On one line if that is short enough and contains no comment; otherwise one item per line. */
function formatClause(group: readonly Token[], source: string): string {
  const last = group.findLastIndex((token) => !isComment(token));
  const inner = group.slice(0, last + 1);
  const after = formatComments(group.slice(last + 1), source);
  if (!inner.some(isComment)) {
    const line = formatLine(inner);
    if (line.length <= width || !clauseWords.has(inner[0]?.type ?? '')) return line + after;
  }
  return formatItems(inner, source) + after;
}

function formatLine(tokens: readonly Token[]): string {
  let line = opening(tokens[0]);
  let before: Token | undefined;
  for (const [index, token] of tokens.entries()) {
    const previous = tokens[index - 1];
    line += (previous ? gap(before, previous, token) : '') + textOf(token);
    before = previous;
  }
  return line;
}

function formatItems(tokens: readonly Token[], source: string): string {
  const lines = [opening(tokens[0])];
  const write = (text: string) => lines.push((lines.pop() ?? '') + text);
  let [before, previous]: (Token | undefined)[] = [];
  let depth = 0;
  let breaks = false;
  for (const token of tokens) {
    if (isComment(token)) {
      const ownLine = beginsLine(source, token.offset);
      if (ownLine) lines.push(indent + token.text.trimEnd());
      else write(` ${token.text.trimEnd()}`);
      breaks ||= ownLine || isLineComment(token);
      continue;
    }
    if (breaks) lines.push(indent + textOf(token));
    else write((previous ? gap(before, previous, token) : '') + textOf(token));
    depth += depthOf(token);
    breaks = clauseWords.has(token.type) || (token.type === 'comma' && depth === 0);
    [before, previous] = [previous, token];
  }
  return lines.join('\n');
}

const opening = (first: Token | undefined) =>
  modelWords.has(first?.type ?? '') || clauseWords.has(first?.type ?? '') ? '' : 'TO ';

/** First words of statements about models. */
const modelWords = new Set(Object.keys(modelKeywords));

const depthOf = ({ type }: Token) => (type.startsWith('open') ? 1 : type.startsWith('close') ? -1 : 0);

/** Keywords in upper case, strings in double quotes, everything else as written. */
function textOf({ type, text }: Token): string {
  if (type === 'string') return quoteString(unquoteString(text));
  return type === type.toUpperCase() ? text.toUpperCase() : text;
}

const tightBefore = new Set(['comma', 'close', 'closeList']);
const tightAfter = new Set(['open', 'openList']);
const operands = new Set(['number', 'string', 'name', 'reference', 'close', 'closeList']);

/** The space between two tokens; `before` is the token before them. */
function gap(before: Token | undefined, left: Token, right: Token): string {
  if (tightBefore.has(right.type) || tightAfter.has(left.type)) return '';
  if (right.type === 'open' && left.type === 'name') return '';
  const isUnary = left.type === 'sign' && !operands.has(before?.type ?? '');
  return isUnary && right.type !== 'sign' ? '' : ' ';
}
