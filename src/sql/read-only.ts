import { MillraceError } from '../errors.ts';
import type { ExtendedStatement, Program, SqlStatement } from './statement.ts';

/**
 * Finds the first statement of a program that may write, lock or set anything, or run hidden statements. Sessions of readers are also
 * READ ONLY, which prevents functions and views from writing tables; that does not prevent SELECT … INTO OUTFILE from writing
 * files, or FOR UPDATE from locking rows.
 */
export function checkReadOnly({ statements }: Program): MillraceError | null {
  for (const statement of statements) {
    const does = writes(statement);
    if (does === null) continue;
    const message = `${does}, but your role is reader`;
    const hint = 'a reader may SELECT, SHOW, DESCRIBE and EXPLAIN; for more, ask for the role user';
    return new MillraceError('READ_ONLY_ROLE', message, { span: statement.span, hint });
  }
  return null;
}

/** What it does that a reader may not; null if nothing. */
function writes(statement: SqlStatement): string | null {
  if (statement.kind === 'standard') return statement.facts.effect;
  return extendedEffects[statement.kind];
}

const result = 'TO writes a result';

const extendedEffects: Readonly<Record<ExtendedStatement['kind'], string | null>> = {
  run: result,
  train: result,
  predict: result,
  explain: result,
  evaluate: result,
  find: result,
  optimize: result,
  createModel: 'CREATE MODEL registers a model',
  dropModel: 'DROP MODEL removes a model',
  setModel: 'SET MODEL changes a model',
  showModels: null,
  describeModel: null,
  showTrain: null,
  showTrials: null,
};
