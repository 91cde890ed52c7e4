import type { FastifyRequest } from 'fastify';
import { MillraceError } from '../errors.ts';

/** @returns the parameters of the type, in lower case @throws {MillraceError} MEDIA_TYPE_UNSUPPORTED if the body is of another type than the route accepts */
export function checkMediaType({ headers }: Pick<FastifyRequest, 'headers'>, accepted: string): readonly string[] {
  const written = headers['content-type'] ?? '';
  const [type = '', ...parameters] = written.split(';').map((part) => part.trim().toLowerCase());
  if (type === accepted) return parameters;
  const found = written === '' ? 'the request has no Content-Type' : `the Content-Type is ${quote(written)}`;
  throw unsupported(`${found}; the server accepts ${accepted}`, `send the header Content-Type: ${accepted}`);
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-15.5.16 */
export function unsupported(message: string, hint: string): MillraceError {
  return new MillraceError('MEDIA_TYPE_UNSUPPORTED', message, { hint });
}

export const quote = (text: string) => JSON.stringify(text.slice(0, 100));
