import { MillraceError, type Span } from '../errors.ts';
import { position } from './format-error.ts';
import { defaultMode, type LexicalMode } from './lexical-mode.ts';
import { parseProgram } from './parse.ts';
import type { Attribute, PredictionTarget, Program, Reference, SqlStatement, TableName, Value } from './statement.ts';

/** A statement as `millrace parse --json` prints it; the span in UTF-16 units. */
export interface StatementView {
  readonly kind: SqlStatement['kind'];
  readonly span: Span;
  readonly parts: Readonly<Record<string, JsonValue>>;
}

/** An error as `millrace parse` prints it for machines: line and column from 1, the column in code points. */
export interface ErrorView {
  readonly code: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly hint: string | null;
  /** The other errors of the same program, if any. */
  readonly related?: readonly ErrorView[];
}

type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

export const viewProgram = ({ statements }: Program): readonly StatementView[] => statements.map(viewStatement);

const viewStatement = (statement: SqlStatement): StatementView => ({
  kind: statement.kind,
  span: statement.span,
  parts: partsOf(statement),
});

export function viewError(error: MillraceError, text: string): ErrorView {
  const { code, message, hint = null } = error;
  const related = error.related.map((each) => viewError(each, text));
  return {
    code,
    ...position(text, error.span?.start ?? 0),
    message,
    hint,
    ...(related.length > 0 && { related }),
  };
}

/** Answers one line of `parse --lines`, `{"id", "sql"}`, with one line: `{"id", "statements"}` or `{"id", "error"}`. */
export function answerLine(line: string, mode: LexicalMode = defaultMode): string {
  let id: unknown = null;
  let text = line;
  try {
    const request = readRequest(line);
    id = request.id ?? null;
    text = sqlOf(request);
    return JSON.stringify({ id, statements: viewProgram(parseProgram(text, mode)) });
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    return JSON.stringify({ id, error: viewError(error, text) });
  }
}

interface Request {
  readonly id?: unknown;
  readonly sql?: unknown;
}

function readRequest(line: string): Request {
  try {
    return Object(JSON.parse(line));
  } catch {
    throw invalidLine('this line is not valid JSON');
  }
}

function sqlOf({ sql }: Request): string {
  if (typeof sql !== 'string') throw invalidLine('this line is not an object with "id" and a string "sql"');
  return sql;
}

const invalidLine = (message: string) => new MillraceError('INVALID_LINE', message);

function partsOf(statement: SqlStatement): Readonly<Record<string, JsonValue>> {
  switch (statement.kind) {
    case 'standard':
      return { text: statement.text };
    case 'showTrain':
    case 'showTrials':
    case 'describeModel':
      return { model: statement.model.text };
    case 'createModel':
      return {
        model: statement.model.text,
        from: statement.from?.value ?? null,
        like: textOf(statement.like),
        attributes: attributesOf(statement.attributes),
      };
    case 'showModels':
      return { like: statement.like?.value ?? null };
    case 'dropModel':
      return { model: statement.model.text, ifExists: statement.ifExists };
    case 'setModel':
      return { model: statement.model.text, version: statement.version.value };
    case 'run':
      return {
        query: statement.query.text,
        image: statement.image.text,
        command: statement.command.map(({ value }) => value),
        attributes: attributesOf(statement.attributes),
        into: statement.into.map(tableOf),
      };
    case 'train':
      return {
        query: statement.query.text,
        estimator: statement.estimator.text,
        attributes: attributesOf(statement.attributes),
        columns: statement.columns.map(({ name, columns }) => ({ name: textOf(name), columns: columns.map(jsonOf) })),
        label: textOf(statement.label),
        using: textOf(statement.using),
        into: statement.into.text,
      };
    case 'predict':
      return {
        query: statement.query.text,
        into: targetOf(statement.into),
        attributes: attributesOf(statement.attributes),
        using: statement.using.text,
      };
    case 'explain':
      return {
        query: statement.query.text,
        model: statement.model.text,
        attributes: attributesOf(statement.attributes),
        explainer: textOf(statement.explainer),
        into: statement.into && tableOf(statement.into),
      };
    case 'evaluate':
      return {
        query: statement.query.text,
        model: statement.model.text,
        attributes: attributesOf(statement.attributes),
        label: statement.label.text,
        into: tableOf(statement.into),
      };
    case 'find':
      return {
        query: statement.query.text,
        predicate: jsonOf(statement.predicate),
        attributes: attributesOf(statement.attributes),
        models: statement.models.map(({ text }) => text),
        into: tableOf(statement.into),
      };
    case 'optimize':
      return {
        query: statement.query.text,
        direction: statement.direction,
        objective: jsonOf(statement.objective),
        constraints: statement.constraints.map(({ expression, groupBy }) => ({
          expression: jsonOf(expression),
          groupBy: textOf(groupBy),
        })),
        attributes: attributesOf(statement.attributes),
        solver: textOf(statement.solver),
        into: tableOf(statement.into),
      };
  }
}

const textOf = (reference: Reference | null) => reference?.text ?? null;
const tableOf = ({ database, table }: TableName) => ({ database, table });
const targetOf = ({ database, table, column }: PredictionTarget) => ({ database, table, column });
const attributesOf = (attributes: readonly Attribute[]) =>
  Object.fromEntries(attributes.map(({ name, value }) => [name, jsonOf(value)]));

/** A literal as its JSON value; any other value as `{"expression": text}`. */
function jsonOf(value: Value): JsonValue {
  switch (value.kind) {
    case 'string':
    case 'boolean':
      return value.value;
    case 'null':
      return null;
    case 'list':
      return value.items.map(jsonOf);
    case 'number':
      return Number.isFinite(value.value) ? value.value : { expression: value.text };
    case 'expression':
      return { expression: value.text };
  }
}
