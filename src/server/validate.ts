import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { mismatch, type RequestSchema } from './mismatch.ts';

/** Validates bodies as they are. Query parameters are text: numbers and booleans are converted first. */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const compiled = Compile(schema);
  const words = schema as RequestSchema;
  return (given: unknown) => {
    const value = httpPart === 'querystring' ? readQuery(given as object, words) : given;
    return compiled.Check(value) ? { value } : { error: mismatch(value, words, compiled.Errors(value), httpPart) };
  };
};

function readQuery(query: object, { properties = {} }: RequestSchema): Record<string, unknown> {
  return Object.fromEntries(Object.entries(query).map(([name, value]) => [name, readWord(value, properties[name])]));
}

function readWord(word: unknown, schema: RequestSchema | undefined): unknown {
  if (typeof word !== 'string') return word;
  if (schema?.type === 'integer' && /^-?\d{1,15}$/.test(word)) return Number(word);
  if (schema?.type === 'number' && /^-?\d{1,15}(?:\.\d{1,30})?(?:e[-+]?\d{1,3})?$/i.test(word)) return Number(word);
  if (schema?.type === 'boolean' && /^(true|false)$/.test(word)) return word === 'true';
  return word;
}
