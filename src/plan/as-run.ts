import type { Catalog } from '../catalog/catalog.ts';
import type { MillraceError } from '../errors.ts';
import type {
  EvaluateStatement,
  ExplainStatement,
  FindStatement,
  OptimizeStatement,
  PredictStatement,
  SqlStatement,
} from '../sql/statement.ts';
import { evaluateAsRun } from './evaluate-statement.ts';
import { findAsRun } from './find/find-statement.ts';
import { explainAsRun } from './predict/explain-statement.ts';
import { predictAsRun } from './predict/predict-statement.ts';
import { solveAsRun } from './solve/solve-statement.ts';

/** A statement whose verb runs a program over rows as the TO RUN that does it: all checks of TO RUN then apply. */
export function asRun(
  statement: SqlStatement,
  catalog: Catalog,
  isFirst: boolean,
  report: (error: MillraceError) => void,
): Exclude<SqlStatement, EvaluateStatement | ExplainStatement | FindStatement | OptimizeStatement | PredictStatement> {
  if (statement.kind === 'evaluate') return evaluateAsRun(statement, catalog, isFirst, report);
  if (statement.kind === 'optimize') return solveAsRun(statement);
  if (statement.kind === 'explain') return explainAsRun(statement);
  if (statement.kind === 'predict') return predictAsRun(statement, catalog, report);
  return statement.kind === 'find' ? findAsRun(statement, catalog) : statement;
}
