import { MillraceError } from '../../errors.ts';
import { nearestName } from '../../nearest-name.ts';
import { valueText } from '../../sql/expression-nodes.ts';
import { unquoteName } from '../../sql/quoting.ts';
import type { ColumnClause, Expression, Value } from '../../sql/statement.ts';
import type { FeatureNode, TrainFeature } from '../../train-task.ts';
import { columnNamed, unknownColumn } from '../selected-columns.ts';
import { itemsOf } from './column-patterns.ts';
import type { Estimator } from './estimators.ts';
import {
  type Argument,
  combiners,
  type FeatureFunction,
  featureFunctions,
  mostCategories,
  mostCrossed,
  mostDimensions,
  separators,
} from './feature-functions.ts';

type Report = (error: MillraceError) => void;

export interface FeatureScope {
  /** null: one of a user's image, whose inputs are not known. */
  readonly estimator: Estimator | null;
  /** The selected columns; null: not known yet. */
  readonly columns: readonly string[] | null;
  /** Columns that are not features: the label and weights. */
  readonly excluded: readonly string[];
  readonly report: Report;
}

/** The items of COLUMN as the trainer reads them, after reporting what cannot be computed; null: there are none. */
export function readFeatures(clauses: readonly ColumnClause[], scope: FeatureScope): readonly TrainFeature[] | null {
  if (clauses.length === 0) return null;
  checkInputs(clauses, scope);
  const seen = new Set<string>();
  const named = scope.columns?.filter((column) => columnNamed(column, scope.excluded) === undefined) ?? null;
  return clauses.flatMap(({ name, columns }) =>
    columns
      .flatMap((item) => itemsOf(item, named))
      .flatMap((value) => {
        const node = readItem(value, scope);
        if (node === null) return [];
        const key = JSON.stringify([name?.text ?? null, node]);
        if (seen.has(key))
          scope.report(wrong('TRAIN_FEATURE_TWICE', value, 'is in COLUMN twice', 'remove one of them'));
        seen.add(key);
        return [name === null ? node : { for: name.text, column: node }];
      }),
  );
}

/** A network with two towers has two inputs, and each needs features. */
function checkInputs(clauses: readonly ColumnClause[], { estimator, report }: FeatureScope): void {
  if (estimator === null) return;
  const { name: shown, inputs } = estimator;
  const known = inputs.map((input) => `FOR ${input}`).join(' or ');
  const needsName = estimator.inputs.length > 1 && !inputs.includes('feature_columns');
  const hint = `write COLUMN … ${known}`;
  for (const { name, span } of clauses) {
    if (name === null && needsName)
      report(new MillraceError('TRAIN_COLUMN_FOR', `${shown} has COLUMN without FOR`, { span, hint }));
    if (name !== null && !inputs.includes(name.text)) {
      const nearest = nearestName(name.text, inputs);
      report(
        new MillraceError('TRAIN_COLUMN_FOR', `${shown} has no input '${name.text}'`, {
          span: name.span,
          hint: nearest === undefined ? hint : `did you mean ${nearest}?`,
        }),
      );
    }
  }
  if (!needsName) return;
  for (const input of inputs) {
    if (clauses.some(({ name }) => name === null || name.text === input || !inputs.includes(name.text))) continue;
    report(
      new MillraceError('TRAIN_COLUMN_FOR', `${shown} has no features for ${input}`, {
        span: clauses[0]!.span,
        hint: `add COLUMN … FOR ${input}`,
      }),
    );
  }
}

function readItem(value: Value, scope: FeatureScope): FeatureNode | null {
  const { estimator } = scope;
  const name = nameOf(value);
  if (name === '*') return '*';
  if (name !== null) return readColumn(name, value, scope);
  if (value.kind !== 'expression' || value.form !== 'call')
    return refused(value, 'is not a column or a function of one', 'name a column', scope);
  const found = readCall(value, scope);
  if (found === null || estimator === null) return found?.node ?? null;
  const text = valueText(value);
  if (found.makes === 'category' && !estimator.takesCategories)
    return refused(
      value,
      'is a category, which a network cannot read as it is',
      `write INDICATOR(${text}) or EMBEDDING(${text}, 8)`,
      scope,
    );
  if (found.makes === 'list' && estimator.family !== 'booster')
    return refused(value, 'is a list of ids', `write EMBEDDING(${text}, 8) or INDICATOR(${text})`, scope);
  return found.node;
}

/** A column may be written as a name or in quotes. */
function nameOf(value: Value): string | null {
  if (value.kind === 'string') return value.value;
  return value.kind === 'expression' && value.form === 'name' ? unquoteName(value.head) : null;
}

/** `table.column` is a column of the query, too. */
function readColumn(name: string, { span }: Value, { columns, excluded, report }: FeatureScope): string | null {
  const last = name.slice(name.lastIndexOf('.') + 1);
  const column = columns === null ? name : (columnNamed(name, columns) ?? columnNamed(last, columns));
  if (column === undefined) {
    report(unknownColumn({ text: name, span }, columns ?? []));
    return null;
  }
  if (columnNamed(column, excluded) === undefined) return column;
  const message = `COLUMN names '${column}', which is the label or a weight`;
  report(new MillraceError('TRAIN_FEATURE_IS_LABEL', message, { span, hint: 'remove it from COLUMN' }));
  return null;
}

interface ReadCall {
  readonly node: FeatureNode;
  readonly makes: FeatureFunction['makes'];
}

function readCall(value: Expression, scope: FeatureScope): ReadCall | null {
  const name = value.head.toUpperCase();
  const known = Object.hasOwn(featureFunctions, name) ? featureFunctions[name] : undefined;
  if (known === undefined) {
    const names = Object.keys(featureFunctions);
    const nearest = nearestName(name, names);
    const hint = nearest === undefined ? `use one of ${names.join(', ')}` : `did you mean ${nearest}?`;
    const message = `COLUMN has an unknown function '${value.head}'`;
    scope.report(new MillraceError('TRAIN_FEATURE_UNKNOWN', message, { span: value.span, hint }));
    return null;
  }
  const { form, least, takes, makes } = known;
  const given = value.operands;
  if (given.length < least || given.length > takes.length) {
    const count = given.length === 1 ? 'one argument' : `${given.length} arguments`;
    refused(value, `has ${count}`, `write ${form}`, scope);
    return null;
  }
  if (name === 'EMBEDDING' && scope.estimator?.embeds === false) {
    const inner = valueText(given[0]!);
    const why = `is learned by a network, which ${scope.estimator.name} is not`;
    refused(value, why, `write ${inner} or INDICATOR(${inner})`, scope);
    return null;
  }
  const read = given.map((argument, index) => readArgument(argument, takes[index]!, { call: value, form, scope }));
  if (read.includes(null)) return null;
  return { node: { function: name, arguments: read as readonly FeatureNode[] }, makes };
}

interface Within {
  readonly call: Expression;
  readonly form: string;
  readonly scope: FeatureScope;
}

const nested: Partial<Record<Argument, readonly FeatureFunction['makes'][]>> = {
  number: ['numbers'],
  ids: ['numbers', 'list'],
  category: ['numbers', 'list', 'category'],
};

function readArgument(value: Value, argument: Argument, within: Within): FeatureNode | null {
  const { call, form, scope } = within;
  const wrongHere = (why: string) => refused(call, why, `write ${form}`, scope);
  switch (argument) {
    case 'column':
    case 'number':
    case 'ids':
    case 'category':
      return readInner(value, argument, within);
    case 'crossed': {
      if (value.kind !== 'list' || value.items.length < 2 || value.items.length > mostCrossed)
        return wrongHere(`does not cross 2 to ${mostCrossed} columns`);
      const items = value.items.map((item) => readInner(item, 'category', within));
      return items.includes(null) ? null : (items as readonly FeatureNode[]);
    }
    case 'size':
      return wholeNumber(value, mostCategories) ?? wrongHere(`has ${valueText(value)} categories`);
    case 'dimension':
      return wholeNumber(value, mostDimensions) ?? wrongHere(`has ${valueText(value)} dimensions`);
    case 'shape':
      return readShape(value) ?? wrongHere(`has the shape ${valueText(value)}`);
    case 'boundaries':
      return readBoundaries(value) ?? wrongHere('has no list of ascending boundaries');
    case 'texts': {
      const texts =
        value.kind === 'list' ? value.items.map((item) => (item.kind === 'string' ? item.value : null)) : [];
      const isList = texts.length > 0 && !texts.includes(null) && new Set(texts).size === texts.length;
      return isList ? (texts as readonly string[]) : wrongHere('has no list of different texts');
    }
    case 'separator': {
      const word = nameOf(value) ?? '';
      const isKnown = ['', 'none'].includes(word.toLowerCase()) || separators.includes(word.toUpperCase());
      if (isKnown || [...word].length === 1) return word;
      const hint = `use one character, or one of ${separators.join(', ')}`;
      return refused(call, `has an unknown separator ${valueText(value)}`, hint, scope);
    }
    case 'combiner': {
      const word = nameOf(value)?.toLowerCase() ?? '';
      if (combiners.includes(word)) return word;
      return refused(call, `has an unknown combiner ${valueText(value)}`, `use one of ${combiners.join(', ')}`, scope);
    }
    case 'type':
      return nameOf(value) ?? wrongHere(`has ${valueText(value)} as a type`);
  }
}

function readInner(value: Value, argument: Argument, { call, form, scope }: Within): FeatureNode | null {
  const name = nameOf(value);
  if (name !== null) return readColumn(name, value, scope);
  const allowed = nested[argument] ?? [];
  if (value.kind !== 'expression' || value.form !== 'call' || allowed.length === 0)
    return refused(call, `has ${valueText(value)} where a column is expected`, `write ${form}`, scope);
  const found = readCall(value, scope);
  if (found === null || allowed.includes(found.makes)) return found?.node ?? null;
  return refused(call, `cannot have ${valueText(value)} within it`, `write ${form}`, scope);
}

function wholeNumber(value: Value, most: number): number | undefined {
  if (value.kind !== 'number' || !Number.isInteger(value.value)) return undefined;
  return value.value >= 1 && value.value <= most ? value.value : undefined;
}

/** A size, or a list of sizes; `none` is one. */
function readShape(value: Value): FeatureNode | undefined {
  if (nameOf(value)?.toLowerCase() === 'none') return 'none';
  if (value.kind !== 'list') return wholeNumber(value, mostCategories);
  const sizes = value.items.map((item) => wholeNumber(item, mostCategories));
  return sizes.length > 0 && sizes.every((size) => size !== undefined) ? sizes : undefined;
}

function readBoundaries(value: Value): readonly number[] | undefined {
  const numbers = value.kind === 'list' ? value.items.map((item) => (item.kind === 'number' ? item.value : NaN)) : [];
  // The model compares 32-bit numbers.
  const ascends = numbers.every((number, at) => at === 0 || Math.fround(numbers[at - 1]!) < Math.fround(number));
  return numbers.length > 0 && ascends && numbers.every((number) => Math.abs(number) < 1e38) ? numbers : undefined;
}

function refused(value: Value, why: string, hint: string, { report }: FeatureScope): null {
  report(wrong('TRAIN_FEATURE', value, why, hint));
  return null;
}

function wrong(code: 'TRAIN_FEATURE' | 'TRAIN_FEATURE_TWICE', value: Value, why: string, hint: string): MillraceError {
  return new MillraceError(code, `${valueText(value).slice(0, 200)} ${why}`, { span: value.span, hint });
}
