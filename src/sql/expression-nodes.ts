import type { Span } from '../errors.ts';
import { quoteString, unquoteString } from './quoting.ts';
import type { Token } from './standard-lexer.ts';
import type { ExpressionForm, StringLiteral, Value } from './statement.ts';

/** A list as the grammar builds it, last item first, so that adding an item copies nothing. */
export interface Items<T> {
  readonly previous: Items<T> | null;
  readonly item: T;
}

export const only = <T>([node]: readonly T[]) => node;
export const second = <T>([, node]: readonly T[]) => node;
export const one = <T>([item]: readonly T[]) => ({ previous: null, item });
export const more = <T>([previous, , item]: readonly T[]) => ({ previous, item });

/** The items in the order of the text; empty for an absent clause. */
export function toArray<T>(items: Items<T> | null): readonly T[] {
  const array: T[] = [];
  for (let rest = items; rest; rest = rest.previous) array.push(rest.item);
  return Object.freeze(array.reverse());
}

export const spanOf = (from: Token | { readonly span: Span }, to = from): Span =>
  Object.freeze({
    start: 'offset' in from ? from.offset : from.span.start,
    end: 'offset' in to ? to.end : to.span.end,
  });

export const string = (token: Token): StringLiteral =>
  Object.freeze({ kind: 'string', value: unquoteString(token.text), span: spanOf(token) });

export const number = (token: Token): Value =>
  Object.freeze({ kind: 'number', value: Number(token.text), text: token.text, span: spanOf(token) });

export function word(token: Token): Value {
  const span = spanOf(token);
  const lower = token.text.toLowerCase();
  if (lower === 'true' || lower === 'false') return Object.freeze({ kind: 'boolean', value: lower === 'true', span });
  if (lower === 'null') return Object.freeze({ kind: 'null', span });
  return expression('name', token.text, [], token.text, span);
}

export function call(name: Token, items: Items<Value> | null, close: Token): Value {
  const operands = toArray(items);
  return expression('call', name.text, operands, `${name.text}(${listText(operands)})`, spanOf(name, close));
}

export const list = (open: Token, items: Items<Value> | null, close: Token): Value =>
  Object.freeze({ kind: 'list', items: toArray(items), span: spanOf(open, close) });

export const bracket = (open: Token, inner: Value, close: Token): Value =>
  expression('bracket', '(', [inner], `(${valueText(inner)})`, spanOf(open, close));

/** A sign before a number belongs to the number. */
export function unary(operator: Token, operand: Value): Value {
  const span = spanOf(operator, operand);
  if (operator.type === 'sign' && operand.kind === 'number' && !isSigned(operand)) {
    const text = operator.text + operand.text;
    return Object.freeze({ kind: 'number', value: Number(text), text, span });
  }
  const head = operator.text.toUpperCase();
  const gap = operator.type === 'NOT' || isSigned(operand) ? ' ' : '';
  return expression('unary', head, [operand], head + gap + valueText(operand), span);
}

/** Two adjacent signs would start a comment. The text of an expression can be long, so it is not inspected. */
function isSigned(value: Value): boolean {
  if (value.kind === 'number') return /^[+-]/.test(value.text);
  return value.kind === 'expression' && value.form === 'unary' && value.head !== 'NOT';
}

export function binary(left: Value, operator: Token, right: Value): Value {
  const head = operator.text.toUpperCase();
  const text = `${valueText(left)} ${head} ${valueText(right)}`;
  return expression('binary', head, [left, right], text, spanOf(left, right));
}

function expression(form: ExpressionForm, head: string, operands: readonly Value[], text: string, span: Span): Value {
  return Object.freeze({ kind: 'expression', form, head, operands: Object.freeze(operands), text, span });
}

/** The canonical text of a value in the dialect. */
export function valueText(value: Value): string {
  switch (value.kind) {
    case 'string':
      return quoteString(value.value);
    case 'boolean':
      return value.value ? 'TRUE' : 'FALSE';
    case 'null':
      return 'NULL';
    case 'list':
      return `[${listText(value.items)}]`;
    default:
      return value.text;
  }
}

const listText = (values: readonly Value[]) => values.map(valueText).join(', ');
