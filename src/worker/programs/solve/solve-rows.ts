import { MillraceError } from '../../../errors.ts';
import { type BuiltProgram, linearProgram } from '../../../programs/solve/linear-program.ts';
import type { Problem } from '../../../programs/solve/problem.ts';
import { readTable } from '../../../programs/solve/table.ts';
import { type Solution, solveProgram } from './highs.ts';

/** The texts of a row's values; null: NULL. */
export type TextRow = readonly (string | null)[];

export interface Solved {
  /** Of each row's variable. */
  readonly values: Float64Array;
  readonly objective: number;
  /** Whether the time limit was reached before a solution was proved to be the best. */
  readonly isCutShort: boolean;
  /** Relative distance to the optimum, at most. */
  readonly gap: number;
}

/**
 * Solves the problem over the rows.
 * @throws {MillraceError} PROBLEM_…, SOLVER_TIME_LIMIT, SOLVER_FAILED
 */
export async function solveRows(problem: Problem, rows: readonly TextRow[]): Promise<Solved> {
  const program = linearProgram(
    problem,
    readTable(problem, rows.length, (row) => rows[row]!),
  );
  const solution = await solveProgram(program, { seconds: problem.timeLimit, gap: problem.gap });
  if (!('values' in solution)) throw unsolved(solution, problem, program);
  const { values, gap, kind } = solution;
  const tooLarge = program.isWhole ? values.findIndex((value) => !Number.isSafeInteger(value)) : -1;
  if (tooLarge >= 0) throw inexact(values[tooLarge]!, problem);
  const objective = values.reduce((sum, value, row) => sum + value * program.cost[row]!, program.offset);
  return { values, objective, gap, isCutShort: kind === 'feasible' };
}

function unsolved(
  solution: Exclude<Solution, { readonly values: Float64Array }>,
  problem: Problem,
  program: BuiltProgram,
): MillraceError {
  const { objective, direction, variable, domain, timeLimit } = problem;
  switch (solution.kind) {
    case 'infeasible':
      return infeasible(solution.rows, problem, program);
    case 'unbounded': {
      const grows = direction === 'maximize' ? 'grow' : 'fall';
      const message = `${objective.text} can ${grows} without limit: no constraint limits ${variable} (${domain}) enough`;
      return new MillraceError('PROBLEM_UNBOUNDED', message);
    }
    case 'timeLimit':
      return new MillraceError('SOLVER_TIME_LIMIT', `no solution was found within ${timeLimit} s`);
    case 'failed':
      return new MillraceError('SOLVER_FAILED', `HiGHS could not solve the problem (${solution.status})`);
  }
}

const mostNamed = 3;

function infeasible(rows: readonly number[], { variable, domain }: Problem, { nameOf }: BuiltProgram): MillraceError {
  if (rows.length === 0) {
    const message = `no values of ${domain} satisfy all constraints, although fractions would`;
    return new MillraceError('PROBLEM_INFEASIBLE', message);
  }
  const named = rows.slice(0, mostNamed).map((row) => nameOf(row));
  const more = rows.length > mostNamed ? `, and ${rows.length - mostNamed} more` : '';
  const message = `no ${variable} (${domain}) satisfies all constraints; these cannot be met together with the others: ${named.join('; ')}${more}`;
  return new MillraceError('PROBLEM_INFEASIBLE', message);
}

function inexact(value: number, { variable }: Problem): MillraceError {
  const message = `a value of ${variable} would be ${value}, which is too large to be exact`;
  return new MillraceError('SOLVER_FAILED', message, {
    hint: 'add a constraint that limits it, or choose larger units',
  });
}
