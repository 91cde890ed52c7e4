import { beginsLine, formatClauses, formatComments, isLineComment } from './format-clauses.ts';
import { defaultMode, type LexicalMode } from './lexical-mode.ts';
import { parseProgram } from './parse.ts';
import { type ExtendedPiece, type StandardPiece, splitProgram } from './split.ts';
import type { Token } from './standard-lexer.ts';
import { createScanner } from './tokens.ts';

/** A statement as printed, or a comment between statements. */
interface Line {
  readonly text: string;
  readonly isComment: boolean;
  /** Whether it is a comment on the line of the previous statement. */
  readonly continues: boolean;
}

/**
 * Prints a program in the one canonical style: each clause on its own line, keywords in upper case, strings in double
 * quotes. Standard SQL and queries are unchanged, comments are kept, and the result parses to the same program as `text`.
 * Throws what parseProgram throws.
 *
 * @param mode of the session in which the program will run
 */
export function formatProgram(text: string, mode: LexicalMode = defaultMode): string {
  parseProgram(text, mode);
  const { pieces, comments } = splitProgram(text, mode);
  const lines: Line[] = [];
  let next = 0;
  for (const piece of pieces) {
    while (comments[next] && (comments[next] as Token).offset < piece.span.start) {
      lines.push(commentLine(comments[next++] as Token, text));
    }
    lines.push(...(piece.kind === 'standard' ? [standardLine(piece, text, mode)] : extendedLines(piece, text)));
  }
  for (const comment of comments.slice(next)) lines.push(commentLine(comment, text));
  return join(lines);
}

const commentLine = (token: Token, source: string): Line => ({
  text: token.text.trimEnd(),
  isComment: true,
  continues: !beginsLine(source, token.offset),
});

const statementLine = (text: string): Line => ({ text: `${text};`, isComment: false, continues: false });

function standardLine({ span }: StandardPiece, source: string, mode: LexicalMode): Line {
  const text = source.slice(span.start, span.end);
  return statementLine(endsInLineComment(text, mode) ? `${text.trimEnd()}\n` : text);
}

function endsInLineComment(text: string, mode: LexicalMode): boolean {
  const lastLine = text.slice(text.lastIndexOf('\n') + 1);
  if (!lastLine.includes('--') && !lastLine.includes('#')) return false;
  const scanner = createScanner(text, mode);
  scanner.enter('query');
  let last: Token | undefined;
  for (let token = scanner.next(); token; token = scanner.next()) last = token;
  return last !== undefined && isLineComment(last);
}

/** The statement, followed by the comments that were before its semicolon. */
function extendedLines({ query, comments, tokens }: ExtendedPiece, source: string): Line[] {
  const last = tokens.findLastIndex(({ type }) => type !== 'comment' && type !== 'end');
  const clauses = formatClauses(tokens.slice(0, last + 1), source);
  const after = tokens.slice(last + 1, -1).map((token) => commentLine(token, source));
  if (!query) return [...comments.map((token) => commentLine(token, source)), statementLine(clauses), ...after];
  const queryText = source.slice(query.start, query.end) + formatComments(comments, source);
  return [statementLine(`${queryText}\n${clauses}`), ...after];
}

function join(lines: readonly Line[]): string {
  const printed = lines.map((line, index) => separator(lines, index) + line.text).join('');
  return printed === '' ? '' : `${printed}\n`;
}

/** Blank lines separate comments and statements of several lines. */
function separator(lines: readonly Line[], index: number): string {
  const line = lines[index] as Line;
  if (index === 0) return '';
  if (continues(lines, index)) return ' ';
  let start = index - 1;
  while (continues(lines, start)) start--;
  const before = lines[start] as Line;
  if (before.isComment) return '\n';
  return line.isComment || (before.text + line.text).includes('\n') ? '\n\n' : '\n';
}

/** Nothing may follow a line comment on its line. */
const continues = (lines: readonly Line[], index: number) =>
  lines[index]?.continues === true && index > 0 && !/^(?:--|#)/.test(lines[index - 1]?.text ?? '');
