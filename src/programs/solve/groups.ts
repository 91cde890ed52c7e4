import type { Constraint, Problem } from './problem.ts';
import { nameText, rowText, type Table } from './table.ts';

/** The rows to which a constraint applies together. */
export interface Groups {
  readonly count: number;
  /** The rows of a group, in their order. */
  membersOf(group: number): Int32Array;
  /** `plants = 'plantA'`; null: all rows. */
  nameOf(group: number): string | null;
}

/** All rows as one group. */
export function allRows({ rows }: Table): Groups {
  const members = Int32Array.from({ length: rows }, (_, row) => row);
  return { count: 1, membersOf: () => members, nameOf: () => null };
}

/** @param isSummed whether the constraint has a sum; without one, each row is a group */
export function groupsFor(problem: Problem, { groupBy }: Constraint, isSummed: boolean, table: Table): Groups {
  if (groupBy !== null) return groupsBy(groupBy, table);
  return isSummed ? allRows(table) : eachRow(problem, table);
}

function eachRow(problem: Problem, table: Table): Groups {
  const { membersOf } = allRows(table);
  const members = membersOf(0);
  return {
    count: table.rows,
    membersOf: (row) => members.subarray(row, row + 1),
    nameOf: (row) => rowText(problem, table, row),
  };
}

/** Rows with equal values, byte for byte, in the order in which the values first occur. */
function groupsBy(column: string, { rows, names }: Table): Groups {
  const values = names[column]!;
  const numbers = new Map<string | null, number>();
  const groupOf = Int32Array.from(values, (value) => {
    const known = numbers.get(value);
    if (known !== undefined) return known;
    numbers.set(value, numbers.size);
    return numbers.size - 1;
  });
  const starts = new Int32Array(numbers.size + 1);
  for (const group of groupOf) starts[group + 1]!++;
  for (let group = 0; group < numbers.size; group++) starts[group + 1]! += starts[group]!;
  const [members, next] = [new Int32Array(rows), starts.slice()];
  for (let row = 0; row < rows; row++) members[next[groupOf[row]!]!++] = row;
  const named = [...numbers.keys()];
  return {
    count: numbers.size,
    membersOf: (group) => members.subarray(starts[group]!, starts[group + 1]!),
    nameOf: (group) => nameText(column, named[group]!),
  };
}
