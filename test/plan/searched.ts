import type { Catalog } from '../../src/catalog/catalog.ts';
import { compareStrategies } from '../../src/plan/find/compare-strategies.ts';
import { findAsRun } from '../../src/plan/find/find-statement.ts';
import { readFind } from '../../src/plan/find/read-find.ts';
import { stepName } from '../../src/plan/step-name.ts';
import type { Program } from '../../src/sql/statement.ts';
import { toEnd } from './optimize/problems.ts';

/** The catalog with the cascades of a program, which the service searches in threads. */
export function searched({ statements }: Program, catalog: Catalog): Catalog {
  const cascades = statements.flatMap((statement, index) => {
    const question =
      statement.kind === 'find' ? readFind(statement, findAsRun(statement, catalog), catalog, () => {}) : null;
    if (question === null) return [];
    const solve = () => {
      throw new Error('few classes need no solver');
    };
    return [[stepName(index), toEnd(compareStrategies(question.problem, question.goal, solve))] as const];
  });
  return { ...catalog, cascades: Object.fromEntries(cascades) };
}
