import { MillraceError } from '../../errors.ts';
import type { LexicalMode } from '../../sql/lexical-mode.ts';
import type { ExtendedStatement, Program } from '../../sql/statement.ts';

/** What a session's SQL means: its names without a database, and its quotes and backslashes. */
export interface SessionReading {
  readonly database: string | null;
  readonly mode: LexicalMode;
}

/**
 * An extended statement runs in sessions of its own. The error if it would mean something else there than in the connection that it came
 * through; null if it means the same.
 */
export function sessionMismatch(
  { statements }: Program,
  connection: SessionReading,
  own: SessionReading,
): MillraceError | null {
  const others = connection.database !== own.database;
  const sameMode =
    connection.mode.ansiQuotes === own.mode.ansiQuotes &&
    connection.mode.noBackslashEscapes === own.mode.noBackslashEscapes;
  for (const statement of statements) {
    if (statement.kind === 'standard') continue;
    if (others && namesWithoutDatabase(statement)) return otherDatabase(statement, connection, own);
    if (!sameMode && 'query' in statement && /["\\]/.test(statement.query.text)) return otherMode(statement);
  }
  return null;
}

function namesWithoutDatabase(statement: ExtendedStatement): boolean {
  if (!('query' in statement)) return false;
  if (statement.query.facts.references.some(({ database }) => database === null)) return true;
  if (statement.kind === 'train' || !('into' in statement) || statement.into === null) return false;
  return [statement.into].flat().some(({ database }) => database === null);
}

function otherDatabase({ span }: ExtendedStatement, connection: SessionReading, own: SessionReading): MillraceError {
  const name = (database: string | null) => (database === null ? 'no database' : `the database ${database}`);
  const message = `this connection uses ${name(connection.database)}, but extended statements run in ${name(own.database)}`;
  return new MillraceError('SESSION_NOT_SHARED', message, { span, hint: 'write each table as database.table' });
}

function otherMode({ span }: ExtendedStatement): MillraceError {
  const message =
    "the sql_mode of this connection gives quotes or backslashes another meaning than the database's default";
  return new MillraceError('SESSION_NOT_SHARED', message, {
    span,
    hint: 'write strings in single quotes, without a backslash, or SET sql_mode = DEFAULT first',
  });
}
