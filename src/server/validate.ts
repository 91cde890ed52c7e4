import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

interface AnySchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, AnySchema>>;
}

/** Takes bodies as they are. In queries, where everything is text, numbers and booleans are those written as such. */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const compiled = Compile(schema);
  return (given: unknown) => {
    const value = httpPart === 'querystring' ? readQuery(given as object, schema as AnySchema) : given;
    return compiled.Check(value) ? { value } : { error: compiled.Errors(value) };
  };
};

function readQuery(query: object, { properties = {} }: AnySchema): Record<string, unknown> {
  return Object.fromEntries(Object.entries(query).map(([name, value]) => [name, readWord(value, properties[name])]));
}

function readWord(word: unknown, schema: AnySchema | undefined): unknown {
  if (typeof word !== 'string') return word;
  if (schema?.type === 'integer' && /^-?\d{1,15}$/.test(word)) return Number(word);
  if (schema?.type === 'boolean' && /^(true|false)$/.test(word)) return word === 'true';
  return word;
}
