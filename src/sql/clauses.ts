import nearley from 'nearley';
import { MillraceError } from '../errors.ts';
import { diagnose, type Expectation } from './diagnose.ts';
import type { Items } from './expression-nodes.ts';
import grammar from './grammar.generated.ts';
import type { Token } from './standard-lexer.ts';
import type { Value } from './statement.ts';

/** The clauses of one statement as the grammar's actions build them; absent ones are null. */
export type Clauses =
  | {
      readonly kind: 'run';
      readonly image: Token;
      readonly command: Items<Token> | null;
      readonly attributes: Items<AttributeNode> | null;
      readonly into: Items<Token> | null;
    }
  | {
      readonly kind: 'train';
      readonly estimator: Token;
      readonly attributes: Items<AttributeNode> | null;
      readonly columns: Items<ColumnsNode> | null;
      readonly label: Token | null;
      readonly using: Token | null;
      readonly into: Token;
    }
  | {
      readonly kind: 'predict';
      readonly into: Token;
      readonly attributes: Items<AttributeNode> | null;
      readonly using: Token;
    }
  | {
      readonly kind: 'explain';
      readonly model: Token;
      readonly attributes: Items<AttributeNode> | null;
      readonly explainer: Token | null;
      readonly into: Token | null;
    }
  | {
      readonly kind: 'evaluate';
      readonly model: Token;
      readonly attributes: Items<AttributeNode> | null;
      readonly label: Token;
      readonly into: Token;
    }
  | {
      readonly kind: 'find';
      readonly predicate: Value;
      readonly attributes: Items<AttributeNode> | null;
      readonly models: Items<Token> | null;
      readonly into: Token;
    }
  | {
      readonly kind: 'optimize';
      readonly direction: Token;
      readonly objective: Value;
      readonly constraints: Items<ConstraintNode> | null;
      readonly attributes: Items<AttributeNode>;
      readonly solver: Token | null;
      readonly into: Token;
    }
  | ModelClauses;

/** Statements about models. */
export type ModelClauses =
  | { readonly kind: 'showTrain' | 'showTrials' | 'describeModel'; readonly model: Token }
  | {
      readonly kind: 'createModel';
      readonly model: Token;
      readonly from: Token | null;
      readonly like: Token | null;
      readonly attributes: Items<AttributeNode> | null;
    }
  | { readonly kind: 'showModels'; readonly like: Token | null }
  | { readonly kind: 'dropModel'; readonly model: Token; readonly ifExists: boolean }
  | { readonly kind: 'setModel'; readonly model: Token; readonly version: Token };

export interface AttributeNode {
  readonly name: Token;
  readonly value: Value;
}

export interface ColumnsNode {
  readonly keyword: Token;
  readonly items: Items<Value>;
  readonly name: Token | null;
}

export interface ConstraintNode {
  readonly expression: Value;
  readonly groupBy: Token | null;
}

const compiled = nearley.Grammar.fromCompiled(grammar as never);

/** The parts of nearley's parser that tell what it expected. Its own error report takes too long and does not help users. */
interface ParserInsides {
  readonly current: number;
  readonly table: readonly { readonly scannable: readonly ScannableState[] }[];
  reportError: () => string;
}

interface ScannableState {
  readonly dot: number;
  readonly rule: { readonly name: string; readonly symbols: readonly { readonly type: string }[] };
}

/** Parses the tokens of a statement's clauses: no comments, with the `end` token. Throws a MillraceError. */
export function parseClauses(tokens: readonly Token[]): Clauses {
  const parser = new nearley.Parser(compiled, { lexer: tokenLexer(tokens) });
  const insides = parser as unknown as ParserInsides;
  insides.reportError = () => '';
  try {
    parser.feed('');
  } catch (error) {
    if (!(error instanceof Error && 'offset' in error)) throw error;
    throw diagnose(tokens, insides.current, expectations(insides));
  }
  const [clauses, another] = parser.results as Clauses[];
  if (!clauses || another)
    throw new MillraceError('INTERNAL', 'the grammar does not parse this statement in exactly one way');
  return clauses;
}

const expectations = ({ table, current }: ParserInsides): Expectation[] =>
  (table[current]?.scannable ?? []).map(({ rule, dot }) => ({ rule: rule.name, type: rule.symbols[dot]?.type ?? '' }));

/** nearley asks a lexer for its tokens; here they have already been read. */
function tokenLexer(tokens: readonly Token[]): nearley.Lexer {
  let next = 0;
  return {
    reset: () => {},
    next: () => tokens[next++] as never,
    save: () => ({}) as never,
    formatError: () => '',
  };
}
