/** A piece of a program's text: offsets in UTF-16 units, `end` exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Who has to act on an error: the exit code of the command line (75 is EX_TEMPFAIL, 70 EX_SOFTWARE of sysexits(3)), and the
 * status of HTTP answers unless a code has its own (null if no server answers with it).
 */
export const errorKinds = {
  statement: { exitCode: 2, status: 400, action: 'the statement is wrong: correct it' },
  request: { exitCode: 2, status: 400, action: 'the request or the command line is wrong: correct it' },
  configuration: {
    exitCode: 3,
    status: 500,
    action: 'the environment is misconfigured: correct a setting or install what is missing',
  },
  database: {
    exitCode: 4,
    status: 503,
    action: 'the database is unavailable or rejects the account: its administrator has to act',
  },
  run: {
    exitCode: 5,
    status: null,
    action: 'the statement is valid, but its run failed: remove the cause, then retry',
  },
  internal: { exitCode: 70, status: 500, action: 'Millrace has a defect: report it' },
  busy: { exitCode: 75, status: 429, action: 'the server is busy: wait, then try again' },
  cancelled: { exitCode: 130, status: null, action: 'the statement was cancelled: nobody has to act' },
} as const satisfies Record<
  string,
  { readonly exitCode: number; readonly status: number | null; readonly action: string }
>;

export type ErrorKind = keyof typeof errorKinds;

export interface ErrorEntry {
  readonly kind: ErrorKind;
  /** What is wrong, in general; an error's message adds what was found. */
  readonly meaning: string;
  /** What to do about it, for errors without their own hint. */
  readonly hint: string;
  /** HTTP status of an answer with this error; null if no server answers with it. */
  readonly status: number | null;
  /** Whether the same request may succeed later without any change; clients then retry automatically. */
  readonly mayPass: boolean;
}

type Row = readonly [
  meaning: string,
  hint: string,
  others?: { readonly status?: number | null; readonly mayPass?: true },
];

function filedUnder<Code extends string>(kind: ErrorKind, rows: Readonly<Record<Code, Row>>) {
  const entries = Object.entries<Row>(rows).map(([code, [meaning, hint, others]]): [string, ErrorEntry] => [
    code,
    { kind, meaning, hint, status: errorKinds[kind].status, mayPass: false, ...others },
  ]);
  return Object.fromEntries(entries) as Readonly<Record<Code, ErrorEntry>>;
}

/**
 * Every error that a user can get, by who has to act. Exit codes, HTTP statuses, retries, docs/errors.md, the
 * server's page of errors and the OpenAPI document are derived from this table.
 */
export const errorTable = {
  ...filedUnder('statement', {
    // sql
    SYNTAX: ['not a statement of the dialect', 'correct it at the place shown'],
    UNKNOWN_CHARACTER: ['no token of the dialect starts with this character', 'remove it, or put it into quotes'],
    UNKNOWN_KEYWORD: ['a clause should start here, but no clause has this name', 'write the name of a clause'],
    UNKNOWN_VERB: ['the word after TO is not a verb of the dialect', 'write one of the verbs after TO'],
    VERB_WITHOUT_QUERY: ['TO and its verb have no query before them', 'write a SELECT before TO'],
    NOT_A_QUERY: ['the statement before TO returns no rows', 'write a SELECT before TO'],
    TWO_QUERIES: [
      'two queries are before TO, without UNION or a semicolon between them',
      'separate them with a semicolon',
    ],
    VERB_IN_BRACKETS: ['TO and its verb are inside brackets', 'write TO after the closing bracket'],
    MISSING_COMMA: ['two items of a list have no comma between them', 'put a comma between them'],
    MISSING_SEMICOLON: [
      "a new statement starts, but the previous one has no ';'",
      "end the previous statement with ';'",
    ],
    MISSING_CLAUSE: ['a clause that the verb needs is missing', 'add the clause'],
    UNEXPECTED_CLAUSE: ['the verb has no such clause', 'remove the clause'],
    DUPLICATE_CLAUSE: ['a clause is given twice', 'remove one of the two'],
    CLAUSE_ORDER: ['the clauses of a verb are in the wrong order', 'put them into the order shown'],
    DUPLICATE_ATTRIBUTE: ['an attribute of WITH is given twice', 'remove one of the two'],
    INVALID_NAME: ['not a valid name of a table, column or model', 'write it as database.table, or quote it'],
    INVALID_IMAGE: ['not a valid image reference', 'write it as registry/name:tag'],
    UNCLOSED_STRING: ['a string or quoted name has no closing quote', 'close it'],
    UNCLOSED_COMMENT: ['a comment has no closing */', 'close it'],
    UNCLOSED_BRACKET: ['a bracket has no closing bracket in its statement', 'close it'],
    UNCLOSED_BLOCK: ['a BEGIN or CASE in the body of a stored program has no END', 'close it with END'],
    DELIMITER: ['DELIMITER is a command of the mysql client, not SQL', 'remove it'],
    PROGRAM_TOO_LONG: ['a program has more statements than the limit', 'submit it in parts'],
    STATEMENT_TOO_LONG: [
      'a statement is longer than the limit',
      'load the data into a table and select it from there',
      { status: 413 },
    ],
    NESTING_TOO_DEEP: ['brackets or operators are nested deeper than the limit', 'simplify the expression'],
    PROGRAM_NOT_UTF8: ['the text of a program is not UTF-8', 'convert it: iconv -t UTF-8', { status: null }],
    PARAMETER_MISSING: [
      'a placeholder of the program has no value, or an unusable one',
      'give a value for each placeholder',
    ],
    PARAMETER_UNUSED: [
      'the program has no placeholder for a parameter',
      'remove the parameter, or write its placeholder',
    ],
    // plan
    UNKNOWN_IMAGE: ['TO RUN names an image that the catalog does not know', 'use an image of the catalog'],
    UNKNOWN_MODEL: ['--model names a model that the catalog does not know', 'millrace models lists the models'],
    UNKNOWN_CLASS: [
      'TO FIND names a class that no registered model knows',
      'DESCRIBE MODEL lists the classes of a model',
    ],
    WRONG_PREDICATE: [
      'the expression after TO FIND is not one of classes and numbers of objects',
      'write classes, such as person, and comparisons, such as car >= 3, with AND, OR, NOT and brackets',
    ],
    CLASS_NOT_COVERED: [
      'no model that may be asked knows a class of TO FIND',
      'measure a model that knows it with TO EVALUATE, or name one after USING',
    ],
    COUNT_UNSUPPORTED: [
      'a number of objects is asked for, but only classifiers know the class',
      'ask only whether there is one, or register a detector that knows it',
    ],
    BOUND_NOT_MET: [
      'no plan costs as little, or is as accurate, as the statement asks for',
      'allow a higher cost or a lower accuracy',
    ],
    SEARCH_TOO_LARGE: [
      'the search for the models of TO FIND needs more time or memory than it may have',
      'ask for fewer classes, or name fewer models after USING',
    ],
    MODEL_NAME: [
      'a model cannot be registered under this name',
      'use 1 to 128 letters, digits, _, - and ., starting with a letter or digit',
    ],
    MODEL_TOO_LARGE: [
      'the model is larger than the database stores',
      "keep the file in a volume, and register its path: WITH storage = 'path'",
      { status: 413 },
    ],
    MODEL_EXISTS: ['the name belongs to a model of another user', 'choose another name', { status: 409 }],
    MODEL_NOT_OWNED: [
      'only the owner of a model or an administrator may change or drop it',
      'ask the owner or an administrator',
      { status: 403 },
    ],
    UNKNOWN_ATTRIBUTE: ['unknown attribute for the verb', 'use an attribute of the verb'],
    UNKNOWN_PROFILE: ['WITH names a profile that does not exist', 'use a profile that the administrator has defined'],
    PROFILE_EXCEEDED: ['a statement requests more than its profile allows', 'request less, or name another profile'],
    PROFILE_NOT_ALLOWED: [
      'the role may not use the profile',
      'use another profile, or ask an administrator to allow it',
      { status: 403 },
    ],
    WRONG_ATTRIBUTE: ['the value of an attribute has the wrong type or is out of range', 'correct the value'],
    IMAGE_NOT_ALLOWED: [
      'the role may not run the image',
      'use another image, or ask an administrator to allow it',
      { status: 403 },
    ],
    READ_ONLY_ROLE: [
      'the statement may write, but the role of the user is reader',
      'ask an administrator for the role user',
      { status: 403 },
    ],
    SYSTEM_SCHEMA: [
      'the statement names the system schema, which only an administrator may use',
      'use tables of your own databases',
      { status: 403 },
    ],
    TOO_MANY_PODS: ['a program has more pods at once than one workflow can hold', 'lower parallelism'],
    MISSING_COMMAND: ['the image needs a CMD', "add CMD with the image's program and its options"],
    UNKNOWN_PROGRAM: ['the first item of CMD is not a program of the image', 'name a program of the image'],
    UNKNOWN_OPTION: ['CMD has an option that the program does not know', 'use an option of the program'],
    WRONG_OPTION: [
      'an option of CMD is not of the form --name=value, or its value is out of range',
      'correct the option',
    ],
    MISSING_OPTION: ['CMD lacks an option that the program needs', 'add the option'],
    BUCKET_NOT_ALLOWED: [
      'the statement may not read the bucket',
      'name another bucket, or ask an administrator to allow it',
      { status: 403 },
    ],
    OUTSIDE_VOLUMES: ["a path in CMD is outside the step's volumes", 'use a path inside a volume'],
    MISSING_INTO: ['the statement writes rows but names no table for them', 'add INTO table'],
    MISSING_DATABASE: [
      'INTO names a table without a database, and the DSN names no database either',
      'write INTO database.table',
    ],
    LOCAL_INFILE: [
      'LOAD DATA LOCAL would read a file where the statement runs',
      "load the file with the database's own client",
    ],
    TOO_MANY_TABLES: ['INTO names more tables than the image writes', 'name as many tables as the image writes'],
    MISSING_ATTRIBUTE: ['a statement lacks an attribute that it needs', 'add the attribute after WITH'],
    NOT_LINEAR: [
      'an expression of TO MAXIMIZE, TO MINIMIZE or CONSTRAINT is not linear in the value to solve for',
      'state the problem by sums and products of columns with the value',
    ],
    WRONG_EXPRESSION: [
      'an expression of TO MAXIMIZE, TO MINIMIZE or CONSTRAINT has no meaning there',
      'correct the expression',
    ],
    SEARCH_DRIVER_MISSING: [
      'an attribute of TO TRAIN has a domain, but no driver chooses values from it',
      'name a driver after USING: grid, random, asha or tpe',
    ],
    SEARCH_DRIVER: ['the driver of a search does not fit the statement', 'use another driver'],
    SEARCH_DOMAIN: ['the domain of an attribute is wrong', 'correct it'],
    UNKNOWN_SOLVER: ['USING names a solver that Millrace does not have', 'use highs, or leave USING out'],
    UNKNOWN_EXPLAINER: [
      'USING names an explainer that Millrace does not have',
      'use TreeExplainer or KernelExplainer, or leave USING out',
    ],
    DUPLICATE_COLUMN: ['the result table would have two columns with the same name', 'rename one of them with AS'],
    INVALID_COLUMN: ['a selected column cannot be a column of the result table', 'rename it with AS, or omit it'],
    UNKNOWN_COLUMN: [
      'an attribute or an expression names a column that the query does not select',
      'select the column, or name another',
    ],
    NO_IMAGE_COLUMN: ['no selected column is known to hold the paths of the images', 'name it with --image_column'],
    TABLE_EXISTS: [
      "the result table exists, and write_mode is 'fail'",
      "choose another table, or set write_mode to 'append' or 'overwrite'",
    ],
    APPEND_MISMATCH: ['the table to append to has other columns', 'append to a table that the same query created'],
    RESULT_IS_SOURCE: [
      'the query reads the table that the result would replace',
      'write the result into another table',
    ],
    SESSION_NOT_SHARED: [
      'a statement depends on session state it cannot see',
      'write the value itself, or use a stored procedure',
    ],
    // datasource
    QUERY_REFUSED: [
      'the database rejects a statement: its syntax is wrong or a name does not exist',
      'correct the statement, then submit it again',
    ],
    QUERY_FAILED: [
      'a statement failed in the database while it ran',
      'correct the statement or its data, then run it again',
    ],
    // worker
    MODEL_UNREADABLE: ['the model file is not an ONNX model that can be loaded', 'export the model as ONNX again'],
    MODEL_UNSUPPORTED: ['the program cannot run a model of this kind', 'use a model of a supported family'],
    PREDICT_VALUE: ['a value is NULL, and the model cannot read NULL there', 'select COALESCE(…, …) in its place'],
    // trainer: mistakes that only the rows or the trainer show
    TRAIN_ESTIMATOR_UNKNOWN: [
      'TO TRAIN names an unknown estimator',
      'choose an estimator of the language page, or an image of your own',
    ],
    TRAIN_ATTRIBUTE_UNKNOWN: [
      'WITH has an attribute that the estimator does not have',
      'remove it, or correct its name',
    ],
    TRAIN_ATTRIBUTE_VALUE: ['an attribute has a value that it cannot have', 'correct the value'],
    TRAIN_ATTRIBUTE_TWICE: ['two attributes mean the same', 'remove one of them'],
    TRAIN_PARAMETER_UNKNOWN: [
      "WITH has a parameter that XGBoost's booster or objective does not have",
      'remove it, or correct its name',
    ],
    TRAIN_PARAMETER_VALUE: ['XGBoost rejects the value of a parameter', 'correct the value'],
    TRAIN_PARAMETER_REFUSED: ['a parameter of XGBoost is decided by Millrace', 'remove it'],
    TRAIN_OBJECTIVE_MISSING: [
      'an xgboost estimator has no objective',
      "set objective, such as 'reg:squarederror' or 'binary:logistic'",
    ],
    TRAIN_OBJECTIVE_UNKNOWN: ['XGBoost has no such objective', 'correct its name'],
    TRAIN_METRIC_UNKNOWN: [
      'validation.metrics names a metric that the kind of model does not have',
      'choose another metric',
    ],
    TRAIN_VALIDATION_MISSING: ['early stopping needs validation rows', 'add validation.select'],
    TRAIN_COLUMN_UNKNOWN: [
      'COLUMN, LABEL or an attribute names a column that the query does not return',
      'correct the name, or select the column',
    ],
    TRAIN_COLUMN_TWICE: ['the query returns two columns of one name', 'give one of them another name with AS'],
    TRAIN_COLUMN_NAME: ['the name of a feature is empty or ends with a space', 'rename the column with AS'],
    TRAIN_COLUMN_KIND: [
      'a column holds text where numbers were expected, or numbers where text was',
      'cast the column, or describe it differently in COLUMN',
    ],
    TRAIN_COLUMN_BINARY: [
      'a column holds binary data, which no estimator reads',
      'leave the column out, or convert it to a number or text',
    ],
    TRAIN_COLUMN_FOR: ['the FOR of COLUMN does not fit the estimator', 'name the inputs that the estimator has'],
    TRAIN_FEATURE: ['COLUMN has an item that cannot be computed', 'correct the item'],
    TRAIN_FEATURE_UNKNOWN: ['COLUMN has an unknown function', 'correct its name'],
    TRAIN_FEATURE_TWICE: ['COLUMN has an item twice', 'remove one of them'],
    TRAIN_FEATURE_IS_LABEL: ['COLUMN names the label or a weight', 'remove it from COLUMN'],
    TRAIN_NO_FEATURES: ['the query returns no column besides the label', 'select the features too'],
    TRAIN_VALUE_MALFORMED: [
      'a text is not the list that COLUMN describes, or a label is infinite',
      'correct or leave out such rows in the query',
    ],
    TRAIN_NUMBER_TOO_LARGE: [
      "a column has numbers that a model's input cannot hold exactly",
      'select the column as text: CAST(… AS CHAR)',
    ],
    TRAIN_TEXT_TOO_LARGE: ['the texts of the query are too many or too long', 'select fewer or shorter texts'],
    TRAIN_LABEL_MISSING: [
      'the estimator learns a label, but the statement has no LABEL',
      'add LABEL and the name of a column',
    ],
    TRAIN_NO_ROWS: ['the query returns no rows that the estimator can learn from', 'select rows with a label'],
    TRAIN_ONE_CLASS: ['the label has one value only', 'select rows of at least two classes'],
    TRAIN_CLASSES: [
      'the number of classes, or of their weights, does not fit the label',
      'correct the number, or choose another objective',
    ],
    TRAIN_WEIGHTS: ['the weight column is NULL, negative, or zero everywhere', 'select weights from 0'],
    TRAIN_GOING_ON: [
      'the model of USING does not fit the statement',
      'give the same estimator, attributes and classes as its statement, or train without USING',
    ],
    TRAIN_NOT_OURS: ['the model was not trained by TO TRAIN', 'name a model that TO TRAIN has made'],
    TRAIN_CANNOT_HOP: ['the estimator does not learn in steps', "set exec.mode = 'task'"],
    TRAIN_EXPLAINER: ['the explainer does not explain this kind of model', 'USING KernelExplainer'],
    TRAIN_DIVERGED: ['training diverged or did not converge', 'lower optimizer.learning_rate, or allow more rounds'],
    TRAIN_TOO_LARGE: ['the network, the model or its features are too large', 'use smaller sizes'],
  }),
  ...filedUnder('request', {
    // cli
    USAGE: ['invalid command-line arguments', 'add --help to the command to see its arguments', { status: null }],
    INVALID_LINE: [
      'a line of `parse --lines` is not a JSON object with "id" and "sql"',
      'write {"id": 1, "sql": "SELECT …"}',
      { status: null },
    ],
    MODEL_LIST_INVALID: [
      'a list of simulated models has wrong lines; nothing was registered',
      'correct these lines; the header is id,model,latency_s,accuracy,classes,classes_unique',
      { status: null },
    ],
    // dataset
    DATASET_UNREADABLE: [
      'a file or folder of a dataset does not exist or cannot be read',
      'correct the path, or the permissions of the file',
      { status: null },
    ],
    DATASET_TRUNCATED: ['a file of a dataset ends too early', 'download or copy the file again', { status: null }],
    DATASET_INVALID: [
      'a file of a dataset is not of its format, or a value in it has the wrong type',
      'correct the entry that the message names',
      { status: null },
    ],
    DATASET_DUPLICATE: [
      'two entries of a dataset have the same id or file name',
      'give each entry an id and a name of its own',
      { status: null },
    ],
    DATASET_REFERENCE: [
      'an annotation names an image or a category that the dataset does not have',
      'add the image or category, or remove the annotation',
      { status: null },
    ],
    DATASET_NAME_UNSAFE: [
      'a file name in a dataset leads out of its folder',
      'do not trust this file; correct the name, or use another source',
      { status: null },
    ],
    DATASET_ARCHIVE: [
      'an archive is damaged, encrypted, or of an unknown kind',
      'download the archive again, or unpack it and name the files with --annotations and --images',
      { status: null },
    ],
    DATASET_ARCHIVE_UNSAFE: [
      'an archive has links, devices or far too much data',
      'do not trust this archive; if you do, unpack it and name the files with --annotations and --images',
      { status: null },
    ],
    DATASET_ARCHIVE_FILES: [
      'an archive has no annotations of the format, or several',
      'name the annotations by their path in the archive with --annotations',
      { status: null },
    ],
    DATASET_DOWNLOAD_FAILED: [
      'an archive of a dataset cannot be downloaded',
      'check the URL and the server; another run continues the download',
      { status: null },
    ],
    DATASET_DIGEST: [
      'an archive of a dataset does not have the given SHA-256',
      'check the digest and the source of the archive',
      { status: null },
    ],
    DATASET_EXISTS: [
      'the tables to import into exist and hold something else',
      'import into another database, or add --replace',
      { status: null },
    ],
    DATASET_BUSY: [
      'another import is writing the same dataset',
      'wait until the other import has ended',
      { status: null },
    ],
    DATASET_MISSING: [
      'the database does not hold the tables of a dataset',
      'name a database that millrace dataset import created',
      { status: null },
    ],
    LABELS_UNUSABLE: [
      'a table does not hold labels that results can be measured against',
      'name a table with the images, their classes and, for a detector, boxes',
    ],
    DATASET_OUTPUT: [
      'the file or folder to write to exists or cannot be written',
      'name another path, or remove what is there',
      { status: null },
    ],
    // engine
    UNKNOWN_STATEMENT: ['no statement has this id', 'list the statements to find its id', { status: 404 }],
    STATEMENT_BUSY: [
      'the statement is not in a state that allows this',
      'cancel only running statements; retry only failed, cancelled or interrupted ones',
      { status: 409 },
    ],
    REPEAT_REFUSED: [
      'a retry would execute a statement again that the database may have executed',
      'check its tables; retry with --repeat (over HTTP: ?repeat=true) to execute it again',
      { status: 409 },
    ],
    // server
    UNAUTHENTICATED: [
      'the request has no token that the server knows',
      'send a valid token: Authorization: Bearer …',
      { status: 401 },
    ],
    FORBIDDEN: [
      'the role of the user does not allow this',
      'ask the owner of the statement, or an administrator',
      { status: 403 },
    ],
    ORIGIN_REFUSED: [
      'without users, the server rejects requests from pages of other sites',
      'configure users and send a token',
      { status: 403 },
    ],
    HOST_REFUSED: [
      'without users, the server answers only requests for its own machine',
      'use localhost, or configure users',
      { status: 421 },
    ],
    UNKNOWN_ROUTE: ['the server has no such path', '/docs lists the paths', { status: 404 }],
    METHOD_NOT_ALLOWED: ['the path exists, but not with this method', '/docs lists the methods', { status: 405 }],
    MEDIA_TYPE_UNSUPPORTED: [
      'the body is of another type or encoding than the route accepts, or is compressed',
      'send application/json in UTF-8, uncompressed; for the bytes of a model, application/octet-stream',
      { status: 415 },
    ],
    REQUEST_INVALID: [
      'the request does not have the form that its route accepts',
      '/docs shows the form of each request',
    ],
    MYSQL_PROTOCOL: [
      'what a client sends is not the MySQL protocol as Millrace speaks it',
      'use a client of MySQL 8.0 or MariaDB 10.5, or a later one',
      { status: null },
    ],
    COMMAND_NOT_SUPPORTED: [
      'Millrace does not pass this command of the MySQL protocol on',
      'use a statement instead',
      { status: null },
    ],
    STATEMENTS_MIXED: [
      'a text has standard and extended statements, or its own and those of the connection',
      'send them one by one',
      { status: null },
    ],
    EXTENDED_NOT_PREPARED: [
      'an extended statement cannot be prepared',
      'send it as a text, without server-side preparation',
      { status: null },
    ],
    UNKNOWN_CONNECTION: [
      'KILL names a connection that does not exist, or that is of another user',
      'use the id that the connection got when it was opened',
      { status: null },
    ],
    REQUEST_TOO_LARGE: [
      'the body of the request is longer than the limit',
      'submit the program in parts',
      { status: 413 },
    ],
    HEADERS_TOO_LARGE: [
      'the headers of the request are longer than the limit',
      'send fewer or shorter headers',
      { status: 431 },
    ],
    REQUEST_TOO_SLOW: [
      'the request was not received in full before the timeout',
      'send headers and body at once',
      { status: 408, mayPass: true },
    ],
    UNKNOWN_DATASOURCE: [
      'the server has no datasource of this name that the user may use',
      'name a datasource that you may use',
      { status: 404 },
    ],
    KEY_REUSED: ['the Idempotency-Key was used for another program', 'use a new key for each program', { status: 422 }],
    INVALID_CURSOR: ['the cursor of a page does not belong to this result', 'start again without a cursor'],
    NO_RESULT: [
      'the statement has no such result, or does not have it yet',
      'ask again once its step has succeeded',
      { status: 404 },
    ],
    RESULT_GONE: ['the result was deleted, or its table was dropped', 'submit the statement again', { status: 410 }],
    PICTURE_MISSING: [
      'the statement has no picture in this row',
      'use a row of the pages of /v1/statements/{id}/pictures',
      { status: 404 },
    ],
    PICTURE_UNREADABLE: ['the picture of a row cannot be shown', 'correct what the message names', { status: 422 }],
    RESULT_TOO_SLOW: [
      'the result table cannot be read in time',
      'ask for fewer pictures, or leave out the filter',
      { status: 422 },
    ],
    NOT_IN_FORMAT: [
      'the result has a value that the requested format cannot hold',
      'read it as csv or ndjson, or select CAST(column AS CHAR)',
    ],
    NO_PICTURE: ['there is nothing to draw', 'leave out --plot', { status: null }],
    NO_WORKFLOW: ['the engine runs statements without workflows', 'look at the plan instead', { status: 404 }],
  }),
  ...filedUnder('configuration', {
    // cli
    NODE_MISSING: [
      'npm installed no Node 24 for this system',
      'install Node 24 or newer and put it first in PATH',
      { status: null },
    ],
    NODE_TOO_OLD: ['Millrace needs Node 24', 'run npm ci in its folder, which installs it', { status: null }],
    VOLUMES_INVALID: [
      'MILLRACE_VOLUMES is not of the form /mount=FOLDER,…',
      'write it as /datasets=/path/to/folder',
      { status: null },
    ],
    OUTPUT_FAILED: [
      'standard output cannot be written',
      'free up space, or send the output elsewhere',
      { status: null },
    ],
    SERVER_NEEDED: [
      'the command needs a server, but MILLRACE_URL is not set',
      'set MILLRACE_URL; millrace serve starts a server',
      { status: null },
    ],
    SERVER_UNREACHABLE: [
      'the server of MILLRACE_URL does not answer',
      'start it with millrace serve, or correct MILLRACE_URL',
      { status: null, mayPass: true },
    ],
    SERVER_REFUSED: [
      'the server does not accept the token',
      'set MILLRACE_TOKEN to a token that the server knows',
      { status: null },
    ],
    SERVER_INVALID: [
      'MILLRACE_URL does not name a Millrace server, or names one of another version',
      'correct MILLRACE_URL, or update Millrace',
      { status: null },
    ],
    // datasource
    DATASOURCE_MISSING: ['no database is named', 'set MILLRACE_DATASOURCE=mysql://user:password@host:port/database'],
    DATASOURCE_INVALID: [
      'the DSN of the database cannot be read',
      'write it as mysql://user:password@host:port/database',
    ],
    FOREIGN_DATASOURCE_MISSING: [
      'the image of TO RUN needs its own database account, but none is configured',
      'ask an administrator of the server to set MILLRACE_FOREIGN_DATASOURCE_SECRET',
    ],
    MARIADB_MISSING: [
      'MariaDB is not installed on this machine',
      'install it, or name a database in MILLRACE_DATASOURCE',
      { status: null },
    ],
    MARIADB_FAILED: [
      "the project's own MariaDB does not start",
      'read its log, or name a database in MILLRACE_DATASOURCE',
      { status: null },
    ],
    // worker/train
    TRAINER_PYTHON_MISSING: [
      'Python 3.11 or later, which trains models, is not installed on this machine',
      'install Python 3.11 or later with its modules venv and pip',
      { status: null },
    ],
    TRAINER_INSTALL_FAILED: [
      "the trainer's Python packages could not be installed",
      "correct the cause, such as a missing connection to pip's package index, then try again",
      { status: null },
    ],
    // engine/argo
    TRAINER_IMAGE_MISSING: [
      'no image of the trainer is named, which TO TRAIN and TO EXPLAIN need on Kubernetes',
      'set MILLRACE_TRAINER_IMAGE (images.trainer) to the image that docker/trainer.Dockerfile builds',
      { status: 500 },
    ],
    KUBERNETES_MISSING: [
      'no Kubernetes cluster is named, or its kubeconfig is unusable',
      'name a kubeconfig file in KUBECONFIG',
      { status: 503 },
    ],
    KUBERNETES_UNREACHABLE: [
      'the Kubernetes API does not answer',
      'check the cluster and the server in KUBECONFIG',
      { status: 503, mayPass: true },
    ],
    KUBERNETES_REFUSED: [
      'Kubernetes rejects the account, or the account lacks a permission',
      'bind the account to a Role with that permission',
      { status: 503 },
    ],
    NAMESPACE_MISSING: ['the namespace does not exist', 'create it, or name another in MILLRACE_NAMESPACE'],
    ARGO_MISSING: [
      'Argo Workflows is not installed in the cluster, or its controller is not running',
      'install Argo Workflows, and check its workflow-controller',
    ],
    BUCKETS_INVALID: [
      'a setting of the buckets cannot be read',
      'correct MILLRACE_BUCKETS, MILLRACE_S3_… or the credentials, as docs/models-and-images.md describes',
    ],
    IMAGE_URLS_INVALID: [
      'MILLRACE_IMAGE_URLS cannot be read',
      'set it to none, public, or networks besides, e.g. public,10.20.0.0/16',
    ],
    WORKER_IMAGE_MISSING: [
      'no image of the worker is named',
      'set MILLRACE_WORKER_IMAGE to the image that docker/worker.Dockerfile builds',
    ],
    // server
    SERVER_CONFIG_INVALID: [
      "the server's configuration cannot be used",
      'correct the setting that the message names',
      { status: null },
    ],
    ANONYMOUS_REFUSED: [
      'without users, the server listens on its own machine only',
      'configure users, or set MILLRACE_HOST=127.0.0.1',
      { status: null },
    ],
    PICTURE_NOT_MOUNTED: [
      'the server does not mount the volume of the pictures',
      'ask an administrator to mount the volume on the server and to name its folder in MILLRACE_VOLUMES',
      { status: 501 },
    ],
    SERVER_NOT_LISTENING: [
      'the server cannot listen on its address',
      'stop what uses the port, or set another in MILLRACE_PORT or MILLRACE_MYSQL_PORT',
      { status: null },
    ],
    PLAN_VERSION: [
      'the plan was stored by another version of Millrace',
      'submit the statement again, or run it with the version of Millrace that stored it',
    ],
    // worker
    TASK_VERSION: [
      'the task was written by another version of Millrace',
      'give the server and the worker images of the same version of Millrace',
    ],
    MODEL_MISSING: [
      'the model file does not exist or cannot be read',
      'put the file into the volume or the bucket of models, or name another',
    ],
    MODEL_CHANGED: [
      'the file of a registered model is not the one that was registered',
      'restore the file, or register it again with CREATE MODEL and submit the statement again',
    ],
    MODEL_DROPPED: [
      'the file of a model is no longer in the database',
      'register the model again with CREATE MODEL, then retry',
    ],
    DEVICE_UNAVAILABLE: [
      'a GPU was requested, but the worker has none',
      'use --device=auto, or run on a machine with a GPU',
    ],
  }),
  ...filedUnder('database', {
    DATABASE_UNREACHABLE: [
      'the database does not answer',
      'start the database, or correct host and port in MILLRACE_DATASOURCE',
      { mayPass: true },
    ],
    DATABASE_REFUSED: [
      'the database rejects the account, the password or the connection',
      'correct user, password or database in MILLRACE_DATASOURCE; `millrace accounts` prints the SQL that creates accounts',
    ],
    DATABASE_RIGHTS: [
      'the account lacks a privilege that the statement needs',
      'ask for that privilege, or use another account',
      { status: 403 },
    ],
    DATABASE_FULL: [
      'the database has no space left',
      'free up space where the database keeps its data, then run the statement again',
      { status: 507 },
    ],
    DATABASE_BUSY: ['there was a deadlock, or a lock was held too long', 'run the statement again', { mayPass: true }],
    DATABASE_NEWER: [
      'the system schema was created by a newer Millrace',
      'update Millrace, or name another schema in MILLRACE_SCHEMA',
    ],
    STATEMENT_UNCERTAIN: [
      'the connection was lost while the database ran a standard statement',
      'check its tables; retry with --repeat (over HTTP: ?repeat=true) to execute it again',
    ],
  }),
  ...filedUnder('run', {
    // cli
    RESULT_CUT: ['only the first rows of a result are stored, so not all of them were printed', 'select fewer rows'],
    // engine
    SERVERS_DIED: [
      'servers died repeatedly while they ran the statement',
      "find the reason in the servers' logs before you retry",
    ],
    TIMED_OUT: [
      'a step took longer than its timeout',
      'completed work is kept; retry to continue, or raise the timeout',
    ],
    STATEMENT_TIMEOUT: [
      'a standard statement ran longer than the server allows its user',
      'split it into smaller statements, or ask for a higher limits.maxStatementSeconds',
    ],
    SESSION_LOST: [
      'session state of earlier standard statements is lost',
      'submit the remaining statements as a new program',
      { status: 409 },
    ],
    WORKER_FAILED: [
      'a worker ended without giving a reason, and its retries are used up',
      'see millrace logs; completed work is kept; retry to continue',
    ],
    NO_PROGRESS: [
      'a worker was started again and again and ended each time before it had processed a row or trained a model',
      'see millrace logs; completed work is kept; retry to continue, or raise retries',
    ],
    // engine/argo
    WORKFLOW_REFUSED: ['Kubernetes does not accept the workflow', 'correct what the message names, then retry'],
    WORKFLOW_DELETED: ['the workflow was deleted before it had ended', 'completed work is kept; retry to continue'],
    WORKFLOW_SUSPENDED: ['the workflow was suspended', 'resume it with argo resume'],
    PENDING_TIMEOUT: [
      'a pod waited longer than pending_timeout before it ran',
      'completed work is kept; retry to continue, or raise pending_timeout',
    ],
    IMAGE_UNAVAILABLE: ['the image of a pod cannot be pulled', 'correct its name, or let the cluster pull it'],
    NOT_SCHEDULED: ['a pod waits for a node that can take it', 'request less, or add a node'],
    POD_NOT_STARTED: ['a pod waits for something that the cluster does not have', 'create what the message names'],
    // worker
    ROWS_FAILED: [
      'more rows failed than max_failed_rows allows',
      'correct the rows and retry, or raise max_failed_rows',
    ],
    TRIAL_TAKEN: ['another worker has taken over the model of this trial', 'wait; the other worker continues it'],
    SEARCH_FAILED: ['every trial of a search failed', 'correct the domains or the attributes'],
    PARTITION_TAKEN: ['another worker has taken over this partition', 'wait; the other worker continues it'],
    INFERENCE_FAILED: [
      'the inference runtime failed',
      'retry; give a smaller --image_size or batch_size, or more memory',
    ],
    PROBLEM_TOO_LARGE: [
      'the query selects more rows than TO MAXIMIZE or TO MINIMIZE can take',
      'select fewer rows, or split the problem',
    ],
    PROBLEM_DATA: [
      'a selected value cannot be used in the problem of TO MAXIMIZE or TO MINIMIZE',
      'correct the value, or filter it in the query',
    ],
    PROBLEM_INFEASIBLE: ['no values satisfy all constraints', 'relax a constraint, or choose another var_type'],
    PROBLEM_UNBOUNDED: [
      'the objective can grow without limit',
      'add a constraint that limits the values, or choose another var_type',
    ],
    SOLVER_TIME_LIMIT: ['no solution was found within time_limit', 'raise time_limit, or simplify the problem'],
    SOLVER_FAILED: ['the solver could not solve the problem', 'choose units in which coefficients differ less'],
    IMAGE_MISSING: [
      'the image of a row does not exist, or the row names none',
      'put the image there, or correct its path or URL, then retry',
    ],
    IMAGE_UNREADABLE: [
      'the image of a row cannot be read',
      "correct the file's permissions, or give a URL with access, then retry",
    ],
    IMAGE_OUTSIDE: [
      'the file of an image is outside --image_dir, or a link leads out of its volume',
      'move the file into --image_dir, then retry',
    ],
    IMAGE_BROKEN: ['an image is truncated or in an unsupported format', 'replace the image, then retry'],
    IMAGE_URL_REFUSED: [
      'the URL of an image is not allowed: URLs are switched off, the server has a private or reserved address, or the bucket is not allowed',
      'use another URL, or ask the administrator to add the network to MILLRACE_IMAGE_URLS or the bucket to MILLRACE_BUCKETS',
    ],
    BUCKET_UNAVAILABLE: [
      'the store of a bucket does not answer',
      'retry; if it persists, ask the administrator to check MILLRACE_S3_ENDPOINT and the network policies',
      { mayPass: true },
    ],
    IMAGE_DOWNLOAD_FAILED: ['an image could not be downloaded', 'check the URL and its server, then retry'],
    MODEL_OUTPUT_INVALID: ["the model's output for an image is infinite or not a number", 'export the model again'],
    // trainer
    TRAIN_MEMORY: [
      'the rows and the model do not fit into memory',
      'select fewer rows or columns, or give the step more memory',
    ],
    TRAIN_FILES: ['the trainer could not read or write a file', 'make room on the disk'],
  }),
  ...filedUnder('internal', {
    TASK_INVALID: [
      'the worker was started without a readable task',
      'use the same version of Millrace for the engine and the worker',
    ],
    PLAN_INVALID: ['a stored plan cannot be read', 'submit the statement again'],
    ROWS_MISSING: ['the ledger and the selection do not agree', 'report it with the id of the statement'],
    INTERNAL: ['a defect of Millrace', 'report it with the statement; the log has details'],
    TRAIN_DEFECT: ['the trainer failed', "report it, with the statement's log"],
  }),
  ...filedUnder('busy', {
    TOO_MANY_REQUESTS: [
      'more requests than the server accepts from one user',
      'wait as long as Retry-After says',
      { mayPass: true },
    ],
    TOO_MANY_STATEMENTS: [
      'more statements at once than the server runs for one user',
      'wait until one has ended, or cancel one',
      { mayPass: true },
    ],
    TOO_MANY_STREAMS: [
      'more open streams than the server serves',
      'close one of them, or try again later',
      { mayPass: true },
    ],
  }),
  ...filedUnder('cancelled', {
    CANCELLED: ['the statement was cancelled', 'completed work is kept; retry to continue'],
  }),
};

export type ErrorCode = keyof typeof errorTable;

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorTable, code);
}

export interface ErrorDetails {
  /** Its place in the program's text. */
  readonly span?: Span;
  /** What to do about it; a short imperative phrase, shown at the caret or on a separate line. Default: that of the table. */
  readonly hint?: string | undefined;
  /** Further independent errors of the same program, in the order of the text. */
  readonly related?: readonly MillraceError[];
  readonly cause?: unknown;
}

/** The only error that reaches a user. */
export class MillraceError extends Error {
  readonly code: ErrorCode;
  readonly span: Span | undefined;
  readonly hint: string;
  readonly related: readonly MillraceError[];

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = 'MillraceError';
    this.code = code;
    this.span = details.span;
    this.hint = details.hint ?? errorTable[code].hint;
    this.related = details.related ?? [];
  }

  get exitCode(): number {
    return errorKinds[errorTable[this.code].kind].exitCode;
  }
}

/** Joins independent errors of one program, at least one, into the first in its text, with the others as related. */
export function joinErrors(errors: readonly MillraceError[]): MillraceError {
  const inOrder = errors.toSorted((a, b) => (a.span?.start ?? 0) - (b.span?.start ?? 0)) as [MillraceError];
  const [first, ...related] = inOrder;
  if (related.length === 0) return first;
  const { code, message, span, hint, cause } = first;
  return new MillraceError(code, message, { span, hint, cause, related });
}

/** An error as data: in the ledger, in a log, between threads and processes. Its code may be that of another version. */
export interface ErrorRecord {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

/** @param error any other error is a defect */
export function errorRecord(error: unknown): ErrorRecord {
  if (error instanceof MillraceError) return { code: error.code, message: error.message, hint: error.hint };
  return errorRecord(new MillraceError('INTERNAL', error instanceof Error ? error.message : String(error)));
}

/** The error that such data describes; null if its code is not in the table. */
export function errorOfRecord(record: unknown, details: Omit<ErrorDetails, 'hint'> = {}): MillraceError | null {
  const { code, message, hint } = Object(record) as Readonly<Record<keyof ErrorRecord, unknown>>;
  if (!isErrorCode(code) || typeof message !== 'string') return null;
  return new MillraceError(code, message, { ...details, hint: typeof hint === 'string' ? hint : undefined });
}

/** Whether the same may succeed later without any change. */
export function mayPass(error: unknown): boolean {
  return error instanceof MillraceError && errorTable[error.code].mayPass;
}
