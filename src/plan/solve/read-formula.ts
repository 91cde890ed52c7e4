import { MillraceError } from '../../errors.ts';
import { type Formula, isOperator } from '../../programs/solve/formula.ts';
import { valueText } from '../../sql/expression-nodes.ts';
import { unquoteName } from '../../sql/quoting.ts';
import type { Expression, Value } from '../../sql/statement.ts';
import { columnNamed, unknownColumn } from '../selected-columns.ts';

/** What the names in an expression mean. */
export interface FormulaScope {
  /** The name of the value that is solved for. */
  readonly variable: string;
  /** The selected columns; null: not known yet. */
  readonly columns: readonly string[] | null;
  /** Whether the expression has a SUM; without one, it applies to each row. */
  readonly isSummed: boolean;
  /** Whether a column has one value for each group. */
  readonly isGrouped: boolean;
  readonly report: (error: MillraceError) => void;
}

interface ReadFormula {
  readonly formula: Formula;
  readonly hasVariable: boolean;
}

/** Reads an expression that has to be linear in the variable. Reports why it is not; null then. */
export function readFormula(value: Value, scope: FormulaScope, inSum = false): ReadFormula | null {
  if (value.kind === 'number' && Number.isFinite(value.value))
    return { formula: { kind: 'number', value: value.value }, hasVariable: false };
  if (value.kind !== 'expression') return refused(value, scope, `${valueText(value)} is not a number or a column`);
  switch (value.form) {
    case 'bracket':
      return readFormula(value.operands[0]!, scope, inSum);
    case 'name':
      return readName(value, scope, inSum);
    case 'call':
      return readSum(value, scope, inSum);
    case 'unary':
      return readSign(value, scope, inSum);
    case 'binary':
      return readBinary(value, scope, inSum);
  }
}

function readName(value: Expression, scope: FormulaScope, inSum: boolean): ReadFormula | null {
  const { variable, columns, isSummed, isGrouped } = scope;
  const name = unquoteName(value.head);
  if (name.toLowerCase() === variable.toLowerCase()) {
    if (inSum || !isSummed) return { formula: { kind: 'variable' }, hasVariable: true };
    return refused(value, scope, `${variable} is outside SUM, where it has no single value`, `write SUM(${variable})`);
  }
  const column = columns === null ? name : columnNamed(name, columns);
  if (column === undefined) {
    scope.report(unknownColumn({ text: name, span: value.span }, [...(columns ?? []), variable]));
    return null;
  }
  if (inSum || !isSummed || isGrouped) return { formula: { kind: 'column', name: column }, hasVariable: false };
  const hint = `write SUM(${column}), or add GROUP BY`;
  return refused(value, scope, `the column ${column} is outside SUM, where it has no single value`, hint);
}

function readSum(value: Expression, scope: FormulaScope, inSum: boolean): ReadFormula | null {
  if (value.head.toUpperCase() !== 'SUM') {
    const hint = 'use SUM, + - * and /, or compute a column in the query';
    return refused(value, scope, `the function ${value.head} is not one that can be solved`, hint);
  }
  if (inSum) return refused(value, scope, 'SUM is inside another SUM', 'remove one of the two');
  const [operand, more] = value.operands;
  if (operand === undefined || more !== undefined)
    return refused(value, scope, `SUM takes one expression, not ${value.operands.length}`, 'write SUM(expression)');
  const read = readFormula(operand, scope, true);
  return read && { formula: { kind: 'sum', of: read.formula }, hasVariable: read.hasVariable };
}

function readSign(value: Expression, scope: FormulaScope, inSum: boolean): ReadFormula | null {
  if (value.head === 'NOT') return notLinear(value, scope, 'NOT is not linear', 'state the opposite, e.g. >= for <=');
  const read = readFormula(value.operands[0]!, scope, inSum);
  if (read === null || value.head === '+') return read;
  return { ...read, formula: { kind: 'negate', of: read.formula } };
}

function readBinary(value: Expression, scope: FormulaScope, inSum: boolean): ReadFormula | null {
  const [left, right] = value.operands.map((operand) => readFormula(operand, scope, inSum));
  if (!left || !right) return null;
  const { head: operator } = value;
  const hasVariable = left.hasVariable || right.hasVariable;
  if (!isOperator(operator)) return otherOperator(value, hasVariable, scope);
  const { variable } = scope;
  if (operator === '*' && left.hasVariable && right.hasVariable)
    return notLinear(value, scope, `${value.text} multiplies ${variable} by itself`, 'only linear problems are solved');
  if (operator === '/' && right.hasVariable)
    return notLinear(value, scope, `${value.text} divides by ${variable}`, 'multiply both sides instead');
  return { formula: { kind: operator, left: left.formula, right: right.formula }, hasVariable };
}

function otherOperator(value: Expression, hasVariable: boolean, scope: FormulaScope): null {
  const { head: operator, text } = value;
  if (operator === 'OR') return notLinear(value, scope, 'OR is not linear', 'use AND, or solve two problems');
  if (comparisons.includes(operator))
    return refused(
      value,
      scope,
      `${text} is a comparison inside an expression`,
      'write each comparison as a constraint of its own',
    );
  if (hasVariable) return notLinear(value, scope, `${operator} with ${scope.variable} is not linear`, onlyLinear);
  return refused(value, scope, `the operator ${operator} cannot be used here`, 'compute a column in the query');
}

const onlyLinear = 'only linear problems are solved';

const comparisons = ['<=', '>=', '=', '==', '<', '>', '<>', '!='];

function notLinear({ span }: Expression, { report }: FormulaScope, message: string, hint: string): null {
  report(new MillraceError('NOT_LINEAR', message, { span, hint }));
  return null;
}

function refused({ span }: Value, { report }: FormulaScope, message: string, hint?: string): null {
  report(new MillraceError('WRONG_EXPRESSION', message, { span, hint }));
  return null;
}
