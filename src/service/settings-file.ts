import { readFile } from 'node:fs/promises';
import { loadAll, YAMLException } from 'js-yaml';
import type { Static, TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { MillraceError } from '../errors.ts';
import { nearestName } from '../nearest-name.ts';
import { nameForm } from './access/users.ts';

/** The one document of a YAML file; undefined if it is empty. @throws {MillraceError} SERVER_CONFIG_INVALID */
export async function readYaml(path: string): Promise<unknown> {
  const written = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw invalid(`the file ${path} cannot be read (${error.code})`, 'correct its path or its permissions');
  });
  const documents = parseYaml(path, written);
  if (documents.length > 1) throw invalid(`${path} holds ${documents.length} YAML documents`, 'keep one of them');
  return documents[0];
}

function parseYaml(path: string, written: string): readonly unknown[] {
  try {
    return loadAll(written);
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    throw invalid(`${path}${lineOf(error)} is not valid YAML: ${reasonOf(error)}`, 'correct the file');
  }
}

const lineOf = ({ mark }: YAMLException) => (mark ? `, line ${mark.line + 1}, column ${mark.column + 1},` : '');

/** The reason without what it quotes from the file, which may be secret. */
const reasonOf = ({ reason }: YAMLException) => reason.split(/ ?["<(]|: /)[0];

/** @throws {MillraceError} SERVER_CONFIG_INVALID, with the place of the first mistake in the file */
export function check<T extends TSchema>(file: string, schema: T, value: unknown): Static<T> {
  if (Value.Check(schema, value)) return value as Static<T>;
  const errors = Value.Errors(schema, value);
  const error = errors.find(({ keyword }) => keyword === 'additionalProperties') ?? errors[0];
  throw describeError(`${file}: `, schema, value, error!);
}

type SchemaError = ReturnType<typeof Value.Errors>[number];

/** Quotes no secrets: of a value of the wrong type, only the type. */
function describeError(file: string, schema: TSchema, value: unknown, error: SchemaError): MillraceError {
  const allowed = schemaAt(schema, error.schemaPath);
  const place = placeOf(error.instancePath);
  const keys = Object.keys(allowed.properties ?? {});
  if (error.keyword === 'additionalProperties') {
    const [key = ''] = error.params.additionalProperties;
    const found = `${file}${place ? `${place} has` : 'there is'} an unknown key ${quoteKey(key)}`;
    const near = nearestName(key, keys);
    if (keys.length === 0) return invalid(found, `write ${allowed.description ?? nameForm}`);
    return invalid(found, near === undefined ? `remove it; the keys here are ${keys.join(', ')}` : `write ${near}`);
  }
  if (error.keyword === 'required') {
    const missing = error.params.requiredProperties.join(' and ');
    return invalid(`${file}${place || 'the file'} lacks ${missing}`, `add ${missing}`);
  }
  const found = Value.Pointer.Get(value, error.instancePath);
  return invalid(`${file}${place || 'the file'} is ${show(found, allowed)}`, `write ${describeAllowed(allowed)}`);
}

interface AnySchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly description?: string;
  readonly writeOnly?: boolean;
}

const schemaAt = (schema: TSchema, path: string): AnySchema =>
  Value.Pointer.Get(schema, path.replace(/^#/, '')) as AnySchema;

/** `/users/0/role` is `users[0].role` */
function placeOf(pointer: string): string {
  const [, ...keys] = pointer.split('/').map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  return keys.map((key, index) => (/^\d+$/.test(key) ? `[${key}]` : `${index > 0 ? '.' : ''}${key}`)).join('');
}

function show(found: unknown, { type, enum: words, writeOnly = false }: AnySchema): string {
  if (found === null || found === undefined) return 'empty';
  if (Array.isArray(found)) return found.length === 0 ? 'an empty list' : 'a list';
  if (typeof found === 'object') return 'a mapping';
  if (typeof found !== 'string') return String(found);
  const shown = !writeOnly && found.length <= 200 && (type === 'string' || words !== undefined);
  return shown ? JSON.stringify(found) : 'an invalid string';
}

function describeAllowed({ type, enum: words, minimum, maximum, description }: AnySchema): string {
  if (words) return words.join(', ').replace(/, (?=\w+$)/, ' or ');
  if (description) return description;
  return type === 'integer' ? `a whole number from ${minimum} to ${maximum}` : 'a mapping';
}

/** A key of an unusual form may be a misplaced secret. */
const quoteKey = (key: string) => (/^[\w.-]{1,40}$/.test(key) ? `"${key}"` : '(not shown: it may be a secret)');

export function invalid(message: string, hint: string): MillraceError {
  return new MillraceError('SERVER_CONFIG_INVALID', message, { hint });
}
