import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { KnownUser, User } from './users.ts';

const tokenBytes = 32;

export function newToken(): string {
  return `mlr_${randomBytes(tokenBytes).toString('base64url')}`;
}

/**
 * `sha256:` and 64 hexadecimal digits. One round is enough: slow hashes protect secrets that can be guessed, but 256 random bits
 * cannot. https://pages.nist.gov/800-63-3/sp800-63b.html, 5.1.2.2: from 112 bits on, an approved one-way function is enough.
 */
export function hashToken(token: string): string {
  return `sha256:${createHash('sha256').update(token).digest('hex')}`;
}

/** Compares every user, so that the time taken does not reveal which one matches. */
export function findUser(users: readonly KnownUser[], token: string): User | null {
  const presented = Buffer.from(hashToken(token));
  let found: User | null = null;
  for (const { token: hash, ...user } of users) {
    if (timingSafeEqual(Buffer.from(hash), presented)) found = user;
  }
  return found;
}
