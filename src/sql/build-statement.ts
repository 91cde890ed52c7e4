import { MillraceError, type Span } from '../errors.ts';
import { maxNesting } from './bounds.ts';
import type { AttributeNode, Clauses, ColumnsNode, ConstraintNode, ModelClauses } from './clauses.ts';
import { type Items, spanOf, string, toArray } from './expression-nodes.ts';
import { factsWithin } from './facts/facts.ts';
import { parseImageReference } from './image-reference.ts';
import type { LexicalMode } from './lexical-mode.ts';
import { modelNameError } from './model-name.ts';
import { nameParts, unquoteName, unquoteString } from './quoting.ts';
import { quoteToken } from './split-errors.ts';
import type { Token } from './standard-lexer.ts';
import type {
  Attribute,
  ColumnClause,
  Constraint,
  ExtendedStatement,
  ModelStatement,
  PredictionTarget,
  Query,
  Reference,
  TableName,
  Value,
} from './statement.ts';

/** Builds the frozen statement from its clauses. Throws a MillraceError for the first invalid name, attribute or value. */
export function buildStatement(
  clauses: Clauses,
  span: Span,
  query: Query | null,
  mode: LexicalMode,
): ExtendedStatement {
  if (query === null) return Object.freeze(buildModelStatement(clauses as ModelClauses, span));
  return Object.freeze(buildExtended(clauses as Exclude<Clauses, ModelClauses>, span, query, mode));
}

function buildExtended(
  clauses: Exclude<Clauses, ModelClauses>,
  span: Span,
  query: Query,
  mode: LexicalMode,
): Exclude<ExtendedStatement, ModelStatement> {
  const attributes = buildAttributes(clauses.attributes);
  switch (clauses.kind) {
    case 'run': {
      const image = parseImageReference(unquote(clauses.image), spanOf(clauses.image));
      const command = Object.freeze(toArray(clauses.command).map(string));
      const into = Object.freeze(toArray(clauses.into).map(tableName));
      return { kind: 'run', span, query, image, command, attributes, into };
    }
    case 'train': {
      const columns = Object.freeze(toArray(clauses.columns).map(columnClause));
      const { estimator, label, using, into } = clauses;
      return {
        kind: 'train',
        span,
        query,
        estimator: reference(estimator),
        attributes,
        validation: validationQuery(attributes, mode),
        columns,
        label: optional(label),
        using: optional(using),
        into: reference(into),
      };
    }
    case 'predict':
      return {
        kind: 'predict',
        span,
        query,
        into: predictionTarget(clauses.into),
        attributes,
        using: reference(clauses.using),
      };
    case 'explain': {
      const { model, explainer, into } = clauses;
      return {
        kind: 'explain',
        span,
        query,
        model: reference(model),
        attributes,
        explainer: optional(explainer),
        into: into && tableName(into),
      };
    }
    case 'evaluate': {
      const { model, label, into } = clauses;
      return {
        kind: 'evaluate',
        span,
        query,
        model: reference(model),
        attributes,
        label: reference(label),
        into: tableName(into),
      };
    }
    case 'find': {
      const { predicate, models, into } = clauses;
      return {
        kind: 'find',
        span,
        query,
        predicate: boundDepth(predicate),
        attributes,
        models: Object.freeze(toArray(models).map(reference)),
        into: tableName(into),
      };
    }
    case 'optimize': {
      const { direction, objective, constraints, solver, into } = clauses;
      return {
        kind: 'optimize',
        span,
        query,
        direction: direction.text.toUpperCase() === 'MAXIMIZE' ? 'maximize' : 'minimize',
        objective: boundDepth(objective),
        constraints: Object.freeze(toArray(constraints).map(constraint)),
        attributes,
        solver: optional(solver),
        into: tableName(into),
      };
    }
  }
}

function buildModelStatement(clauses: ModelClauses, span: Span): ModelStatement {
  switch (clauses.kind) {
    case 'showTrain':
    case 'showTrials':
    case 'describeModel':
      return { kind: clauses.kind, span, model: reference(clauses.model) };
    case 'createModel': {
      const { model, from, like } = clauses;
      const attributes = buildAttributes(clauses.attributes);
      const source = { from: from && string(from), like: like && reference(like) };
      return { kind: 'createModel', span, model: newModel(model), ...source, attributes };
    }
    case 'showModels':
      return { kind: 'showModels', span, like: clauses.like && string(clauses.like) };
    case 'dropModel':
      return { kind: 'dropModel', span, model: reference(clauses.model), ifExists: clauses.ifExists };
    case 'setModel': {
      const { model, version } = clauses;
      return { kind: 'setModel', span, model: reference(model), version: versionOf(version) };
    }
  }
}

function newModel(token: Token): Reference {
  const name = reference(token);
  const wrong = modelNameError(name);
  if (wrong !== null) throw wrong;
  return name;
}

function versionOf(token: Token) {
  const value = Number(token.text);
  const span = spanOf(token);
  if (Number.isInteger(value) && value >= 1 && value < 2 ** 32) return Object.freeze({ value, span });
  throw new MillraceError('SYNTAX', `${quoteToken(token.text)} is not the number of a version`, {
    span,
    hint: 'give a whole number from 1',
  });
}

function buildAttributes(items: Items<AttributeNode> | null): readonly Attribute[] {
  const names = new Set<string>();
  return Object.freeze(
    toArray(items).map(({ name, value }) => {
      const text = unquoteName(name.text);
      if (names.has(text)) throw duplicateAttribute(name, text);
      names.add(text);
      return Object.freeze({ name: text, nameSpan: spanOf(name), value: boundDepth(value), span: spanOf(name, value) });
    }),
  );
}

function validationQuery(attributes: readonly Attribute[], mode: LexicalMode): Query | null {
  const value = attributes.find(({ name }) => name === 'validation.select')?.value;
  if (value?.kind !== 'string') return null;
  const { value: text, span } = value;
  return Object.freeze({ text, span, facts: factsWithin(text, span, mode) });
}

const duplicateAttribute = (name: Token, text: string) =>
  new MillraceError('DUPLICATE_ATTRIBUTE', `the attribute ${text} is given twice`, {
    span: spanOf(name),
    hint: 'remove one of the two',
  });

const unquote = (token: Token) => (token.type === 'string' ? unquoteString(token.text) : unquoteName(token.text));

const reference = (token: Token): Reference => Object.freeze({ text: unquote(token), span: spanOf(token) });

const optional = (token: Token | null) => token && reference(token);

function columnClause({ keyword, items, name }: ColumnsNode): ColumnClause {
  const columns = toArray(items);
  columns.forEach(boundDepth);
  const last = name ?? (columns.at(-1) as Value);
  return Object.freeze({ name: optional(name), columns, span: spanOf(keyword, last) });
}

const constraint = ({ expression, groupBy }: ConstraintNode): Constraint =>
  Object.freeze({
    expression: boundDepth(expression),
    groupBy: optional(groupBy),
    span: spanOf(expression, groupBy ?? expression),
  });

function tableName(token: Token): TableName {
  const [first = '', second, ...rest] = partsOf(token);
  if (rest.length > 0) throw invalidName(token, 'write table or database.table');
  const [database, table] = second === undefined ? [null, first] : [first, second];
  return Object.freeze({ database, table, span: spanOf(token) });
}

function predictionTarget(token: Token): PredictionTarget {
  const [first = '', second, third, ...rest] = partsOf(token);
  if (rest.length > 0) throw invalidName(token, 'write table, table.column or database.table.column');
  const [database, table, column] = third === undefined ? [null, first, second ?? null] : [first, second ?? '', third];
  return Object.freeze({ database, table, column, span: spanOf(token) });
}

function partsOf(token: Token): readonly string[] {
  if (/^[^`]*:/.test(token.text)) throw invalidName(token, 'put a name with a colon into backquotes');
  return nameParts(token.text);
}

const invalidName = (token: Token, hint: string) =>
  new MillraceError('INVALID_NAME', `'${token.text.slice(0, 100)}' is not the name of a table`, {
    span: spanOf(token),
    hint,
  });

/** Bounds the depth of a value, so that its readers can use recursion. */
function boundDepth(value: Value): Value {
  const rest = [{ value, depth: 1 }];
  for (let next = rest.pop(); next; next = rest.pop()) {
    const { value, depth } = next;
    if (depth > maxNesting) throw tooDeep(value.span);
    const parts = value.kind === 'list' ? value.items : value.kind === 'expression' ? value.operands : [];
    for (const part of parts) rest.push({ value: part, depth: depth + 1 });
  }
  return value;
}

const tooDeep = (span: Span) =>
  new MillraceError('NESTING_TOO_DEEP', `operators are nested deeper than ${maxNesting} levels`, {
    span,
    hint: 'shorten the expression',
  });
