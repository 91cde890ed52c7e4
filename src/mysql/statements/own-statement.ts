import { MillraceError } from '../../errors.ts';
import type { LexicalMode } from '../../sql/lexical-mode.ts';
import type { Token } from '../../sql/standard-lexer.ts';
import type { StandardStatement } from '../../sql/statement.ts';
import { queryTokens } from '../../sql/tokens.ts';

/** A statement about the connection or about statements, which only this front door knows. */
export type OwnStatement =
  | { readonly kind: 'wait'; readonly seconds: number | null }
  | { readonly kind: 'showStatements'; readonly limit: number }
  | { readonly kind: 'kill'; readonly id: number; readonly queryOnly: boolean };

const defaultLimit = 50;
const mostStatements = 10_000;

/** null: it is not one of them. @throws {MillraceError} SYNTAX */
export function readOwnStatement(statement: StandardStatement, mode: LexicalMode): OwnStatement | null {
  const { verb } = statement.facts;
  if (verb !== 'SET' && verb !== 'SHOW' && verb !== 'KILL') return null;
  const tokens = queryTokens(statement.text, mode);
  if (verb === 'SET') return readWait(tokens, statement);
  return verb === 'KILL' ? readKill(tokens) : readShow(tokens, statement);
}

const upper = (token: Token | undefined) => token?.text.toUpperCase() ?? '';

const waitNames = /^(?:@@)?(?:(?:SESSION|LOCAL)\.)?MILLRACE_WAIT$/;

/** `SET [SESSION] millrace_wait = seconds`, also as `@@millrace_wait` */
function readWait(tokens: readonly Token[], statement: StandardStatement): OwnStatement | null {
  const named = tokens.findIndex((token) => waitNames.test(upper(token)));
  if (named === -1) return null;
  const [operator, value, ...others] = tokens.slice(named + 1);
  const isAlone = named === 1 || (named === 2 && ['SESSION', 'LOCAL'].includes(upper(tokens[1])));
  const seconds = upper(value) === 'DEFAULT' ? null : Number(value?.type === 'number' ? value.text : Number.NaN);
  const isValue = seconds === null || (seconds >= 0 && seconds <= 1_000_000);
  if (isAlone && ['=', ':='].includes(operator?.text ?? '') && isValue && others.length === 0)
    return { kind: 'wait', seconds };
  throw new MillraceError('SYNTAX', 'millrace_wait is set to something that is not a number of seconds', {
    span: statement.span,
    hint: 'write SET millrace_wait = 0, a number of seconds, or DEFAULT to wait until the end, and nothing else in the statement',
  });
}

/** `SHOW STATEMENTS [LIMIT number]` */
function readShow(tokens: readonly Token[], { span }: StandardStatement): OwnStatement | null {
  if (upper(tokens[1]) !== 'STATEMENTS') return null;
  if (tokens.length === 2) return { kind: 'showStatements', limit: defaultLimit };
  const limit = Number(tokens[3]?.text);
  if (
    tokens.length === 4 &&
    upper(tokens[2]) === 'LIMIT' &&
    Number.isInteger(limit) &&
    limit > 0 &&
    limit <= mostStatements
  )
    return { kind: 'showStatements', limit };
  throw new MillraceError('SYNTAX', 'SHOW STATEMENTS is followed by something other than LIMIT and a number', {
    span,
    hint: `write SHOW STATEMENTS, or SHOW STATEMENTS LIMIT and a number from 1 to ${mostStatements}`,
  });
}

/** `KILL [HARD|SOFT] [CONNECTION|QUERY] id`. Clients also write `KILL /*!50000 QUERY *\/ id`. */
function readKill(tokens: readonly Token[]): OwnStatement | null {
  const words = tokens
    .slice(1, -1)
    .map((token) => (token.type === 'executable' ? /[A-Z]+/i.exec(token.text)?.[0] : token.text));
  const kinds = words.map((word) => word?.toUpperCase() ?? '').filter((word) => word !== 'HARD' && word !== 'SOFT');
  const last = tokens.at(-1);
  const id = last?.type === 'number' ? Number(last.text) : Number.NaN;
  if (!Number.isSafeInteger(id) || kinds.length > 1 || !['QUERY', 'CONNECTION', ''].includes(kinds[0] ?? ''))
    return null;
  return { kind: 'kill', id, queryOnly: kinds[0] === 'QUERY' };
}
