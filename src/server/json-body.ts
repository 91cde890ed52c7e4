import { isUtf8 } from 'node:buffer';
import type { FastifyRequest } from 'fastify';
import { MillraceError } from '../errors.ts';
import { position } from '../sql/format-error.ts';
import type { App } from './context.ts';
import { keepDigits } from './exact-numbers.ts';
import { findJsonError } from './json-error.ts';
import { checkMediaType, quote, unsupported } from './media-type.ts';

const json = 'application/json';

/** Accepts bodies of JSON in UTF-8. An empty body is ignored, whatever its Content-Type. */
export function takeJsonBodies(app: App): void {
  const parse = app.getDefaultJsonParser('error', 'ignore');
  app.removeAllContentTypeParsers();
  app.addHook('onRequest', async ({ headers }) => refuseEncoding(headers['content-encoding']));
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (body.length === 0) return done(null, undefined);
    try {
      checkType(request);
      const text = decode(body);
      parse(request, text, (error, value) => {
        if (error === null) keepDigits(text, value);
        done(error === null ? null : invalidJson(text, error), value);
      });
    } catch (error) {
      done(error as MillraceError);
    }
  });
}

function refuseEncoding(encoding: string | undefined): void {
  if (encoding === undefined || encoding.trim() === '' || encoding.trim().toLowerCase() === 'identity') return;
  throw unsupported(
    `the body is encoded as ${quote(encoding)}; the server accepts uncompressed bodies only`,
    'send the body uncompressed, without the header Content-Encoding',
  );
}

function checkType(request: FastifyRequest): void {
  const parameters = checkMediaType(request, json);
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length) ?? 'utf-8';
  if (['utf-8', 'utf8'].includes(charset.replaceAll('"', ''))) return;
  const hint = `encode the body in UTF-8 and send the header Content-Type: ${json}`;
  throw unsupported(`the charset is ${quote(charset)}; JSON is UTF-8`, hint);
}

function decode(body: Buffer): string {
  if (isUtf8(body)) return body.toString('utf8');
  const byte = firstInvalidByte(body);
  const found = `byte ${byte} of the body (0x${body[byte]?.toString(16).padStart(2, '0')}) is not valid UTF-8`;
  throw new MillraceError('REQUEST_INVALID', found, { hint: 'encode the body in UTF-8' });
}

/** Offset at which the first invalid character starts, by binary search. A prefix may end within a character. */
function firstInvalidByte(body: Buffer): number {
  let [valid, invalid] = [0, body.length];
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    if (wholeCharacters(body.subarray(0, middle)) === null) invalid = middle;
    else valid = middle;
  }
  return wholeCharacters(body.subarray(0, valid)) ?? 0;
}

/** Number of bytes in complete characters; null: some are invalid. */
function wholeCharacters(beginning: Buffer): number | null {
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return Buffer.byteLength(decoder.decode(beginning, { stream: true }));
  } catch {
    return null;
  }
}

function invalidJson(text: string, cause: Error): MillraceError {
  const error = findJsonError(text);
  if (error === null)
    return new MillraceError(
      'REQUEST_INVALID',
      'the body has a key that the server does not accept, such as __proto__',
      { cause },
    );
  const { line, column } = position(text, error.offset);
  const message = `the body is not valid JSON: line ${line}, column ${column}: ${error.reason}`;
  return new MillraceError('REQUEST_INVALID', message, { hint: 'correct the body', cause });
}
