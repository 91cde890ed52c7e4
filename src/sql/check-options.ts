import { MillraceError } from '../errors.ts';
import type { Token } from './standard-lexer.ts';
import { clauseWords } from './verb-forms.ts';

/** Refuses `CMD "yolo" --model=demo`: without quotes, an option is a comment and would be ignored silently. */
export function checkOptions(tokens: readonly Token[]): void {
  let clause = '';
  for (const token of tokens) {
    if (clauseWords.has(token.type)) clause = token.type;
    if (clause === 'CMD' && token.type === 'comment' && /^--[A-Za-z][\w-]*=/.test(token.text)) throw unquoted(token);
  }
}

const unquoted = ({ text, offset, end }: Token) =>
  new MillraceError('SYNTAX', `without quotes, ${/^--[\w-]*/.exec(text)?.[0]} is a comment, not an option`, {
    span: { start: offset, end },
    hint: 'put the option into quotes',
  });
