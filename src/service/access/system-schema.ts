import { MillraceError, type Span } from '../../errors.ts';
import { labelsNamedBy } from '../../plan/label-tables.ts';
import type { Facts } from '../../sql/facts/facts.ts';
import { foldName } from '../../sql/facts/word.ts';
import type { ExtendedStatement, ModelStatement, Program, SqlStatement } from '../../sql/statement.ts';
import { workSchemaOf } from '../../task.ts';

/** The schemas that only Millrace itself writes. */
export function systemSchemasOf(datasources: readonly { readonly schema: string }[]): readonly string[] {
  return [...new Set(datasources.flatMap(({ schema }) => [schema, workSchemaOf(schema, true)]))];
}

/**
 * Checks whether a program may reach the system schema: by its name, or by SQL that is composed at run time. What an
 * image of TO RUN does with its DSN cannot be checked here.
 */
export function checkSystemSchema({ statements }: Program, schema: string): MillraceError | null {
  const wanted = foldName(schema);
  for (const statement of statements) {
    if (statement.kind !== 'standard' && !('query' in statement)) continue;
    const read = statement.kind === 'standard' ? statement : statement.query;
    const named =
      findName(read, wanted) ??
      findValidation(statement, wanted) ??
      (statement.kind === 'standard' ? null : (findTarget(statement, wanted) ?? findLabels(statement, wanted)));
    if (named !== null) return refused(schema, named);
    const dynamic = statement.kind === 'standard' ? statement.facts.names.dynamic : null;
    if (dynamic !== null) return refusedDynamic(schema, dynamic);
  }
  return null;
}

/** The query of TO TRAIN for validation rows is in a string. */
function findValidation(statement: SqlStatement, schema: string): Span | null {
  if (statement.kind !== 'train' || statement.validation === null) return null;
  const { names } = statement.validation.facts;
  return findName(statement.validation, schema) ?? names.dynamic;
}

interface Read {
  readonly text: string;
  readonly span: Span;
  readonly facts: Facts;
}

/** Finds the schema's name in places that may name a schema, in any reading of the text. */
function findName({ text, span, facts: { names } }: Read, schema: string): Span | null {
  return names.places.get(schema) ?? (names.isUnsure && mayHold(text, schema) ? span : null);
}

/** A quote inside a name is doubled in the text. */
const mayHold = (text: string, schema: string) => /[`"]/.test(schema) || foldName(text).includes(schema);

function findTarget(statement: Exclude<ExtendedStatement, ModelStatement>, schema: string): Span | null {
  if (!('into' in statement) || statement.into === null) return null;
  const targets = 'length' in statement.into ? statement.into : [statement.into];
  const isSystem = (target: (typeof targets)[number]) =>
    'database' in target
      ? target.database !== null && foldName(target.database) === schema
      : foldName(target.text).startsWith(`${schema}.`);
  return targets.find(isSystem)?.span ?? null;
}

function findLabels(statement: ExtendedStatement, schema: string): Span | null {
  const labels = labelsNamedBy(statement);
  return labels !== null && foldName(labels.text).startsWith(`${schema}.`) ? labels.span : null;
}

function refused(schema: string, span: Span): MillraceError {
  return new MillraceError('SYSTEM_SCHEMA', `${schema} is the system schema, which only administrators may use`, {
    span,
    hint: 'use tables of another schema',
  });
}

function refusedDynamic(schema: string, span: Span): MillraceError {
  const message = `SQL that is composed at run time may use the system schema ${schema}, which only administrators may use`;
  return new MillraceError('SYSTEM_SCHEMA', message, { span, hint: 'write the statement directly' });
}
