import type { MillraceError } from '../errors.ts';
import { type Failure, failAt } from './failure.ts';
import { clauseKeywords } from './keywords.ts';
import { quoteToken } from './split-errors.ts';
import type { Token } from './standard-lexer.ts';
import { clauseWords } from './verb-forms.ts';

/** The error for an unexpected token without a more specific error: what was expected, and what to do. */
export function wrongToken(failure: Failure): MillraceError {
  const { found } = failure;
  const what = found.type === 'end' ? "the statement's end" : quoteToken(found.text);
  return failAt(found, 'SYNTAX', `expected ${orList(alternatives(failure))}, found ${what}`, hintFor(failure));
}

/** The form of the verb that the user wrote. */
export const formOf = ({ form, verb }: Failure) => form.form.replace('TO MAXIMIZE', verb);

const orList = (words: readonly string[]) =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

const descriptions: Readonly<Record<string, string>> = {
  string: 'a string',
  name: 'a name',
  end: "';'",
  comma: "','",
  equals: "'='",
  open: "'('",
  close: "')'",
  closeList: "']'",
};
const operators = new Set(['OR', 'AND', 'NOT', 'comparison', 'equals', 'sign', 'star', 'factor', 'power']);
const references: Readonly<Record<string, string>> = { RUN: 'an image', TRAIN: 'an estimator', USING: 'a name' };

/** What was expected, in words, without the operators that could continue an expression. */
function alternatives({ tokens, index, expected, form }: Failure): readonly string[] {
  if (expected.has('number')) return ['a value'];
  if (expected.has('reference')) {
    return [form.clauses.length > 0 ? (references[tokens[index - 1]?.type ?? ''] ?? 'a model') : 'a model'];
  }
  const types = [...expected.keys()];
  const plain = types.filter((type) => !operators.has(type) && type !== 'open');
  return [...new Set((plain.length > 0 ? plain : types).map((type) => descriptions[type] ?? type))].sort();
}

function hintFor(failure: Failure): string {
  const { tokens, index } = failure;
  const previous = tokens[index - 1] as Token;
  return quotesHint(failure) ?? nameHint(failure) ?? operandHint(failure, previous) ?? placeHint(failure);
}

function quotesHint({ found, expected }: Failure): string | null {
  const isWord = found.type === 'name' || found.type === 'number';
  if (expected.has('string') && !expected.has('name') && isWord)
    return `put it into quotes: "${found.text.slice(0, 60)}"`;
  if (found.type !== 'string' || !expected.has('name')) return null;
  return 'write the name without quotes, or in backquotes';
}

const afterName = new Set(['end', 'comma', 'close', 'closeList', 'equals', ...clauseWords]);

/** A keyword in place of a name, followed by what may follow a name. */
function nameHint({ tokens, index, found, expected }: Failure): string | null {
  const isKeyword = (clauseKeywords as readonly string[]).includes(found.type);
  if (!isKeyword || !expected.has('name') || !afterName.has(tokens[index + 1]?.type ?? '')) return null;
  return `to use the word as a name, write \`${found.text}\``;
}

function operandHint({ found, expected }: Failure, previous: Token): string | null {
  if (previous.type === 'comma' && found.type !== 'comma')
    return "remove the ',' before it, or write another item after it";
  if (!operators.has(previous.type) || !expected.has('number')) return null;
  return `write a value after ${previous.text.toUpperCase()}`;
}

function placeHint(failure: Failure): string {
  const [only, another] = alternatives(failure);
  if (!only || another) return formOf(failure);
  return only === "';'" ? "remove it, or end the previous statement with ';'" : `write ${only} here`;
}
