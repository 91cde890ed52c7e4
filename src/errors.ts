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
  UNKNOWN_MODEL: { kind: 'statement', meaning: '--model names a model that the catalog does not know' },
  UNKNOWN_ATTRIBUTE: { kind: 'statement', meaning: 'WITH names an attribute that the verb does not have' },
  WRONG_ATTRIBUTE: { kind: 'statement', meaning: 'the value of a WITH attribute is of the wrong kind or out of range' },
  MISSING_COMMAND: { kind: 'statement', meaning: 'the image needs a CMD' },
  UNKNOWN_PROGRAM: { kind: 'statement', meaning: 'the first item of CMD names no program of the image' },
  UNKNOWN_OPTION: { kind: 'statement', meaning: 'CMD holds an option that the program does not have' },
  WRONG_OPTION: { kind: 'statement', meaning: 'an option of CMD is not of the form --name=value, or out of range' },
  MISSING_OPTION: { kind: 'statement', meaning: 'the program needs an option that CMD does not give' },
  MISSING_INTO: { kind: 'statement', meaning: 'the statement writes rows and names no table for them' },
  TOO_MANY_TABLES: { kind: 'statement', meaning: 'INTO names more tables than the image writes' },
  QUERY_REFUSED: { kind: 'statement', meaning: 'the database refuses the query before TO' },
  DUPLICATE_COLUMN: { kind: 'statement', meaning: 'the result table would have two columns of one name' },
  UNKNOWN_COLUMN: { kind: 'statement', meaning: 'an attribute names a column that the query does not select' },
  NO_IMAGE_COLUMN: { kind: 'statement', meaning: 'no selected column is known to hold the paths of the images' },
  TABLE_EXISTS: { kind: 'statement', meaning: "the result table exists, and write_mode is 'fail'" },
  // datasource
  DATASOURCE_MISSING: { kind: 'configuration', meaning: 'no database was named' },
  DATASOURCE_INVALID: { kind: 'configuration', meaning: 'the DSN of the database cannot be read' },
  MARIADB_MISSING: { kind: 'configuration', meaning: 'MariaDB is not installed on this machine' },
  MARIADB_FAILED: { kind: 'configuration', meaning: "the project's own MariaDB does not start" },
  // engine
  UNKNOWN_STATEMENT: { kind: 'statement', meaning: 'no statement has this id' },
  STATEMENT_BUSY: { kind: 'statement', meaning: 'the statement is running, or has finished' },
  TIMED_OUT: { kind: 'run', meaning: 'a step took longer than its timeout' },
  CANCELLED: { kind: 'cancelled', meaning: 'the statement was cancelled' },
  WORKER_FAILED: { kind: 'run', meaning: 'a worker ended without saying why, and its retries are used up' },
  // worker
  TASK_INVALID: { kind: 'internal', meaning: 'the worker was started without a readable task' },
  ROWS_FAILED: { kind: 'run', meaning: 'more rows failed than max_failed_rows allows' },
  ROWS_MISSING: { kind: 'internal', meaning: 'the ledger and the selection do not agree' },
  PARTITION_TAKEN: { kind: 'run', meaning: 'another worker has taken this partition over' },
  APPEND_MISMATCH: { kind: 'statement', meaning: 'the table to append to was not made for these columns' },
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
