import { MillraceError, type Span } from '../../errors.ts';
import { nameParts } from '../../sql/quoting.ts';
import type { ExtendedStatement, Program, StandardStatement } from '../../sql/statement.ts';
import { queryTokens, type Token } from '../../sql/tokens.ts';

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
  const named = findName(text, span, schema);
  if (named !== null) return refused(schema, named);
  const dynamic = findDynamic(queryTokens(text));
  return dynamic === null ? null : refusedDynamic(schema, within(span, dynamic));
}

function checkExtended(statement: ExtendedStatement, schema: string): MillraceError | null {
  if (statement.kind === 'showTrain') return null;
  const { query } = statement;
  const span = findName(query.text, query.span, schema) ?? findTarget(statement, schema);
  return span === null ? null : refused(schema, span);
}

/** The schema's name where a name stands that can be a schema's. */
function findName(text: string, span: Span, schema: string): Span | null {
  const tokens = queryTokens(text);
  const named = tokens.find(
    (token, index) => tokens[index - 1]?.type !== 'dot' && isName(token) && fold(nameOf(token)) === schema,
  );
  if (named !== undefined) return within(span, named);
  return mayBeReadOtherwise(text) && fold(text).includes(schema) ? span : null;
}

/**
 * Whether the server may see other strings, names and comments than we do: what it executes of a comment, and after SET sql_mode
 * or SET NAMES also what a backslash or backquote means, which may be the second byte of a character.
 * https://dev.mysql.com/doc/refman/8.4/en/sql-mode.html#sqlmode_no_backslash_escapes
 */
const mayBeReadOtherwise = (text: string) =>
  /\\|\/\*M?!/.test(text) || (text.includes('`') && /[\x80-\uffff]/.test(text));

/** A double-quoted string is a name in the mode ANSI_QUOTES, which a server may be started in. */
const isName = ({ type, text }: Token) => type === 'word' || (type === 'string' && text.startsWith('"'));

const nameOf = ({ text }: Token) =>
  text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : (nameParts(text)[0] ?? '');

const fixed = new Set(
  '( SELECT WITH TABLE VALUES INSERT REPLACE UPDATE DELETE SHOW DESCRIBE DESC EXPLAIN ANALYZE USE'.split(' '),
);

/** PREPARE … FROM and EXECUTE IMMEDIATE, also in the body of a stored program. */
function findDynamic(tokens: readonly Token[]): Token | null {
  const words = tokens.map(({ text }) => text.toUpperCase());
  const executable = tokens.find(({ type, text }) => type === 'executable' && /prepare|execute\s/i.test(text));
  if (executable !== undefined) return executable;
  if (fixed.has(words[0] ?? '')) return null;
  const found = words.findIndex(
    (word, index) =>
      (word === 'PREPARE' && words[index + 2] === 'FROM') || (word === 'EXECUTE' && words[index + 1] === 'IMMEDIATE'),
  );
  return tokens[found] ?? null;
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

const within = ({ start }: Span, { offset, end }: Token): Span => ({ start: start + offset, end: start + end });

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
