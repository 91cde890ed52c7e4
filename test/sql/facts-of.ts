import type { Facts } from '../../src/sql/facts/facts.ts';
import type { LexicalMode } from '../../src/sql/lexical-mode.ts';
import { parseProgram } from '../../src/sql/parse.ts';

/** Those of a program's only statement. */
function factsOf(sql: string, mode?: LexicalMode): Facts {
  const { statements } = parseProgram(sql, mode);
  const [statement] = statements;
  if (statements.length !== 1 || statement?.kind !== 'standard') throw new Error(`not one standard statement: ${sql}`);
  return statement.facts;
}

export const onlyReads = (sql: string) => factsOf(sql).effect === null;

export const changesSession = (sql: string) => factsOf(sql).session.changes;
