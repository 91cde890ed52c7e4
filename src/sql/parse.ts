import { joinErrors, MillraceError } from '../errors.ts';
import { maxErrors } from './bounds.ts';
import { buildStatement } from './build-statement.ts';
import { checkOptions } from './check-options.ts';
import { parseClauses } from './clauses.ts';
import type { Facts } from './facts/facts.ts';
import { defaultMode, type LexicalMode } from './lexical-mode.ts';
import { type ExtendedPiece, type Piece, splitProgram } from './split.ts';
import type { Program, Query, SqlStatement } from './statement.ts';

/**
 * Parses a program: standard statements are left unchanged, extended statements are split into their parts.
 * Throws the first MillraceError in the text, with the others as `related`.
 *
 * @param mode of the session in which the program will run
 */
export function parseProgram(text: string, mode: LexicalMode = defaultMode): Program {
  const { pieces, errors } = splitProgram(text, mode, true);
  const statements: SqlStatement[] = [];
  const failures = [...errors];
  for (const piece of pieces) {
    if (failures.length >= maxErrors) break;
    try {
      statements.push(parsePiece(text, piece, mode));
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error;
      failures.push(error);
    }
  }
  if (failures.length > 0) throw joinErrors(failures);
  return Object.freeze({ text, mode, statements: Object.freeze(statements) });
}

function parsePiece(text: string, piece: Piece, mode: LexicalMode): SqlStatement {
  const span = Object.freeze(piece.span);
  if (piece.kind === 'standard') {
    return Object.freeze({
      kind: 'standard',
      text: text.slice(span.start, span.end),
      span,
      facts: piece.facts as Facts,
    });
  }
  checkOptions(piece.tokens);
  const clauses = parseClauses(piece.tokens.filter(({ type }) => type !== 'comment'));
  return buildStatement(clauses, span, queryOf(text, piece), mode);
}

const queryOf = (text: string, { query, facts }: ExtendedPiece): Query | null =>
  query &&
  Object.freeze({ text: text.slice(query.start, query.end), span: Object.freeze(query), facts: facts as Facts });
