import type { ModelActor } from '../../model-task.ts';

/** `reader`: queries only. `user`: all statements, but only sees its own. `admin`: sees those of all users, and may use the system schema. */
export const roles = ['reader', 'user', 'admin'] as const;
export type Role = (typeof roles)[number];

/** Form of the names of users and datasources. */
export const namePattern = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,62}$/;
export const nameForm = 'a name of at most 63 letters, digits and . _ @ -';

/** The user who makes a request. */
export interface User {
  readonly name: string;
  readonly role: Role;
  /** Datasources that the user may use; null for all. */
  readonly datasources: readonly string[] | null;
}

/** A user of the configuration. */
export interface KnownUser extends User {
  /** Hash of the token. */
  readonly token: string;
}

/** The user if none are configured, and so the server listens on loopback only. */
export const anonymous: User = { name: 'anonymous', role: 'admin', datasources: null };

export function mayUse({ datasources }: User, datasource: string): boolean {
  return datasources === null || datasources.includes(datasource);
}

export function maySeeAll({ role }: User): boolean {
  return role === 'admin';
}

/** @param submittedBy the name of the statement's user */
export function maySee(user: User, submittedBy: string): boolean {
  return maySeeAll(user) || user.name === submittedBy;
}

/** Whether the user may cancel or retry it. */
export function mayChange(user: User, submittedBy: string): boolean {
  return maySee(user, submittedBy);
}

/** Who the user is to the registry of models. */
export function actorOf({ name, role }: User): ModelActor {
  return { user: name, isAdmin: role === 'admin' };
}
