/** `reader`: queries only. `user`: statements of one's own. `admin`: everybody's, and the system schema. */
export const roles = ['reader', 'user', 'admin'] as const;
export type Role = (typeof roles)[number];

/** Form of the name of a user or a datasource. */
export const namePattern = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,62}$/;
export const nameForm = 'a name of at most 63 letters, digits and . _ @ -';

/** Who asks. */
export interface User {
  readonly name: string;
  readonly role: Role;
  /** Those that the user may use; null: all. */
  readonly datasources: readonly string[] | null;
}

/** A user of the configuration. */
export interface KnownUser extends User {
  /** Its hash. */
  readonly token: string;
}

/** Where no users are configured, so on loopback only. */
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

/** Cancel it, or try it again. */
export function mayChange(user: User, submittedBy: string): boolean {
  return maySee(user, submittedBy);
}
