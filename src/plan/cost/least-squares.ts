export interface Equation {
  readonly factors: readonly number[];
  readonly value: number;
}

/**
 * Least squares with unknowns that are not negative.
 * @param candidates sets of unknowns to solve for, the others being 0; the first set that the equations determine, with the least error
 *     among those of its size, wins
 * @returns a value for each unknown; null: no set has a solution
 */
export function leastSquares(
  equations: readonly Equation[],
  candidates: readonly (readonly number[])[],
): readonly number[] | null {
  let best: { readonly solution: readonly number[]; readonly error: number } | null = null;
  for (const unknowns of candidates) {
    const solution = solve(equations, unknowns);
    if (solution === null || solution.some((value) => value < 0)) continue;
    const error = squaredError(equations, solution);
    if (best === null || error < best.error * 0.999999) best = { solution, error };
  }
  return best?.solution ?? null;
}

/** The normal equations of the columns, scaled to length 1, by elimination with pivots. @returns null: they are not independent */
function solve(equations: readonly Equation[], unknowns: readonly number[]): readonly number[] | null {
  const lengths = unknowns.map((column) => Math.hypot(...equations.map(({ factors }) => factors[column] ?? 0)));
  if (lengths.some((length) => length === 0)) return null;
  const scaled = (equation: Equation, at: number) => equation.factors[unknowns[at]!]! / lengths[at]!;
  const sum = (of: (equation: Equation) => number) => equations.reduce((total, equation) => total + of(equation), 0);
  const rows = unknowns.map((_, row) => [
    ...unknowns.map((__, column) => sum((equation) => scaled(equation, row) * scaled(equation, column))),
    sum((equation) => scaled(equation, row) * equation.value),
  ]);
  const found = eliminate(rows);
  if (found === null) return null;
  const size = Math.max(...equations.map(({ factors }) => factors.length));
  const solution = Array.from({ length: size }, () => 0);
  for (const [at, column] of unknowns.entries()) solution[column] = found[at]! / lengths[at]!;
  return solution;
}

/** Columns of length 1 whose pivot is smaller are the same column. */
const leastPivot = 1e-9;

function eliminate(rows: number[][]): readonly number[] | null {
  for (let at = 0; at < rows.length; at++) {
    const pivot = rows.slice(at).reduce((most, row) => (Math.abs(row[at]!) > Math.abs(most[at]!) ? row : most));
    if (Math.abs(pivot[at]!) < leastPivot) return null;
    rows.splice(rows.indexOf(pivot), 1);
    rows.splice(at, 0, pivot);
    for (const row of rows) {
      if (row === pivot) continue;
      const factor = row[at]! / pivot[at]!;
      for (let column = at; column < row.length; column++) row[column]! -= factor * pivot[column]!;
    }
  }
  return rows.map((row, at) => row.at(-1)! / row[at]!);
}

function squaredError(equations: readonly Equation[], solution: readonly number[]): number {
  return equations.reduce((total, { factors, value }) => {
    const predicted = factors.reduce((sum, factor, at) => sum + factor * solution[at]!, 0);
    return total + (predicted - value) ** 2;
  }, 0);
}
