import type { FastifyRequest } from 'fastify';
import { MillraceError } from '../errors.ts';
import { findUser } from '../service/access/tokens.ts';
import { anonymous, type KnownUser } from '../service/access/users.ts';

/** Finds the user of a request. Without configured users, the server listens on loopback only and every request may do everything. */
export function authenticate(users: readonly KnownUser[]): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    const user = users.length === 0 ? anonymous : findUser(users, tokenOf(request.headers.authorization));
    if (user === null) throw refused('the server does not know the token');
    request.user = user;
  };
}

/** https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
function tokenOf(header: string | undefined): string {
  if (header === undefined) throw refused('the request has no token');
  const [, token] = /^Bearer +([\x21-\x7e]+)$/i.exec(header) ?? [];
  if (token === undefined) throw refused('the Authorization header is not of the form Bearer TOKEN');
  return token;
}

function refused(message: string): MillraceError {
  return new MillraceError('UNAUTHENTICATED', message, { hint: 'send the header Authorization: Bearer TOKEN' });
}
