import { Value } from 'typebox/value';
import { MillraceError } from '../errors.ts';
import { nearestName } from '../nearest-name.ts';

/** The keywords of JSON Schema that the routes use. */
export interface RequestSchema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, RequestSchema>>;
  readonly patternProperties?: Readonly<Record<string, RequestSchema>>;
  readonly anyOf?: readonly RequestSchema[];
  readonly enum?: readonly string[];
  readonly items?: RequestSchema;
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}

type SchemaError = ReturnType<typeof Value.Errors>[number];

/** Names of the parts of a request in messages. */
const places: Readonly<Record<string, string>> = {
  body: 'the body',
  querystring: 'the query of the URL',
  params: 'the path',
  headers: 'the header',
};

/** The error for a request that does not match its route's schema. */
export function mismatch(
  given: unknown,
  schema: RequestSchema,
  errors: readonly SchemaError[],
  httpPart: string | undefined,
): MillraceError {
  const place = places[httpPart ?? ''] ?? 'the request';
  if (httpPart === 'body' && (given === undefined || given === null)) {
    return invalid('the request has no body', `send ${expectation(schema)}`);
  }
  const error = errors.find(({ keyword }) => keyword === 'additionalProperties') ?? errors[0];
  if (error === undefined)
    return invalid(`${place} does not have the form that the route accepts`, 'see /docs for its form');
  const path = error.instancePath.split('/').slice(1).map(keyOf);
  if (error.keyword === 'additionalProperties') return unknownField(error, schemaAt(schema, path), place, path);
  if (error.keyword === 'required') {
    const { requiredProperties } = error.params as { requiredProperties: readonly string[] };
    const missing = requiredProperties.join(' and ');
    const known = schemaAt(schema, path).properties?.[requiredProperties[0]!];
    return invalid(`${place} lacks ${missing}`, `add ${missing}${known ? `: ${expectation(known)}` : ''}`);
  }
  const name = path[0] ?? null;
  const wanted = name === null ? schema : (schema.properties?.[name] ?? schema);
  const found = name === null ? given : Value.Pointer.Get(given, `/${error.instancePath.split('/')[1]}`);
  return invalid(`${name ?? place} is ${show(found)}`, `write ${expectation(wanted)}`);
}

function unknownField(
  error: SchemaError,
  schema: RequestSchema,
  place: string,
  path: readonly string[],
): MillraceError {
  const { additionalProperties } = error.params as { additionalProperties: readonly string[] };
  const field = additionalProperties[0] ?? '';
  const known = Object.keys(schema.properties ?? {});
  const where = path.length === 0 ? place : path.join('.');
  if (known.length === 0)
    return invalid(`${where} has the invalid name ${show(field)}`, `write ${expectation(schema)}`);
  const near = nearestName(field.slice(0, 100), known);
  const found = `${where} has the unknown field ${show(field)}; it may have ${known.join(', ')}`;
  return invalid(found, near === undefined ? 'remove it' : `write ${near}, or remove it`);
}

function schemaAt(schema: RequestSchema, path: readonly string[]): RequestSchema {
  return path.reduce<RequestSchema>((at, key) => at.properties?.[key] ?? at.items ?? at, schema);
}

const keyOf = (key: string) => key.replaceAll('~1', '/').replaceAll('~0', '~');

/** The values that a schema allows, in words. */
function expectation(schema: RequestSchema): string {
  const { type, anyOf, enum: allowed, pattern, format, minimum, maximum, description, properties } = schema;
  if (allowed !== undefined) return `one of ${allowed.join(', ')}`;
  if (format === 'date-time') return 'a time such as 2026-11-21T10:00:00Z';
  if (description !== undefined && (pattern !== undefined || type === 'object')) return description;
  if (anyOf !== undefined) {
    const simple = anyOf.find((each) => each.enum !== undefined || each.pattern !== undefined);
    return simple === undefined ? (description ?? 'a value as in /docs') : expectation(simple);
  }
  if (type === 'integer' || type === 'number') {
    const kind = type === 'integer' ? 'a whole number' : 'a number';
    if (minimum === undefined) return kind;
    return maximum === undefined ? `${kind}, at least ${minimum}` : `${kind} from ${minimum} to ${maximum}`;
  }
  if (type === 'boolean') return 'true or false';
  if (type === 'object') return `a JSON object with ${Object.keys(properties ?? {}).join(', ')}`;
  if (type === 'string') return stringOf(schema);
  return description ?? 'a value as in /docs';
}

function stringOf({ minLength, maxLength }: RequestSchema): string {
  if (maxLength !== undefined) return `a string of ${minLength ?? 0} to ${maxLength} characters`;
  return minLength === undefined ? 'a string' : 'a string that is not empty';
}

function show(found: unknown): string {
  if (found === undefined) return 'missing';
  if (Array.isArray(found)) return found.length === 0 ? 'an empty array' : `an array of length ${found.length}`;
  if (typeof found === 'object' && found !== null) return 'an object';
  const text = JSON.stringify(found);
  return text.length <= 100 ? text : `${text.slice(0, 99)}…`;
}

function invalid(message: string, hint: string): MillraceError {
  return new MillraceError('REQUEST_INVALID', message, { hint });
}
