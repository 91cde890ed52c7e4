import { Script } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readBuckets, readBucketUrl } from '../src/bucket-url.ts';
import type { Catalog } from '../src/catalog/catalog.ts';
import { completeWords } from '../src/cli/prompt/complete-words.ts';
import { statementEnd } from '../src/cli/prompt/statement-end.ts';
import { databaseError } from '../src/datasource/database-error.ts';
import { parseDsn } from '../src/datasource/dsn.ts';
import { MillraceError } from '../src/errors.ts';
import { judge } from '../src/mysql/statements/judge.ts';
import { explainPlan } from '../src/plan/explain.ts';
import { readPredicate } from '../src/plan/find/read-predicate.ts';
import { planProgram } from '../src/plan/plan-program.ts';
import { findJsonError } from '../src/server/json-error.ts';
import { checkSystemSchema } from '../src/service/access/system-schema.ts';
import type { User } from '../src/service/access/users.ts';
import { readModelList } from '../src/service/models/read-model-list.ts';
import { checkAllowed, type SubmissionRules } from '../src/service/submit.ts';
import { tableReferences } from '../src/sql/facts/facts.ts';
import { formatError } from '../src/sql/format-error.ts';
import { formatProgram } from '../src/sql/format-program.ts';
import { parseImageReference } from '../src/sql/image-reference.ts';
import { lexicalMode } from '../src/sql/lexical-mode.ts';
import { bindParameters } from '../src/sql/parameters.ts';
import { parseProgram } from '../src/sql/parse.ts';
import { answerLine } from '../src/sql/program-view.ts';
import { nameParts, quoteString, unquoteString } from '../src/sql/quoting.ts';
import { checkReadOnly } from '../src/sql/read-only.ts';
import type { Program } from '../src/sql/statement.ts';
import { visibleText } from '../src/visible-text.ts';

/** For more runs: `FUZZ_RUNS=2000 npx vitest run test/linear-time.test.ts`. FUZZ_SEED repeats a failure. */
const numRuns = Number(process.env.FUZZ_RUNS ?? 30);
const options = { numRuns, ...(process.env.FUZZ_SEED && { seed: Number(process.env.FUZZ_SEED) }) };

const catalog: Catalog = {
  images: [],
  otherImages: true,
  otherImagesAccount: true,
  models: [],
  otherModels: true,
  knownNames: [],
  actor: { user: 'test', isAdmin: false },
  volumes: [],
  mounted: null,
  database: 'd',
  parallelism: 1,
  mostPods: 3000,
  sharedSession: false,
  views: ['v'],
  viewDefinitions: {},
  queries: {},
  tables: {},
};

const user: User = { name: 'test', role: 'user', datasources: null };
const rules = { images: { user: [] }, profiles: [], systemSchemas: ['millrace'] } as unknown as SubmissionRules;
const span = { start: 0, end: 0 };
const noBackslash = lexicalMode('NO_BACKSLASH_ESCAPES,ANSI_QUOTES');

const ofProgram = (use: (program: Program) => unknown) => (text: string) => use(parseProgram(text));

/** Formats the error of a text for people. */
function formatted(text: string): void {
  try {
    parseProgram(text);
  } catch (error) {
    if (error instanceof MillraceError) formatError(error, text, 'a.sql');
  }
}

/** All functions that take a user's text. */
const takers: Readonly<Record<string, (text: string) => unknown>> = {
  parseProgram: (text) => parseProgram(text),
  'parseProgram without backslash escapes': (text) => parseProgram(text, noBackslash),
  formatProgram,
  formatError: formatted,
  answerLine: (text) => answerLine(JSON.stringify({ id: 1, sql: text })),
  checkReadOnly: ofProgram(checkReadOnly),
  checkSystemSchema: ofProgram((program) => checkSystemSchema(program, 'millrace')),
  planProgram: ofProgram((program) => explainPlan(planProgram(program, catalog))),
  tableReferences,
  bindParameters: (text) => bindParameters(text, { a: 1 }),
  'bindParameters with the text as value': (text) => bindParameters('SELECT ? TO RUN i CMD ?', [text, text]),
  parseImageReference: (text) => parseImageReference(text, span),
  unquoteString: (text) => unquoteString(`'${text}'`),
  quoteString,
  nameParts,
  parseDsn,
  'parseDsn of an address': (text) => parseDsn(`mysql://user:${text}@host:3306/${text}`),
  databaseError: (text) => databaseError(Object.assign(new Error(text), { errno: 1064, sqlMessage: text })),
  statementEnd,
  completeWords: (text) =>
    completeWords(text, {
      tables: async () => [],
      models: async () => [],
      classes: async () => [],
      profiles: async () => [],
    }),
  visibleText,
  checkAllowed: ofProgram((program) => checkAllowed(user, program, rules)),
  judge: (text) => judge(text, lexicalMode(''), user, rules),
  findJsonError,
  'readModelList of a list': readModelList,
  'readBuckets, readBucketUrl': (text) => [readBuckets(text), readBucketUrl(`s3://a/${text}`)],
  'readPredicate, of many parts': ofProgram(({ statements }) => {
    for (const statement of statements)
      if (statement.kind === 'find') readPredicate(statement.predicate, new Map([['a', 'a']]), () => {});
  }),
};

const fragments = [
  ...[
    "'",
    '"',
    '`',
    '\\',
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    ',',
    ';',
    '.',
    ':',
    '?',
    '@',
    '=',
    '/',
    '*',
    '-',
    '+',
    '#',
    '$',
    '\n',
    '\r',
    ' ',
    '\t',
  ],
  ...[
    '--',
    '-- ',
    '/*',
    '*/',
    '/*!',
    '# ',
    '1',
    '1.',
    '1e',
    'a',
    'a.',
    'é',
    '\u00a0',
    ':a',
    ':=',
    '%',
    '%41',
    '!',
    '\0',
    '@a',
    '\\\\',
    "''",
  ],
  ...[
    'SELECT ',
    'SELECT 1',
    'RETURNING',
    'WITH ',
    'TO ',
    'TO RUN ',
    'CMD ',
    'INTO ',
    'FROM ',
    'BEGIN ',
    'END ',
    'CASE ',
    'CREATE PROCEDURE ',
    'UNION ',
  ],
  ...[
    'SET @a = 1;',
    'DO 1;',
    'USE a;',
    'TO FIND ',
    'TO EVALUATE a ',
    'TO MAXIMIZE ',
    'TO TRAIN a ',
    'TO PREDICT a ',
    'TO EXPLAIN a ',
    'USING a',
    'LABEL a ',
    'COLUMN ',
    'CONSTRAINT ',
    'GROUP BY a',
    'INTO a',
    'SUM(',
    'AND a ',
    'OR NOT ',
    '> 3 ',
    'CREATE MODEL a FROM ',
    'SHOW MODELS LIKE ',
    's3://a/',
    '"name": ',
    'mysql://',
    '@tcp(',
    'You have an error in your SQL syntax; ',
    ' syntax to use near ',
    'near ',
  ],
];
/** Of the verbs that came later, and their clauses. */
const longStatements: readonly [string, string, string][] = [
  ['SELECT a FROM b TO FIND a', ' AND a', ' INTO c'],
  ['SELECT a FROM b TO FIND a', ' OR NOT a > 3', ' INTO c'],
  ['SELECT a FROM b TO FIND a USING a', ', a', ' INTO c'],
  ["SELECT a FROM b TO FIND a WITH labels = 'a", '.a', "' INTO c"],
  ['SELECT a FROM b TO EVALUATE a LABEL `a', '.a', '` INTO c'],
  ['SELECT a FROM b TO MAXIMIZE SUM(a)', ' + SUM(a * x)', " WITH variables = 'x(a)' INTO c"],
  [
    'SELECT a FROM b TO MAXIMIZE SUM(x) CONSTRAINT SUM(x) <= 1',
    ', SUM(x) <= 1 GROUP BY a',
    " WITH variables = 'x(a)' INTO c",
  ],
  ["SELECT a FROM b TO MAXIMIZE x WITH variables = 'x(a", ',a', ")' INTO c"],
  ['SELECT a FROM b TO TRAIN DNNClassifier WITH model.hidden_units = [1', ',1', '] LABEL a INTO c'],
  ['SELECT a FROM b TO TRAIN DNNClassifier COLUMN a', ', a', ' LABEL a INTO c'],
  ["SELECT a FROM b TO TRAIN DNNClassifier WITH validation.select = 'SELECT ", '# ', "' LABEL a INTO c"],
  ['SELECT a FROM b TO TRAIN a', '/a', ' LABEL a INTO c'],
  ["CREATE MODEL a FROM '/models/", '../', "'"],
  ["CREATE MODEL a FROM 's3://a/", 'a/', "'"],
  ["SHOW MODELS LIKE '", '%_', "'"],
  ['SHOW MODELS LIKE ', 'a ', ''],
  ['CREATE MODEL a FROM ', '/* */ ', "'b'"],
];
const some = (minLength: number, maxLength: number) =>
  fc.array(fc.constantFrom(...fragments), { minLength, maxLength }).map((parts) => parts.join(''));

/** A head, a unit to repeat, and a tail that does not match. */
const pattern = fc.tuple(some(0, 3), some(1, 3), some(0, 3));

/** Processor time in ms; null: it took longer than `patienceMs`. The timeout of `vm` also stops a regular expression. */
function time(take: (text: string) => unknown, text: string, patienceMs: number): number | null {
  const begun = process.cpuUsage();
  Object.assign(globalThis, {
    takeText() {
      try {
        take(text);
      } catch (error) {
        if (!(error instanceof MillraceError)) throw error;
      }
    },
  });
  try {
    call.runInThisContext({ timeout: patienceMs });
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return null;
    throw error;
  }
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1000;
}
const call = new Script('takeText()');

const [short, factor] = [4_000, 8];

/** In linear time, a text eight times as long takes eight times as long. Allows four times that; quadratic time would be 64 times. */
function isLinear(
  take: (text: string) => unknown,
  [head, unit, tail]: readonly [string, string, string],
  patienceMs = 5_000,
): boolean {
  const text = (length: number) => head + unit.repeat(Math.ceil(length / unit.length)) + tail;
  for (let attempt = 1; attempt <= 3; attempt++) {
    const before = time(take, text(short), patienceMs);
    const after = before === null ? null : time(take, text(short * factor), patienceMs);
    if (before === null || after === null) return false;
    if (after <= 100 || after <= before * factor * 4) return true;
  }
  return false;
}

describe(`time is linear in the text's length, ${numRuns} runs each`, () => {
  test('a quadratic and an exponential function are found', { timeout: 60_000 }, () => {
    expect(isLinear((text) => /\s+$/.test(text), ['', ' '.repeat(40), 'x'])).toBe(false);
    expect(isLinear((text) => /^(?:\s|#[^\n]*|\()*SELECT/.test(text), ['(', '# ', '\nSELEC'], 500)).toBe(false);
  });

  test.each(Object.entries(takers))('%s', { timeout: 60_000 + numRuns * 2_000 }, (_, take) => {
    fc.assert(
      fc.property(pattern, (parts) => isLinear(take, parts)),
      {
        ...options,
        examples: [
          [['(', '# ', "\nSELECT 'RETURNING')"]],
          [['SELECT ', '/*', '']],
          [['', "DO '\\", '']],
          ...longStatements.map((parts): [[string, string, string]] => [[...parts]]),
        ],
      },
    );
  });
});
