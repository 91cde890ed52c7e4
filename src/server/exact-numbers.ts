import { maxParameterNames } from '../sql/bounds.ts';
import type { Parameters } from '../sql/parameters.ts';

/** Parameters with their exact digits, by body. */
const exact = new WeakMap<object, Parameters>();

/** Finds numbers that JavaScript may print differently. Without any, a long list need not be parsed twice. */
const roundable = /\d{16}|\d[.eE]|-0/;

interface Body {
  readonly parameters?: unknown;
}

/**
 * Keeps the digits of a body's `parameters` as they were sent: a JavaScript number holds 53 bits, and 1.10 becomes 1.1.
 * @param text what `body` was parsed from
 */
export function keepDigits(text: string, body: unknown): void {
  const { parameters } = Object(body) as Body;
  if (parameters === undefined || hasTooManyNames(parameters) || !roundable.test(text)) return;
  const { parameters: kept } = JSON.parse(text, withDigits as (key: string, value: unknown) => unknown) as Body;
  exact.set(body as object, kept as Parameters);
}

/** Such a program is refused. */
function hasTooManyNames(parameters: unknown): boolean {
  return !Array.isArray(parameters) && Object.keys(Object(parameters)).length > maxParameterNames;
}

/** https://github.com/tc39/proposal-json-parse-with-source, of which TypeScript's types know nothing yet. */
function withDigits(_key: string, value: unknown, { source = '' }: { readonly source?: string }): unknown {
  return typeof value === 'number' && String(value) !== source ? { digits: source } : value;
}

/** The parameters of a request's body, with the digits that were sent. */
export function parametersOf(body: { readonly parameters?: Parameters | undefined }): Parameters | undefined {
  return exact.get(body) ?? body.parameters;
}
