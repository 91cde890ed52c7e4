import type { Role } from './users.ts';

/** Buckets, or folders of buckets, that each role may read, among those of MILLRACE_BUCKETS. A role without an entry may read all. */
export type AllowedBuckets = Readonly<Partial<Record<Role, readonly string[]>>>;
