import type { Span } from '../errors.ts';

/** A program's text, parsed: frozen plain data, every node with its place in the text. */
export interface Program {
  readonly text: string;
  readonly statements: readonly Statement[];
}

export type Statement = StandardStatement | RunStatement;

/** A statement that goes to the database as it stands. `text` is byte for byte what the user wrote, without the final `;`. */
export interface StandardStatement {
  readonly kind: 'standard';
  readonly text: string;
  readonly span: Span;
}

/** `query TO RUN image [CMD …] [WITH …] [INTO …]` */
export interface RunStatement {
  readonly kind: 'run';
  readonly span: Span;
  readonly query: Query;
  readonly image: ImageReference;
  readonly command: readonly StringLiteral[];
  readonly attributes: readonly Attribute[];
  readonly into: readonly TableName[];
}

/** The query before `TO`, byte for byte, never parsed. */
export interface Query {
  readonly text: string;
  readonly span: Span;
}

/** `[registry[:port]/]path[:tag][@digest]` */
export interface ImageReference {
  /** As written, without quotes. */
  readonly text: string;
  /** Registry and path, without tag and digest. */
  readonly name: string;
  readonly tag: string | null;
  readonly digest: string | null;
  readonly span: Span;
}

export interface StringLiteral {
  readonly kind: 'string';
  /** The value, escapes resolved. */
  readonly value: string;
  readonly span: Span;
}

/** `database.table`, either part possibly quoted in the text; unquoted here. */
export interface TableName {
  readonly database: string | null;
  readonly table: string;
  readonly span: Span;
}

/** `name = value` of a WITH clause; names may be dotted (`train.epoch`). */
export interface Attribute {
  readonly name: string;
  readonly nameSpan: Span;
  readonly value: Value;
  readonly span: Span;
}

export type Value =
  | StringLiteral
  | { readonly kind: 'number'; readonly value: number; readonly text: string; readonly span: Span }
  | { readonly kind: 'boolean'; readonly value: boolean; readonly span: Span }
  | { readonly kind: 'null'; readonly span: Span }
  | { readonly kind: 'list'; readonly items: readonly Value[]; readonly span: Span }
  /** Anything else that SQLFlow's expressions allow, e.g. a bare word or a call; kept as text. */
  | { readonly kind: 'expression'; readonly text: string; readonly span: Span };
