import { type ErrorCode, MillraceError } from '../errors.ts';
import type { Token } from './standard-lexer.ts';
import type { VerbForm } from './verb-forms.ts';

/** The place where parsing of a statement's clauses failed. */
export interface Failure {
  readonly tokens: readonly Token[];
  readonly index: number;
  readonly found: Token;
  readonly expected: ReadonlyMap<string, string>;
  readonly form: VerbForm;
  /** `TO RUN`, `SHOW TRAIN`. */
  readonly verb: string;
  /** The clauses before the failure, in the order of the text. */
  readonly seen: readonly string[];
}

export const failAt = (token: Token, code: ErrorCode, message: string, hint: string) =>
  new MillraceError(code, message, { span: { start: token.offset, end: token.end }, hint });
