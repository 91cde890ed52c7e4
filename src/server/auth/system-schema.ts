import { MillraceError, type Span } from '../../errors.ts';
import { readings, type Word } from '../../sql/readings.ts';
import type { ExtendedStatement, Program, StandardStatement } from '../../sql/statement.ts';
import type { Token } from '../../sql/tokens.ts';

/**
 * Whether a program may reach the system schema: by its name, or by SQL that is only put together when it runs. What an
 * image of TO RUN does with its DSN is not seen here.
 */
export function checkSystemSchema({ statements }: Program, schema: string): MillraceError | null {
  const wanted = fold(schema);
  for (const statement of statements) {
    const error = statement.kind === 'standard' ? checkStandard(statement, wanted) : checkExtended(statement, wanted);
    if (error !== null) return error;
  }
  return null;
}

function checkStandard({ text, span }: StandardStatement, schema: string): MillraceError | null {
  const ways = readings(text);
  const named = findName(text, ways, schema);
  if (named !== null) return refused(schema, within(span, named));
  const dynamic = findDynamic(text, ways);
  return dynamic === null ? null : refusedDynamic(schema, within(span, dynamic));
}

function checkExtended(statement: ExtendedStatement, schema: string): MillraceError | null {
  if (statement.kind === 'showTrain') return null;
  const { query } = statement;
  const named = findName(query.text, readings(query.text), schema);
  const span = named === null ? findTarget(statement, schema) : within(query.span, named);
  return span === null ? null : refused(schema, span);
}

type Place = Pick<Token, 'offset' | 'end'>;
type Ways = readonly (readonly Word[])[];

/** The schema's name where a name stands that can be a schema's, however the session reads the text. */
function findName(text: string, ways: Ways, schema: string): Place | null {
  for (const words of ways) {
    const named = words.find((word, index) => fold(word.name) === schema && !isOwned(words, index));
    if (named !== undefined) return named.token;
  }
  return mayBeReadOtherwise(text, ways) && fold(text).includes(schema) ? { offset: 0, end: text.length } : null;
}

/** Whether it stands behind `owner.`, and so names a table or column. */
function isOwned(words: readonly Word[], index: number): boolean {
  return words[index - 1]?.token.type === 'dot' && words[index - 2]?.name !== '' && words[index - 2] !== undefined;
}

/**
 * Whether the server may see other strings, names and comments than we do: what it executes of a comment, where it ends a malformed
 * number, a string in dollars, and after SET sql_mode or SET NAMES also what a backslash or backquote means, which may be the second
 * byte of a character. https://dev.mysql.com/doc/refman/8.4/en/sql-mode.html#sqlmode_no_backslash_escapes
 */
const mayBeReadOtherwise = (text: string, ways: Ways) =>
  ways.length === 0 ||
  ['\\', '/*!', '/*M!', '$$'].some((each) => text.includes(each)) ||
  (text.includes('`') && beyondAscii.test(text)) ||
  ways.some((words) => words.some(({ token }) => token.type === 'malformed'));

const beyondAscii = /[\x80-\uffff]/;

const fixed = new Set(
  'SELECT WITH TABLE VALUES INSERT REPLACE UPDATE DELETE SHOW DESCRIBE DESC EXPLAIN ANALYZE USE'.split(' '),
);

/** PREPARE … FROM and EXECUTE IMMEDIATE, also in the body of a stored program. */
function findDynamic(text: string, ways: Ways): Place | null {
  const upper = text.toUpperCase();
  if (!upper.includes('PREPARE') && !upper.includes('EXECUTE')) return null;
  if (isExecutable(text) || ways.length === 0) return { offset: 0, end: text.length };
  for (const words of ways) {
    const place = findDynamicWords(words);
    if (place !== null) return place;
  }
  return null;
}

/** Whether words may stand where the servers read on, and we do not. */
const isExecutable = (text: string) => ['/*!', '/*M!', '$$'].some((each) => text.includes(each));

function findDynamicWords(words: readonly Word[]): Place | null {
  const first = words.find(({ token }) => token.type !== 'open');
  if (fixed.has(first?.keyword ?? '')) return null;
  const found = words.find(
    ({ keyword }, index) =>
      (keyword === 'PREPARE' && words[index + 2]?.keyword === 'FROM') ||
      (keyword === 'EXECUTE' && words[index + 1]?.keyword === 'IMMEDIATE'),
  );
  return found?.token ?? null;
}

function findTarget(statement: Exclude<ExtendedStatement, { kind: 'showTrain' }>, schema: string): Span | null {
  if (!('into' in statement) || statement.into === null) return null;
  const targets = 'length' in statement.into ? statement.into : [statement.into];
  const isSystem = (target: (typeof targets)[number]) =>
    'database' in target
      ? target.database !== null && fold(target.database) === schema
      : fold(target.text).startsWith(`${schema}.`);
  return targets.find(isSystem)?.span ?? null;
}

/** Names of schemas have no case where the server says so (`lower_case_table_names`); its İ is an i. */
const fold = (text: string) => text.replaceAll('İ', 'i').toLowerCase();

const within = ({ start }: Span, { offset, end }: Place): Span => ({ start: start + offset, end: start + end });

function refused(schema: string, span: Span): MillraceError {
  return new MillraceError('SYSTEM_SCHEMA', `${schema} is the system schema, which only an admin may name`, {
    span,
    hint: 'use tables of another schema',
  });
}

function refusedDynamic(schema: string, span: Span): MillraceError {
  const message = `SQL that is put together when it runs may name the system schema ${schema}, which only an admin may`;
  return new MillraceError('SYSTEM_SCHEMA', message, { span, hint: 'write the statement itself' });
}
