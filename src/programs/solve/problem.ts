import * as v from 'valibot';
import { columnsIn, type Formula, isFormula } from './formula.ts';

/** A linear problem over the rows of a query, with one variable for each row. The planner makes it. */
export interface Problem {
  readonly direction: 'maximize' | 'minimize';
  readonly objective: Expression;
  readonly constraints: readonly Constraint[];
  /** What the result calls the value that is solved for. */
  readonly variable: string;
  /** Selected columns whose values tell the variables apart. */
  readonly keys: readonly string[];
  readonly domain: Domain;
  /** Seconds after which the best solution so far counts. */
  readonly timeLimit: number;
  /** Relative distance to the optimum that suffices. */
  readonly gap: number;
}

interface Expression {
  readonly formula: Formula;
  /** As the statement has it, for messages. */
  readonly text: string;
}

export type Relation = '<=' | '>=' | '=';

/** `left relation right`, for all rows together or for each group; without a sum, for each row. */
export interface Constraint {
  readonly left: Formula;
  readonly relation: Relation;
  readonly right: Formula;
  readonly groupBy: string | null;
  readonly text: string;
}

/** SQLFlow's `var_type`, which are Pyomo's domains. Bounds that solvers cannot exclude are included: PositiveReals has 0. */
export const domains = {
  Binary: { least: 0, most: 1, whole: true },
  Integers: { least: null, most: null, whole: true },
  PositiveIntegers: { least: 1, most: null, whole: true },
  NegativeIntegers: { least: null, most: -1, whole: true },
  NonNegativeIntegers: { least: 0, most: null, whole: true },
  NonPositiveIntegers: { least: null, most: 0, whole: true },
  Reals: { least: null, most: null, whole: false },
  PositiveReals: { least: 0, most: null, whole: false },
  NegativeReals: { least: null, most: 0, whole: false },
  NonNegativeReals: { least: 0, most: null, whole: false },
  NonPositiveReals: { least: null, most: 0, whole: false },
} as const satisfies Readonly<
  Record<string, { readonly least: number | null; readonly most: number | null; readonly whole: boolean }>
>;

export type Domain = keyof typeof domains;

export const domainNames = Object.keys(domains) as readonly Domain[];

/** Coefficients of one problem, at most: HiGHS, which has up to 4 GB, takes about 300 bytes for each. */
const mostCoefficients = 2_000_000;

const mostVariables = 200_000;

/** Maximum number of rows of a problem, so that it fits into the solver's memory. */
export function mostRows({ constraints }: Problem): number {
  return Math.min(mostVariables, Math.floor(mostCoefficients / (constraints.length + 1)));
}

/** The selected columns that the solver reads: those of formulas, which hold numbers, then those that hold names. */
export function columnsOf(problem: Problem): {
  readonly numbers: readonly string[];
  readonly names: readonly string[];
} {
  const formulas = problem.constraints.flatMap(({ left, right }) => [left, right]);
  const groups = problem.constraints.flatMap(({ groupBy }) => groupBy ?? []);
  return {
    numbers: columnsIn([problem.objective.formula, ...formulas]),
    names: [...new Set([...problem.keys, ...groups])],
  };
}

const formula = v.custom<Formula>(isFormula, 'is not a formula');

export const problemSchema: v.GenericSchema<Problem> = v.strictObject({
  direction: v.picklist(['maximize', 'minimize']),
  objective: v.strictObject({ formula, text: v.string() }),
  constraints: v.array(
    v.strictObject({
      left: formula,
      relation: v.picklist(['<=', '>=', '=']),
      right: formula,
      groupBy: v.nullable(v.string()),
      text: v.string(),
    }),
  ),
  variable: v.string(),
  keys: v.array(v.string()),
  domain: v.picklist(domainNames),
  timeLimit: v.pipe(v.number(), v.minValue(1)),
  gap: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
});
