import { MillraceError } from '../errors.ts';

/** A place in a list, as opaque text that clients send back. */
export function writeCursor(place: object): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** @throws {MillraceError} REQUEST_INVALID */
export function readCursor(cursor: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch (cause) {
    throw new MillraceError('REQUEST_INVALID', 'the cursor was not issued by the server', { cause });
  }
}
