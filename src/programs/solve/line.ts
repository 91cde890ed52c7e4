import { type Formula, partsOf } from './formula.ts';
import type { Table } from './table.ts';

/** A formula over a group of rows, as a linear combination of their variables. */
export interface Line {
  /** Of the rows of the group, in their order. The next group overwrites them. */
  readonly coefficients: Float64Array;
  readonly constant: number;
}

/** What a formula that is linear in the variable is for a group of rows. Columns outside sums have the value of the first row. */
export function lineReader(formula: Formula, table: Table): (members: Int32Array) => Line {
  const linear = new Set<Formula>();
  noteLinear(formula, linear);
  const buffer = new Float64Array(table.rows);
  const scope: Scope = { table, linear };
  return (members) => {
    const coefficients = buffer.subarray(0, members.length).fill(0);
    addCoefficients(formula, 1, members, scope, coefficients);
    return { coefficients, constant: constantIn(formula, members, scope) };
  };
}

interface Scope {
  readonly table: Table;
  /** The parts that hold the variable. */
  readonly linear: ReadonlySet<Formula>;
}

function noteLinear(formula: Formula, linear: Set<Formula>): boolean {
  // Every part has to be visited.
  const parts = partsOf(formula).map((part) => noteLinear(part, linear));
  const isLinear = formula.kind === 'variable' || parts.includes(true);
  if (isLinear) linear.add(formula);
  return isLinear;
}

/** Adds what each variable of the group counts, times a factor. */
function addCoefficients(
  formula: Formula,
  factor: number,
  members: Int32Array,
  scope: Scope,
  into: Float64Array,
): void {
  if (!scope.linear.has(formula)) return;
  switch (formula.kind) {
    case 'variable':
      into[0]! += factor;
      return;
    case 'sum':
      for (let at = 0; at < members.length; at++) into[at]! += factor * coefficientAt(formula.of, members[at]!, scope);
      return;
    case 'negate':
      addCoefficients(formula.of, -factor, members, scope, into);
      return;
    case '+':
    case '-':
      addCoefficients(formula.left, factor, members, scope, into);
      addCoefficients(formula.right, formula.kind === '+' ? factor : -factor, members, scope, into);
      return;
    case '*': {
      const [part, other] = scope.linear.has(formula.left)
        ? [formula.left, formula.right]
        : [formula.right, formula.left];
      addCoefficients(part, factor * constantIn(other, members, scope), members, scope, into);
      return;
    }
    case '/':
      addCoefficients(formula.left, factor / constantIn(formula.right, members, scope), members, scope, into);
      return;
  }
}

/** The value for a group if all variables are 0. */
function constantIn(formula: Formula, members: Int32Array, scope: Scope): number {
  if (formula.kind !== 'sum')
    return constantOf(formula, members[0]!, scope, (part) => constantIn(part, members, scope));
  let sum = 0;
  for (const row of members) sum += constantAt(formula.of, row, scope);
  return sum;
}

/** The value for a row if all variables are 0. */
function constantAt(formula: Formula, row: number, scope: Scope): number {
  return constantOf(formula, row, scope, (part) => constantAt(part, row, scope));
}

function constantOf(formula: Formula, row: number, { table }: Scope, partOf: (part: Formula) => number): number {
  switch (formula.kind) {
    case 'number':
      return formula.value;
    case 'column':
      return table.numbers[formula.name]![row]!;
    case 'variable':
      return 0;
    case 'negate':
      return -partOf(formula.of);
    case 'sum':
      return partOf(formula.of);
    case '+':
      return partOf(formula.left) + partOf(formula.right);
    case '-':
      return partOf(formula.left) - partOf(formula.right);
    case '*':
      return partOf(formula.left) * partOf(formula.right);
    case '/':
      return partOf(formula.left) / partOf(formula.right);
  }
}

/** What the variable of a row counts in a formula without sums. */
function coefficientAt(formula: Formula, row: number, scope: Scope): number {
  if (!scope.linear.has(formula)) return 0;
  switch (formula.kind) {
    case 'negate':
      return -coefficientAt(formula.of, row, scope);
    case '+':
      return coefficientAt(formula.left, row, scope) + coefficientAt(formula.right, row, scope);
    case '-':
      return coefficientAt(formula.left, row, scope) - coefficientAt(formula.right, row, scope);
    case '*': {
      const [part, other] = scope.linear.has(formula.left)
        ? [formula.left, formula.right]
        : [formula.right, formula.left];
      return coefficientAt(part, row, scope) * constantAt(other, row, scope);
    }
    case '/':
      return coefficientAt(formula.left, row, scope) / constantAt(formula.right, row, scope);
    default:
      return 1;
  }
}
