import fc from 'fast-check';
import { acceptorOf, type Parameter, type Route, type Schema } from './openapi-document.ts';

export interface GeneratedRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** undefined: none. */
  readonly body: string | undefined;
}

interface Parts {
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | readonly string[]>>;
  readonly header: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Values that mean something to the server, by the name that they have. */
export type Known = Readonly<Record<string, readonly unknown[]>>;

/** A request that the document allows. */
export function validRequest(route: Route, known: Known): fc.Arbitrary<GeneratedRequest> {
  return validParts(route, known).map((parts) => written(route, parts));
}

/** A request that the document forbids for one reason; null: it allows them all. */
export function brokenRequest(route: Route, known: Known): fc.Arbitrary<GeneratedRequest> | null {
  const breaks = [...route.parameters.flatMap(brokenParameter), ...brokenBody(route.body)];
  if (breaks.length === 0) return null;
  return fc
    .tuple(validParts(route, known), fc.oneof(...breaks))
    .map(([parts, spoil]) => written(route, { ...parts, ...spoil(parts) }));
}

function validParts({ parameters, body }: Route, known: Known): fc.Arbitrary<Parts> {
  const of = (where: Parameter['in']) => {
    const here = parameters.filter((parameter) => parameter.in === where);
    const texts = here.map((parameter) => [parameter.name, parameterText(parameter, known)]);
    const requiredKeys = here.filter(({ required }) => required).map(({ name }) => name);
    return fc.record(Object.fromEntries(texts), { requiredKeys }) as fc.Arbitrary<Record<string, string>>;
  };
  return fc.record({
    path: of('path'),
    query: of('query'),
    header: of('header'),
    body: body === null ? fc.constant(undefined) : arbitraryOf(body, known, ''),
  });
}

function parameterText({ name, in: where, schema }: Parameter, known: Known): fc.Arbitrary<string | string[]> {
  if (where === 'header') return fc.stringMatching(new RegExp(schema.pattern ?? '^[!-~]{1,255}$'));
  const asText = (value: unknown) => (Array.isArray(value) ? value.map(String) : String(value));
  return arbitraryOf(schema, known, name).map(asText);
}

function arbitraryOf(schema: Schema, known: Known, name: string): fc.Arbitrary<unknown> {
  const own = known[name];
  if (own !== undefined)
    return fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...own) }, arbitraryOf(schema, known, ''));
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map((each) => arbitraryOf(each, known, name)));
  switch (schema.type) {
    case 'string':
      return unknownText(schema);
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -1e6, max: schema.maximum ?? 1e6 });
    case 'number':
      return fc.double({ min: schema.minimum ?? -1e6, max: schema.maximum ?? 1e6, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(arbitraryOf(schema.items ?? {}, known, name), { maxLength: 3 });
    case 'object':
      return arbitraryObject(schema, known);
    default:
      return fc.jsonValue();
  }
}

function unknownText({ pattern, format, minLength = 0, maxLength = 40 }: Schema): fc.Arbitrary<string> {
  if (format === 'date-time') {
    return fc
      .date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true })
      .map((at) => at.toISOString());
  }
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  return fc.string({ unit: 'binary', minLength, maxLength: Math.min(maxLength, 40) });
}

function arbitraryObject(schema: Schema, known: Known): fc.Arbitrary<unknown> {
  const { properties, required = [], patternProperties = {}, additionalProperties, maxProperties = 3 } = schema;
  if (properties !== undefined) {
    const values = Object.entries(properties).map(([name, each]) => [name, arbitraryOf(each, known, name)] as const);
    return fc.record<Record<string, unknown>, string>(Object.fromEntries(values), { requiredKeys: [...required] });
  }
  const [pattern = '^[a-z]+$', each = typeof additionalProperties === 'object' ? additionalProperties : {}] =
    Object.entries(patternProperties)[0] ?? [];
  const keys = fc.stringMatching(new RegExp(pattern));
  return fc.dictionary(keys, arbitraryOf(each, known, ''), { maxKeys: Math.min(maxProperties, 3) });
}

type Break = fc.Arbitrary<(parts: Parts) => Partial<Parts>>;

function brokenParameter({ name, in: where, schema }: Parameter): Break[] {
  const accepts = acceptorOf(schema);
  const refused = (text: string) => !accepts(asRead(text, schema));
  const texts = ['x', '-1', '1e3', 'true', '10001', ' ', 'TRUE', '0'.repeat(300)].filter(refused);
  if (texts.length === 0) return [];
  return [fc.constantFrom(...texts).map((text) => (parts: Parts) => ({ [where]: { ...parts[where], [name]: text } }))];
}

/** Everything in a query is text: what it is meant to be, its schema says. */
function asRead(text: string, { type }: Schema): unknown {
  if (type === 'integer' && /^-?\d+$/.test(text)) return Number(text);
  if (type === 'boolean' && /^(true|false)$/.test(text)) return text === 'true';
  return text;
}

function brokenBody(schema: Schema | null): Break[] {
  if (schema === null) return [];
  const { properties = {}, required = [] } = schema;
  const spoilt = (change: (body: Record<string, unknown>) => unknown) => (parts: Parts) => ({
    body: change({ ...(parts.body as object) }),
  });
  const wrong = Object.entries(properties).map(([name, each]) => {
    const accepts = acceptorOf(each);
    const refused = fc.jsonValue({ maxDepth: 1 }).filter((value) => !accepts(value));
    return refused.map((value) => spoilt((body) => ({ ...body, [name]: value })));
  });
  const missing = required.map((gone) =>
    fc.constant(spoilt((body) => Object.fromEntries(Object.entries(body).filter(([name]) => name !== gone)))),
  );
  const other = fc.constantFrom(null, [], 'SELECT 1', 7, undefined, '').map((body) => () => ({ body }));
  const surplus = fc.constant(spoilt((body) => ({ ...body, surplus: 1 })));
  return [...wrong, ...missing, surplus, other];
}

function written({ path, method }: Route, parts: Parts): GeneratedRequest {
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(parts.path[name]!));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parts.query)) for (const each of [value].flat()) query.append(name, each);
  const hasBody = method === 'POST' || method === 'PATCH';
  const body = hasBody && parts.body !== undefined ? JSON.stringify(parts.body) : undefined;
  return { path: query.size === 0 ? filled : `${filled}?${query}`, headers: parts.header, body };
}
