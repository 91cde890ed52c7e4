import { readFileSync } from 'node:fs';
import type { Catalog } from '../../../src/catalog/catalog.ts';
import { images } from '../../../src/catalog/images.ts';
import { planProgram } from '../../../src/plan/plan-program.ts';
import { columnsOf, type Problem } from '../../../src/programs/solve/problem.ts';
import { parseProgram } from '../../../src/sql/parse.ts';

const golden: Catalog = {
  ...JSON.parse(readFileSync(new URL('../../golden/catalog.json', import.meta.url), 'utf8')),
  images,
};

/** @param columns those that the query selects; null: they are not known yet */
function catalogOf(query: string, columns: readonly string[] | null): Catalog {
  return { ...golden, queries: columns === null ? {} : { [query]: { kind: 'columns', columns } } };
}

/** The problem that a statement over such columns means. */
export function problemOf(clauses: string, columns: readonly string[] | null): Problem {
  const { steps } = planProgram(
    parseProgram(`SELECT * FROM t ${clauses} INTO r`),
    catalogOf('SELECT * FROM t', columns),
  );
  return (steps[0] as unknown as { program: { settings: { problem: Problem } } }).program.settings.problem;
}

export type Row = Readonly<Record<string, string | number | null>>;

/** Rows as the worker reads them: texts, in the order of the problem's columns. */
export function textRows(problem: Problem, rows: readonly Row[]): readonly (string | null)[][] {
  const { numbers, names } = columnsOf(problem);
  return rows.map((row) => [...numbers, ...names].map((name) => (row[name] == null ? null : String(row[name]))));
}

/** SQLFlow's first example: https://github.com/sql-machine-learning/sqlflow/blob/develop/doc/tutorial/optimization_guide.md */
export const woodcarving: readonly Row[] = [
  { product: 'soldier', price: 27, materials_cost: 10, other_cost: 14, finishing: 2, carpentry: 1, max_num: 40 },
  { product: 'train', price: 21, materials_cost: 9, other_cost: 10, finishing: 1, carpentry: 1, max_num: 10000 },
];

export const maximizeProfit = `TO MAXIMIZE SUM((price - materials_cost - other_cost) * amount)
  CONSTRAINT SUM(finishing * amount) <= 100, SUM(carpentry * amount) <= 80, amount <= max_num
  WITH variables = "amount(product)", var_type = "NonNegativeIntegers" USING glpk`;

/** Its second example. */
export const transportation: readonly Row[] = [
  { plants: 'plantA', markets: 'marketA', distance: 140, capacity: 100, demand: 130 },
  { plants: 'plantB', markets: 'marketA', distance: 300, capacity: 90, demand: 130 },
  { plants: 'plantA', markets: 'marketB', distance: 210, capacity: 100, demand: 60 },
  { plants: 'plantB', markets: 'marketB', distance: 90, capacity: 90, demand: 60 },
];

export const minimizeDistance = `TO MINIMIZE SUM(amount * distance)
  CONSTRAINT SUM(amount) <= capacity GROUP BY plants, SUM(amount) >= demand GROUP BY markets
  WITH variables = "amount(plants,markets)", var_type = "NonNegativeIntegers"`;
