import { MillraceError } from '../../errors.ts';
import type { Constraint, Relation } from '../../programs/solve/problem.ts';
import { valueText } from '../../sql/expression-nodes.ts';
import type { Expression, OptimizeStatement, Value, Constraint as WrittenConstraint } from '../../sql/statement.ts';
import { columnNamed, unknownColumn } from '../selected-columns.ts';
import { type FormulaScope, readFormula } from './read-formula.ts';

type Scope = Pick<FormulaScope, 'variable' | 'columns' | 'report'>;

/** What is to be as large or as small as possible: sums over all rows. Null after reporting its errors. */
export function readObjective({ objective }: OptimizeStatement, scope: Scope) {
  const isSummed = true;
  const read = readFormula(objective, { ...scope, isSummed, isGrouped: false });
  if (read === null) return null;
  const text = valueText(objective);
  if (read.hasVariable) return { formula: read.formula, text };
  const message = `the objective ${text} does not depend on ${scope.variable}`;
  const hint = `use ${scope.variable} in it, or another name in variables`;
  scope.report(new MillraceError('WRONG_EXPRESSION', message, { span: objective.span, hint }));
  return null;
}

/** The comparisons that CONSTRAINT joins by commas and AND. Those with errors are reported and left out. */
export function readConstraints({ constraints }: OptimizeStatement, scope: Scope): readonly Constraint[] {
  return constraints.flatMap((constraint) =>
    conjuncts(constraint.expression).flatMap((expression) => readConstraint(expression, constraint, scope) ?? []),
  );
}

function conjuncts(value: Value): readonly Value[] {
  if (value.kind !== 'expression') return [value];
  if (value.form === 'bracket') return conjuncts(value.operands[0]!);
  return value.form === 'binary' && value.head === 'AND' ? value.operands.flatMap(conjuncts) : [value];
}

function readConstraint(value: Value, { groupBy }: WrittenConstraint, scope: Scope): Constraint | null {
  const { variable, columns, report } = scope;
  const refuse = (message: string, hint: string, span = value.span) => {
    report(new MillraceError('WRONG_EXPRESSION', message, { span, hint }));
    return null;
  };
  const text = valueText(value);
  if (value.kind !== 'expression' || value.form !== 'binary')
    return refuse(`${text} is not a comparison`, useComparison);
  const relation = Object.hasOwn(relations, value.head) ? relations[value.head] : undefined;
  if (relation === undefined) return refuse(...wrongRelation(value));
  const isSummed = hasCall(value);
  const group = groupBy === null || columns === null ? groupBy?.text : columnNamed(groupBy.text, columns);
  if (groupBy !== null && group === undefined) {
    report(unknownColumn(groupBy, columns ?? []));
    return null;
  }
  if (groupBy !== null && !isSummed)
    return refuse('GROUP BY needs a SUM; this constraint applies to each row', 'remove GROUP BY', groupBy.span);
  const sides = value.operands.map((side) => readFormula(side, { ...scope, isSummed, isGrouped: groupBy !== null }));
  const [left, right] = sides;
  if (!left || !right) return null;
  if (!left.hasVariable && !right.hasVariable)
    return refuse(
      `the constraint ${text} does not depend on ${variable}`,
      `use ${variable} in it, or filter in the query`,
    );
  return { left: left.formula, relation, right: right.formula, groupBy: group ?? null, text };
}

const useComparison = 'compare two expressions by <=, >= or =';

const relations: Readonly<Record<string, Relation>> = { '<=': '<=', '>=': '>=', '=': '=', '==': '=' };

function wrongRelation({ head, text }: Expression): [message: string, hint: string] {
  if (head === '<' || head === '>') return [`${text}: a strict comparison has no best solution`, `use ${head}=`];
  if (head === 'OR') return [`${text}: constraints cannot be alternatives`, 'separate constraints by commas'];
  return [`${text} is not a comparison that can be solved`, useComparison];
}

function hasCall(value: Value): boolean {
  if (value.kind !== 'expression') return false;
  return value.form === 'call' || value.operands.some(hasCall);
}
