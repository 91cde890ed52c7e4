import { words } from '../../sql/facts/word.ts';
import type { LexicalMode } from '../../sql/lexical-mode.ts';
import { unquoteString } from '../../sql/quoting.ts';
import type { Token } from '../../sql/standard-lexer.ts';
import type { StandardStatement } from '../../sql/statement.ts';
import { queryTokens } from '../../sql/tokens.ts';

/**
 * Whether a statement only sets up the session of a reader, as clients do when they connect: transactions that read, `USE`, and settings
 * that change what the reader sees, but not what the reader may do. The session itself stays READ ONLY.
 */
export function isReaderSetting({ text, facts }: StandardStatement, mode: LexicalMode): boolean {
  const isKnown = forms[facts.verb];
  if (isKnown === undefined) return false;
  const tokens = queryTokens(text, mode);
  return tokens.every(({ type }) => type !== 'executable' && type !== 'malformed') && isKnown(tokens.slice(1));
}

const upper = (token: Token | undefined) => (token?.type === 'string' ? '' : (token?.text.toUpperCase() ?? ''));

const only = (allowed: ReadonlySet<string>) => (tokens: readonly Token[]) =>
  tokens.every((token) => allowed.has(upper(token)));

const ends = only(words('WORK AND NO CHAIN RELEASE'));

const forms: Readonly<Record<string, (tokens: readonly Token[]) => boolean>> = {
  BEGIN: only(words('WORK')),
  // Never READ WRITE, which would be stronger than the session's setting.
  START: only(words('TRANSACTION READ ONLY WITH CONSISTENT SNAPSHOT ,')),
  COMMIT: ends,
  ROLLBACK: ends,
  USE: (tokens) => tokens.length === 1,
  SET: isSet,
};

const isolation = only(
  words('SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED COMMITTED REPEATABLE SERIALIZABLE ONLY ,'),
);

function isSet(tokens: readonly Token[]): boolean {
  const [first, second] = tokens.map(upper);
  if (first === 'NAMES' || first === 'CHARSET') return isNames(tokens.slice(1));
  if (first === 'CHARACTER' && second === 'SET') return isNames(tokens.slice(2));
  if (first === 'TRANSACTION' || (first === 'SESSION' && second === 'TRANSACTION')) return isolation(tokens);
  return assignmentsOf(tokens).every(isAssignment);
}

/**
 * Character sets in which every byte below 128 is the character of ASCII. In others, such as gbk, a backslash or quote can be the second
 * half of a character, and the statement would mean something else to the database than to the check.
 */
const safeCharacterSets = words('utf8 utf8mb3 utf8mb4 latin1 ascii binary default null');

const textOf = (token: Token | undefined) =>
  token === undefined ? '' : (token.type === 'string' ? unquoteString(token.text) : token.text).toLowerCase();

function isNames([name, collate, collation, ...others]: readonly Token[]): boolean {
  if (!safeCharacterSets.has(textOf(name))) return false;
  if (collate === undefined) return true;
  return upper(collate) === 'COLLATE' && isSafeCollation(textOf(collation)) && others.length === 0;
}

const isSafeCollation = (name: string) => safeCharacterSets.has(name.split('_', 1)[0]!);

function assignmentsOf(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const assignments: Token[][] = [[]];
  for (const token of tokens) {
    if (token.text === ',') assignments.push([]);
    else assignments.at(-1)!.push(token);
  }
  return assignments;
}

/** System variables of the session that change no right and no other session. */
const settings = words(
  'autocommit sql_mode time_zone character_set_results collation_connection net_write_timeout net_read_timeout wait_timeout interactive_timeout sql_select_limit sql_auto_is_null sql_safe_updates sql_quote_show_create sql_warnings sql_notes group_concat_max_len lc_time_names transaction_isolation tx_isolation max_execution_time max_statement_time session_track_schema session_track_state_change session_track_system_variables session_track_transaction_info',
);
const characterSets = words('character_set_client character_set_connection');

/** `[SESSION] name = value` with one value, which is not an expression. */
function isAssignment(tokens: readonly Token[]): boolean {
  const written = ['SESSION', 'LOCAL'].includes(upper(tokens[0])) ? tokens.slice(1) : tokens;
  const [name, operator, ...value] = written;
  if (name === undefined || !['=', ':='].includes(operator?.text ?? '') || !isPlain(value)) return false;
  const bare = name.text.toLowerCase().replace(/^@@(?:session\.|local\.)?/, '');
  if (characterSets.has(bare)) return safeCharacterSets.has(textOf(value[0]));
  return settings.has(bare) || /^@[a-z0-9_]+$/.test(bare);
}

/** Types of tokens that are a value by themselves. */
const plainTypes = words('word name number string variable');

function isPlain([first, second, ...others]: readonly Token[]): boolean {
  if (first === undefined || others.length > 0) return false;
  if (second === undefined) return plainTypes.has(first.type);
  return ['-', '+'].includes(first.text) && second.type === 'number';
}
