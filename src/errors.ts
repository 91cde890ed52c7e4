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
  UNKNOWN_CHARACTER: { kind: 'statement', meaning: 'a character that no token of the dialect begins with' },
  UNKNOWN_KEYWORD: { kind: 'statement', meaning: 'a word stands where a clause begins, and no clause has that name' },
  UNKNOWN_VERB: { kind: 'statement', meaning: 'the word after TO is none of the verbs' },
  VERB_WITHOUT_QUERY: { kind: 'statement', meaning: 'TO and its verb stand without a query before them' },
  NOT_A_QUERY: { kind: 'statement', meaning: 'the statement before TO returns no rows' },
  TWO_QUERIES: {
    kind: 'statement',
    meaning: 'two queries stand before TO without a UNION or a semicolon between them',
  },
  VERB_IN_BRACKETS: { kind: 'statement', meaning: 'TO and its verb stand inside brackets' },
  MISSING_COMMA: { kind: 'statement', meaning: 'two items of a list stand without a comma between them' },
  MISSING_SEMICOLON: { kind: 'statement', meaning: 'a statement begins before the one before it has ended' },
  MISSING_CLAUSE: { kind: 'statement', meaning: 'the verb needs a clause that is not there' },
  UNEXPECTED_CLAUSE: { kind: 'statement', meaning: 'the verb has no such clause' },
  DUPLICATE_CLAUSE: { kind: 'statement', meaning: 'a clause is given twice' },
  CLAUSE_ORDER: { kind: 'statement', meaning: 'the clauses of a verb stand in the wrong order' },
  DUPLICATE_ATTRIBUTE: { kind: 'statement', meaning: 'an attribute of WITH is given twice' },
  INVALID_NAME: { kind: 'statement', meaning: 'the name of a table, column or model has the wrong form' },
  INVALID_IMAGE: { kind: 'statement', meaning: 'the image of TO RUN is no image reference' },
  UNCLOSED_STRING: { kind: 'statement', meaning: 'a string or quoted name has no closing quote' },
  UNCLOSED_COMMENT: { kind: 'statement', meaning: 'a comment has no closing */' },
  UNCLOSED_BRACKET: { kind: 'statement', meaning: 'a bracket has no closing bracket in its statement' },
  UNCLOSED_BLOCK: { kind: 'statement', meaning: 'the body of a stored program has a BEGIN or CASE without its END' },
  DELIMITER: { kind: 'statement', meaning: 'DELIMITER is a command of the mysql client, not SQL' },
  PROGRAM_TOO_LONG: { kind: 'statement', meaning: 'a program has more statements than the bound' },
  STATEMENT_TOO_LONG: { kind: 'statement', meaning: 'a statement is longer than the bound on its size' },
  INVALID_LINE: { kind: 'statement', meaning: 'a line of `parse --lines` is no JSON object with "id" and "sql"' },
  NESTING_TOO_DEEP: { kind: 'statement', meaning: 'brackets or operators are nested deeper than the bound' },
  // plan
  UNKNOWN_IMAGE: { kind: 'statement', meaning: 'TO RUN names an image that the catalog does not know' },
  UNKNOWN_MODEL: { kind: 'statement', meaning: '--model names a model that the catalog does not know' },
  UNKNOWN_ATTRIBUTE: { kind: 'statement', meaning: 'WITH names an attribute that the verb does not have' },
  WRONG_ATTRIBUTE: { kind: 'statement', meaning: 'the value of a WITH attribute is of the wrong kind or out of range' },
  IMAGE_NOT_ALLOWED: { kind: 'statement', meaning: 'the role may not run the image' },
  TOO_MANY_PARTITIONS: { kind: 'statement', meaning: 'a program has more partitions than one workflow holds' },
  MISSING_COMMAND: { kind: 'statement', meaning: 'the image needs a CMD' },
  UNKNOWN_PROGRAM: { kind: 'statement', meaning: 'the first item of CMD names no program of the image' },
  UNKNOWN_OPTION: { kind: 'statement', meaning: 'CMD holds an option that the program does not have' },
  WRONG_OPTION: { kind: 'statement', meaning: 'an option of CMD is not of the form --name=value, or out of range' },
  MISSING_OPTION: { kind: 'statement', meaning: 'the program needs an option that CMD does not give' },
  OUTSIDE_VOLUMES: { kind: 'statement', meaning: "a path of CMD lies outside the step's volumes" },
  MISSING_INTO: { kind: 'statement', meaning: 'the statement writes rows and names no table for them' },
  MISSING_DATABASE: { kind: 'statement', meaning: 'INTO names a table without a database, and the DSN names none' },
  LOCAL_INFILE: { kind: 'statement', meaning: 'LOAD DATA LOCAL would read a file where the statement is run' },
  TOO_MANY_TABLES: { kind: 'statement', meaning: 'INTO names more tables than the image writes' },
  VERB_NOT_PLANNED: { kind: 'statement', meaning: 'the verb is part of the dialect, and cannot be run yet' },
  QUERY_REFUSED: {
    kind: 'statement',
    meaning: 'the database refuses a statement for its syntax, or for a name that does not exist',
  },
  DUPLICATE_COLUMN: { kind: 'statement', meaning: 'the result table would have two columns of one name' },
  INVALID_COLUMN: { kind: 'statement', meaning: 'a selected column cannot be a column of the result table' },
  UNKNOWN_COLUMN: { kind: 'statement', meaning: 'an attribute names a column that the query does not select' },
  NO_IMAGE_COLUMN: { kind: 'statement', meaning: 'no selected column is known to hold the paths of the images' },
  TABLE_EXISTS: { kind: 'statement', meaning: "the result table exists, and write_mode is 'fail'" },
  RESULT_IS_SOURCE: { kind: 'statement', meaning: 'the query reads the table that the result would replace' },
  SESSION_NOT_SHARED: { kind: 'statement', meaning: 'a statement needs what only the session of another keeps' },
  FOREIGN_DATASOURCE_MISSING: {
    kind: 'configuration',
    meaning: 'the image of TO RUN needs a database account of its own, and none is set up',
  },
  // datasource
  DATASOURCE_MISSING: { kind: 'configuration', meaning: 'no database was named' },
  DATASOURCE_INVALID: { kind: 'configuration', meaning: 'the DSN of the database cannot be read' },
  MARIADB_MISSING: { kind: 'configuration', meaning: 'MariaDB is not installed on this machine' },
  MARIADB_FAILED: { kind: 'configuration', meaning: "the project's own MariaDB does not start" },
  DATABASE_UNREACHABLE: { kind: 'database', meaning: 'the database does not answer' },
  DATABASE_REFUSED: { kind: 'database', meaning: 'the database refuses the account, the password or the connection' },
  DATABASE_RIGHTS: { kind: 'database', meaning: 'the account lacks a right that the statement needs' },
  DATABASE_FULL: { kind: 'database', meaning: 'the database has no room left' },
  DATABASE_BUSY: { kind: 'database', meaning: 'a deadlock or a lock held too long; another try may pass' },
  DATABASE_NEWER: { kind: 'database', meaning: 'the system schema was made by a newer Millrace' },
  QUERY_FAILED: { kind: 'statement', meaning: 'a statement fails in the database while it runs' },
  INVALID_CURSOR: { kind: 'statement', meaning: 'the cursor of a page is not one of this result' },
  // cli
  USAGE: { kind: 'statement', meaning: 'the command line is not one of the command' },
  PROGRAM_NOT_UTF8: { kind: 'statement', meaning: 'the text of a program is not UTF-8' },
  VOLUMES_INVALID: { kind: 'configuration', meaning: 'MILLRACE_VOLUMES is not of the form /mount=FOLDER,…' },
  OUTPUT_FAILED: { kind: 'configuration', meaning: 'standard output cannot be written' },
  RESULT_CUT: { kind: 'run', meaning: 'only the first rows of a result are kept, and so not all of them were given' },
  SERVER_NEEDED: { kind: 'configuration', meaning: 'the command needs a server, and MILLRACE_URL names none' },
  SERVER_UNREACHABLE: { kind: 'configuration', meaning: 'the server of MILLRACE_URL does not answer' },
  SERVER_REFUSED: { kind: 'configuration', meaning: 'the server does not accept the token' },
  SERVER_INVALID: {
    kind: 'configuration',
    meaning: 'MILLRACE_URL names no Millrace server, or one of another version',
  },
  // engine
  UNKNOWN_STATEMENT: { kind: 'statement', meaning: 'no statement has this id' },
  SERVERS_DIED: { kind: 'run', meaning: 'servers died again and again while they ran the statement' },
  STATEMENT_BUSY: { kind: 'statement', meaning: 'the statement is running, or has finished' },
  TIMED_OUT: { kind: 'run', meaning: 'a step took longer than its timeout' },
  STATEMENT_TIMEOUT: { kind: 'run', meaning: 'a standard statement ran longer than the server allows its user' },
  CANCELLED: { kind: 'cancelled', meaning: 'the statement was cancelled' },
  SESSION_LOST: {
    kind: 'run',
    meaning:
      'what standard statements had set in their session is gone with it: a server died, the program failed, or the connection was lost',
  },
  WORKER_FAILED: { kind: 'run', meaning: 'a worker ended without saying why, and its retries are used up' },
  // engine/argo
  KUBERNETES_MISSING: {
    kind: 'configuration',
    meaning: 'no Kubernetes cluster is named, or its kubeconfig is unusable',
  },
  KUBERNETES_UNREACHABLE: { kind: 'configuration', meaning: 'the Kubernetes API does not answer' },
  KUBERNETES_REFUSED: { kind: 'configuration', meaning: 'Kubernetes refuses the account, or a right that it needs' },
  NAMESPACE_MISSING: { kind: 'configuration', meaning: 'the namespace is not there' },
  ARGO_MISSING: { kind: 'configuration', meaning: 'the cluster has no Argo Workflows, or its controller does not run' },
  WORKER_IMAGE_MISSING: { kind: 'configuration', meaning: 'no image of the worker is named' },
  WORKFLOW_REFUSED: { kind: 'run', meaning: 'Kubernetes does not take the workflow' },
  WORKFLOW_DELETED: { kind: 'run', meaning: 'the workflow was deleted before it had ended' },
  WORKFLOW_SUSPENDED: { kind: 'run', meaning: 'somebody suspended the workflow' },
  IMAGE_UNAVAILABLE: { kind: 'run', meaning: 'the image of a pod cannot be pulled' },
  NOT_SCHEDULED: { kind: 'run', meaning: 'a pod waits for a node that can take it' },
  POD_NOT_STARTED: { kind: 'run', meaning: 'a pod waits for something that the cluster does not have' },
  // server
  SERVER_CONFIG_INVALID: { kind: 'configuration', meaning: "the server's configuration cannot be used" },
  ANONYMOUS_REFUSED: { kind: 'configuration', meaning: 'without users, the server listens on this machine only' },
  READ_ONLY_ROLE: { kind: 'statement', meaning: 'the statement may write, and the role of the user is reader' },
  SYSTEM_SCHEMA: { kind: 'statement', meaning: 'the statement names the system schema, which only an admin may' },
  PARAMETER_MISSING: { kind: 'statement', meaning: 'a placeholder of the program has no parameter, or one of no use' },
  PARAMETER_UNUSED: { kind: 'statement', meaning: 'the program has no placeholder for a parameter' },
  HOST_REFUSED: {
    kind: 'statement',
    meaning: 'without users, the server answers to names of this machine only',
  },
  ORIGIN_REFUSED: { kind: 'statement', meaning: 'without users, the server takes nothing from pages of other sites' },
  METHOD_NOT_ALLOWED: { kind: 'statement', meaning: 'the path is there, but not with this method' },
  MEDIA_TYPE_UNSUPPORTED: { kind: 'statement', meaning: 'the body is not JSON in UTF-8, or is compressed' },
  REQUEST_INVALID: { kind: 'statement', meaning: 'the request has not the form that its route takes' },
  REQUEST_TOO_LARGE: { kind: 'statement', meaning: 'the request is longer than the server takes' },
  REQUEST_TOO_SLOW: { kind: 'statement', meaning: 'the request did not come whole within the time for it' },
  UNKNOWN_ROUTE: { kind: 'statement', meaning: 'the server has no such path' },
  UNAUTHENTICATED: { kind: 'configuration', meaning: 'the request has no token that the server knows' },
  FORBIDDEN: { kind: 'statement', meaning: 'the role of the user does not allow it' },
  UNKNOWN_DATASOURCE: { kind: 'statement', meaning: 'the server has no datasource of this name for the user' },
  KEY_REUSED: { kind: 'statement', meaning: 'the Idempotency-Key was used for another program' },
  TOO_MANY_REQUESTS: { kind: 'statement', meaning: 'more requests than the server takes from one user' },
  TOO_MANY_STATEMENTS: { kind: 'statement', meaning: 'more statements at once than the server runs for one user' },
  TOO_MANY_STREAMS: { kind: 'statement', meaning: 'more open streams than the server serves' },
  SERVER_NOT_LISTENING: { kind: 'configuration', meaning: 'the server cannot listen on its address' },
  NO_RESULT: { kind: 'statement', meaning: 'the statement has no such result, or not yet' },
  RESULT_GONE: { kind: 'statement', meaning: 'the result was deleted, or its table dropped' },
  NO_WORKFLOW: { kind: 'statement', meaning: 'the engine runs statements without workflows' },
  // worker
  STATEMENT_UNCERTAIN: { kind: 'database', meaning: 'the database was gone while it ran a standard statement' },
  TASK_INVALID: { kind: 'internal', meaning: 'the worker was started without a readable task' },
  ROWS_FAILED: { kind: 'run', meaning: 'more rows failed than max_failed_rows allows' },
  ROWS_MISSING: { kind: 'internal', meaning: 'the ledger and the selection do not agree' },
  PARTITION_TAKEN: { kind: 'run', meaning: 'another worker has taken this partition over' },
  MODEL_MISSING: { kind: 'configuration', meaning: 'the model file is not there, or cannot be read' },
  MODEL_UNREADABLE: { kind: 'statement', meaning: 'the model file is no ONNX model that can be loaded' },
  MODEL_UNSUPPORTED: { kind: 'statement', meaning: 'the model is of a kind that the program does not run' },
  DEVICE_UNAVAILABLE: { kind: 'configuration', meaning: 'a GPU was asked for, and there is none for the worker' },
  INFERENCE_FAILED: { kind: 'run', meaning: 'the inference runtime failed' },
  IMAGE_MISSING: { kind: 'run', meaning: 'the file of an image is not there' },
  IMAGE_UNREADABLE: { kind: 'run', meaning: 'the file of an image cannot be read' },
  IMAGE_OUTSIDE: {
    kind: 'run',
    meaning: 'the file of an image lies outside --image_dir, or a link leads out of its volume',
  },
  IMAGE_BROKEN: {
    kind: 'run',
    meaning:
      'the file of an image is truncated, is not an image, or has a format or kind of samples that is not supported',
  },
  MODEL_OUTPUT_INVALID: { kind: 'run', meaning: "the model's output for an image is infinite or not a number" },
  APPEND_MISMATCH: { kind: 'statement', meaning: 'the table to append to was not made for these columns' },
  INTERNAL: { kind: 'internal', meaning: 'a defect of Millrace; please report it' },
} as const satisfies Record<string, { readonly kind: ErrorKind; readonly meaning: string }>;

export type ErrorCode = keyof typeof errorTable;

export interface ErrorDetails {
  /** Where in the program's text. */
  readonly span?: Span;
  /** What to do about it; a short imperative phrase, shown at the caret or on a line of its own. */
  readonly hint?: string;
  /** Further independent errors of the same program, in the order of the text. */
  readonly related?: readonly MillraceError[];
  readonly cause?: unknown;
}

/** The only error that reaches a user. */
export class MillraceError extends Error {
  readonly code: ErrorCode;
  readonly span: Span | undefined;
  readonly hint: string | undefined;
  readonly related: readonly MillraceError[];

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = 'MillraceError';
    this.code = code;
    this.span = details.span;
    this.hint = details.hint;
    this.related = details.related ?? [];
  }

  get exitCode(): number {
    return exitCodes[errorTable[this.code].kind];
  }
}
