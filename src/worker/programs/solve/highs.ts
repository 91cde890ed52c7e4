import type { Highs } from 'highs';
import { type LinearProgram, scaleOf } from '../../../programs/solve/linear-program.ts';

/** What became of a program. `feasible`: the time limit was reached with a solution, which may not be the best one. */
export type Solution =
  | { readonly kind: 'optimal' | 'feasible'; readonly values: Float64Array; readonly gap: number }
  /** Rows that hinder each other most; empty: only that the values have to be whole. */
  | { readonly kind: 'infeasible'; readonly rows: readonly number[] }
  | { readonly kind: 'unbounded' | 'timeLimit' }
  | { readonly kind: 'failed'; readonly status: string };

export interface SolveLimits {
  readonly seconds: number;
  /** Relative distance to the optimum that suffices. */
  readonly gap: number;
}

/** Solves a program by HiGHS. Blocks its thread until the end. */
export async function solveProgram(program: LinearProgram, limits: SolveLimits): Promise<Solution> {
  const module = await import('highs');
  // Its types are those of its CommonJS form, where the function is one level deeper.
  const load = module.default as unknown as typeof module.default.default;
  const highs = await load();
  const { modelStatus: statuses } = highs.constants;
  const result = run(highs, program, limits);
  switch (result.status) {
    case statuses.optimal:
      return { kind: 'optimal', ...valuesOf(result, program) };
    case statuses.timeLimit:
      return result.isFeasible ? { kind: 'feasible', ...valuesOf(result, program) } : { kind: 'timeLimit' };
    case statuses.infeasible:
      return { kind: 'infeasible', rows: hindering(highs, program, limits) };
    case statuses.unbounded:
    case statuses.unboundedOrInfeasible:
      return withoutObjective(highs, program, limits);
    default:
      return { kind: 'failed', status: nameOf(result.status, statuses) };
  }
}

/** A program that has a solution and no best one is unbounded. */
function withoutObjective(highs: Highs, program: LinearProgram, limits: SolveLimits): Solution {
  const { modelStatus: statuses } = highs.constants;
  const { status } = run(highs, { ...program, cost: new Float64Array(program.variables) }, limits);
  if (status === statuses.optimal) return { kind: 'unbounded' };
  if (status === statuses.infeasible) return { kind: 'infeasible', rows: hindering(highs, program, limits) };
  return status === statuses.timeLimit ? { kind: 'timeLimit' } : { kind: 'failed', status: nameOf(status, statuses) };
}

interface Run {
  readonly status: number;
  readonly isFeasible: boolean;
  readonly values: Float64Array;
  /** Relative distance to the optimum, at most. */
  readonly gap: number;
}

function run(highs: Highs, program: LinearProgram, { seconds, gap }: SolveLimits): Run {
  return highs.withModel(modelOf(highs, program), (model): Run => {
    // An absolute gap would end the search early if the objective is small.
    model.options.set({ time_limit: seconds, mip_rel_gap: gap, mip_abs_gap: 0 });
    const { modelStatus: status } = model.run();
    const isFeasible = Number(model.info.get('primal_solution_status')) === highs.constants.solutionStatus.feasible;
    return {
      status,
      isFeasible,
      values: isFeasible ? model.getSolution().colValue : new Float64Array(),
      gap: program.isWhole ? Number(model.info.get('mip_gap')) : 0,
    };
  });
}

/** Rows that cannot be met together with the others: those that are violated if the sum of all violations is as small as possible. */
function hindering(highs: Highs, program: LinearProgram, { seconds }: SolveLimits): readonly number[] {
  return highs.withModel(elastic(highs, program), (model): readonly number[] => {
    model.options.set('time_limit', Math.min(seconds, mostDiagnosisSeconds));
    if (model.run().modelStatus !== highs.constants.modelStatus.optimal) return [];
    const violations = model.getSolution().colValue.subarray(program.variables);
    return Array.from(program.lower.keys()).filter(
      (row) => violations[2 * row]! > tolerance || violations[2 * row + 1]! > tolerance,
    );
  });
}

/** The program without whole values and with two more variables for each row, by which it falls below or exceeds its bounds. */
function elastic(highs: Highs, program: LinearProgram) {
  const { variables, lower, starts, indices, values } = program;
  const [rows, extra] = [lower.length, 2 * lower.length];
  const [moreIndices, moreValues] = [new Int32Array(indices.length + extra), new Float64Array(indices.length + extra)];
  for (let row = 0; row < rows; row++) {
    const [from, to] = [starts[row]!, starts[row + 1]!];
    moreIndices.set(indices.subarray(from, to), from + 2 * row);
    moreValues.set(values.subarray(from, to), from + 2 * row);
    moreIndices.set([variables + 2 * row, variables + 2 * row + 1], to + 2 * row);
    moreValues.set([1, -1], to + 2 * row);
  }
  const model = modelOf(highs, { ...program, isMaximized: false, isWhole: false });
  const numCols = variables + extra;
  return {
    ...model,
    numCols,
    colCost: new Float64Array(numCols).fill(1, variables),
    colLower: new Float64Array(numCols).fill(program.least, 0, variables),
    colUpper: new Float64Array(numCols).fill(program.most, 0, variables).fill(Infinity, variables),
    matrix: {
      ...model.matrix,
      numCols,
      starts: starts.map((start, row) => start + 2 * row),
      indices: moreIndices,
      values: moreValues,
    },
  };
}

const mostDiagnosisSeconds = 60;

/** `primal_feasibility_tolerance` of HiGHS, and a margin. */
const tolerance = 1e-6;

function modelOf(highs: Highs, program: LinearProgram) {
  const { objectiveSense, variableType } = highs.constants;
  const { variables, least, most, isMaximized, isWhole, lower, upper, starts, indices, values } = program;
  const scale = scaleOf(program.cost);
  return {
    numCols: variables,
    numRows: lower.length,
    sense: isMaximized ? objectiveSense.maximize : objectiveSense.minimize,
    colCost: program.cost.map((cost) => cost * scale),
    colLower: new Float64Array(variables).fill(least),
    colUpper: new Float64Array(variables).fill(most),
    rowLower: lower,
    rowUpper: upper,
    matrix: { format: 'csr' as const, numRows: lower.length, numCols: variables, starts, indices, values },
    ...(isWhole && { integrality: new Int32Array(variables).fill(variableType.integer) }),
  };
}

/** Whole values are whole only within the solver's tolerance. */
function valuesOf({ values, gap }: Run, { isWhole }: LinearProgram) {
  // Adding 0 makes -0 a 0.
  return { values: values.map((value) => (isWhole ? Math.round(value) : value) + 0), gap };
}

function nameOf(status: number, statuses: Readonly<Record<string, number>>): string {
  return Object.keys(statuses).find((name) => statuses[name] === status) ?? String(status);
}
