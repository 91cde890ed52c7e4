import { MillraceError, type Span } from '../../errors.ts';
import { bareName } from '../../sql/quoting.ts';
import { type Context, judgeReadings } from '../../sql/readings.ts';
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
  const named = findName(text, schema);
  if (named !== null) return refused(schema, within(span, named));
  const dynamic = findDynamic(text);
  return dynamic === null ? null : refusedDynamic(schema, within(span, dynamic));
}

function checkExtended(statement: ExtendedStatement, schema: string): MillraceError | null {
  if (statement.kind === 'showTrain') return null;
  const { query } = statement;
  const named = findName(query.text, schema);
  const span = named === null ? findTarget(statement, schema) : within(query.span, named);
  return span === null ? null : refused(schema, span);
}

type Place = Pick<Token, 'offset' | 'end'>;

const whole = (text: string): Place => ({ offset: 0, end: text.length });

/** The schema's name where a name stands that can be a schema's, however the session reads the text. */
function findName(text: string, schema: string): Place | null {
  if (!mayHold(text, schema)) return null;
  let isMalformed = false;
  const places = judgeReadings<Place>(text, () => (context) => {
    isMalformed ||= context.word.token.type === 'malformed';
    const { name, token } = context.word;
    return name !== '' && fold(bareName(token.text)) === schema && !isOwned(context) ? token : null;
  });
  const named = places.find((place) => place !== null);
  if (named) return named;
  return isMalformed || places.length === 0 || mayBeReadOtherwise(text) ? whole(text) : null;
}

/** A quote within a name is doubled in the text. */
const mayHold = (text: string, schema: string) => /[`"]/.test(schema) || fold(text).includes(schema);

/** Whether it stands behind `owner.`, and so names a table or column. */
function isOwned({ previous, beforePrevious }: Context): boolean {
  return previous?.token.type === 'dot' && beforePrevious !== undefined && beforePrevious.name !== '';
}

/**
 * Whether the server may see other strings, names and comments than we do: what it executes of a comment, a string in dollars, and
 * after SET sql_mode or SET NAMES also what a backslash or backquote means, which may be the second byte of a character.
 * https://dev.mysql.com/doc/refman/8.4/en/sql-mode.html#sqlmode_no_backslash_escapes
 */
const mayBeReadOtherwise = (text: string) =>
  text.includes('\\') || isExecutable(text) || (text.includes('`') && beyondAscii.test(text));

const beyondAscii = /[\x80-\uffff]/;

const fixed = new Set(
  'SELECT WITH TABLE VALUES INSERT REPLACE UPDATE DELETE SHOW DESCRIBE DESC EXPLAIN ANALYZE USE'.split(' '),
);

/** PREPARE … FROM and EXECUTE IMMEDIATE, also in the body of a stored program. */
function findDynamic(text: string): Place | null {
  const upper = text.toUpperCase();
  if (!upper.includes('PREPARE') && !upper.includes('EXECUTE')) return null;
  if (isExecutable(text)) return whole(text);
  const places = judgeReadings<Place>(text, () => dynamicAt);
  return places.length === 0 ? whole(text) : (places.find((place) => place !== null) ?? null);
}

/** Whether words may stand where the servers read on, and we do not. */
const isExecutable = (text: string) => ['/*!', '/*M!', '$$'].some((each) => text.includes(each));

function dynamicAt({ word, next, afterNext, first }: Context): Place | null {
  if (fixed.has(first?.keyword ?? '')) return null;
  const isDynamic =
    (word.keyword === 'PREPARE' && afterNext.keyword === 'FROM') ||
    (word.keyword === 'EXECUTE' && next.keyword === 'IMMEDIATE');
  return isDynamic ? word.token : null;
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
