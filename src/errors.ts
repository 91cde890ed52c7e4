/** A piece of a program's text: offsets in UTF-16 units, `end` exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Who has to act on an error, and the exit code of the command that ends with it. */
export const exitCodes = {
  /** The statement is wrong: the user mends it. */
  statement: 2,
  /** The surroundings are wrong: a missing program, setting or folder. */
  configuration: 3,
  /** The database is not there, or refuses. */
  database: 4,
  /** The statement was right and started, and failed. */
  run: 5,
  /** A defect of Millrace. */
  internal: 70,
  cancelled: 130,
} as const;

export type ErrorKind = keyof typeof exitCodes;

/** Every error a user can meet: who must act, and what it means. The one table; docs/errors.md is checked against it. */
export const errorTable = {
  // sql
  SYNTAX: { kind: 'statement', meaning: 'the text is not a statement of the dialect' },
  // plan
  UNKNOWN_IMAGE: { kind: 'statement', meaning: 'TO RUN names an image that the catalog does not know' },
  // datasource
  DATASOURCE_MISSING: { kind: 'configuration', meaning: 'no database was named' },
  // engine and worker
  INTERNAL: { kind: 'internal', meaning: 'a defect of Millrace; please report it' },
} as const satisfies Record<string, { readonly kind: ErrorKind; readonly meaning: string }>;

export type ErrorCode = keyof typeof errorTable;

export interface ErrorDetails {
  /** Where in the program's text. */
  readonly span?: Span;
  /** What to do about it; a short imperative phrase, shown at the caret or on a line of its own. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** The only error that reaches a user. */
export class MillraceError extends Error {
  readonly code: ErrorCode;
  readonly span: Span | undefined;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = 'MillraceError';
    this.code = code;
    this.span = details.span;
    this.hint = details.hint;
  }

  get exitCode(): number {
    return exitCodes[errorTable[this.code].kind];
  }
}
