import { MillraceError } from '../../errors.ts';
import { columnsOutsideSums, hasSum } from './formula.ts';
import { allRows, type Groups, groupsFor } from './groups.ts';
import { lineReader } from './line.ts';
import { type Constraint, domains, type Problem } from './problem.ts';
import { rowText, type Table } from './table.ts';

/** `lower <= A x <= upper`, `least <= x <= most`; A by rows, compressed. What is not limited is infinite. */
export interface LinearProgram {
  readonly variables: number;
  readonly isMaximized: boolean;
  readonly cost: Float64Array;
  readonly offset: number;
  readonly least: number;
  readonly most: number;
  readonly isWhole: boolean;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  /** Where each row of A begins in `indices` and `values`, and where the last one ends. */
  readonly starts: Int32Array;
  readonly indices: Int32Array;
  readonly values: Float64Array;
}

/** The program, and what its rows stand for. */
export interface BuiltProgram extends LinearProgram {
  /** `SUM(amount) <= capacity for plants = 'plantA'` */
  nameOf(row: number): string;
}

/**
 * Builds the program, for each constraint in time linear in the rows. Each row of A is multiplied by a power of 2, exactly, so that the
 * solver's absolute tolerances suit it.
 * @throws {MillraceError} PROBLEM_DATA for coefficients that are not finite, and for a column that differs within a group
 */
export function linearProgram(problem: Problem, table: Table): BuiltProgram {
  const blocks = problem.constraints.map((constraint) => {
    const isSummed = hasSum(constraint.left) || hasSum(constraint.right);
    return { constraint, groups: groupsFor(problem, constraint, isSummed, table) };
  });
  const rows = new Rows(
    blocks.reduce((sum, { groups }) => sum + groups.count, 0),
    table.rows * blocks.length,
  );
  const firsts = blocks.map(({ constraint, groups }) => {
    const first = rows.count;
    addBlock(rows, problem, constraint, groups, table);
    return first;
  });
  const { least, most, whole: isWhole } = domains[problem.domain];
  return {
    variables: table.rows,
    isMaximized: problem.direction === 'maximize',
    ...costs(problem, table),
    ...{ least: least ?? -Infinity, most: most ?? Infinity, isWhole },
    ...rows.compressed(),
    nameOf: (row) => {
      const block = firsts.findLastIndex((first) => first <= row);
      const { constraint, groups } = blocks[block]!;
      return named(constraint.text, groups.nameOf(row - firsts[block]!));
    },
  };
}

function costs(problem: Problem, table: Table): Pick<LinearProgram, 'cost' | 'offset'> {
  const { formula, text } = problem.objective;
  const { coefficients, constant } = lineReader(formula, table)(allRows(table).membersOf(0));
  const wrong = coefficients.findIndex((cost) => !(Math.abs(cost) < tooLarge));
  if (wrong >= 0) throw outOfRange(text, rowText(problem, table, wrong), coefficients[wrong]!);
  return { cost: coefficients, offset: constant };
}

function addBlock(rows: Rows, problem: Problem, constraint: Constraint, groups: Groups, table: Table): void {
  const { left, right, relation, text } = constraint;
  const read = lineReader({ kind: '-', left, right }, table);
  const shared = columnsOutsideSums([left, right]);
  for (let group = 0; group < groups.count; group++) {
    const members = groups.membersOf(group);
    for (const column of shared) checkShared(column, members, table, () => named(text, groups.nameOf(group)));
    const { coefficients, constant } = read(members);
    const wrong = coefficients.findIndex((value) => !(Math.abs(value) < tooLarge));
    if (wrong >= 0) throw outOfRange(text, rowText(problem, table, members[wrong]!), coefficients[wrong]!);
    if (!(Math.abs(constant) < tooLarge)) throw outOfRange(text, groups.nameOf(group), constant);
    rows.add(
      members,
      coefficients,
      relation === '<=' ? -Infinity : -constant,
      relation === '>=' ? Infinity : -constant,
    );
  }
}

/** A column outside SUM means its one value in the group. */
function checkShared(column: string, members: Int32Array, { numbers }: Table, where: () => string): void {
  const values = numbers[column]!;
  const first = values[members[0]!]!;
  const other = members.find((row) => values[row] !== first);
  if (other === undefined) return;
  const message = `the column ${column} has both ${first} and ${values[other]} in ${where()}`;
  throw new MillraceError('PROBLEM_DATA', message, { hint: `write SUM(${column}), or correct the query` });
}

/** HiGHS takes larger coefficients as infinite (`large_matrix_value`): https://ergo-code.github.io/HiGHS/dev/options/definitions/ */
const tooLarge = 1e15;

function outOfRange(text: string, place: string | null, value: number): MillraceError {
  const what = Number.isFinite(value) ? `${value}, more than 1e15` : 'not a finite number';
  const message = `a coefficient of ${named(text, place)} is ${what}`;
  const hint = 'choose larger units, and do not divide by 0';
  return new MillraceError('PROBLEM_DATA', message, { hint });
}

const named = (text: string, place: string | null) => (place === null ? text : `${text} for ${place}`);

/** The matrix while it is filled. */
class Rows {
  count = 0;
  private filled = 0;
  private readonly lower: Float64Array;
  private readonly upper: Float64Array;
  private readonly starts: Int32Array;
  private readonly indices: Int32Array;
  private readonly values: Float64Array;

  constructor(rows: number, most: number) {
    this.lower = new Float64Array(rows);
    this.upper = new Float64Array(rows);
    this.starts = new Int32Array(rows + 1);
    this.indices = new Int32Array(most);
    this.values = new Float64Array(most);
  }

  add(variables: Int32Array, coefficients: Float64Array, lower: number, upper: number): void {
    const scale = scaleOf(coefficients);
    for (let at = 0; at < variables.length; at++) {
      if (coefficients[at] === 0) continue;
      this.indices[this.filled] = variables[at]!;
      this.values[this.filled++] = coefficients[at]! * scale;
    }
    this.lower[this.count] = lower * scale;
    this.upper[this.count] = upper * scale;
    this.starts[++this.count] = this.filled;
  }

  compressed(): Pick<LinearProgram, 'lower' | 'upper' | 'starts' | 'indices' | 'values'> {
    const { lower, upper, starts, filled } = this;
    return { lower, upper, starts, indices: this.indices.slice(0, filled), values: this.values.slice(0, filled) };
  }
}

/** Brings the largest coefficient into 1 … 2^20. */
export function scaleOf(coefficients: Float64Array): number {
  let largest = 0;
  for (const value of coefficients) largest = Math.max(largest, Math.abs(value));
  if (largest === 0) return 1;
  const exponent = Math.floor(Math.log2(largest));
  return 2 ** -Math.min(exponent, Math.max(exponent - 20, 0));
}
