import type { Logger } from 'pino';
import type { Accounts } from '../../datasource/accounts.ts';
import type { KnownUser, User } from '../../service/access/users.ts';
import type { DatasourceHandle } from '../../service/served-datasource.ts';
import type { SubmissionRules } from '../../service/submit.ts';
import type { KnownServers } from '../datasource/server-facts.ts';
import type { Keys } from '../login/keys.ts';
import type { LoginLimit } from '../login/login-limit.ts';
import type { Judge } from '../statements/judge.ts';
import type { OpenConnections } from './open-connections.ts';

/** What all connections of the front door share. */
export interface DoorContext {
  readonly datasources: readonly DatasourceHandle[];
  /** The accounts of each datasource, by its name. */
  readonly accounts: ReadonlyMap<string, Accounts>;
  /** Empty: everyone may do everything. */
  readonly users: readonly KnownUser[];
  readonly rules: SubmissionRules;
  readonly judge: Judge;
  /** Seconds to log in, and to send the rest of a command. */
  readonly requestSeconds: number;
  readonly servers: KnownServers;
  readonly keys: Keys;
  readonly logins: LoginLimit;
  readonly connections: OpenConnections;
  readonly counts: DoorCounts;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
}

/** Where a statement of this front door ends up; `refused`: an error of Millrace. */
export type StatementKind = 'passed' | 'extended' | 'own' | 'refused';

/** Figures of the front door. */
export interface DoorCounts {
  statement(kind: StatementKind): void;
  login(outcome: 'accepted' | 'refused'): void;
  /** A logged-in connection opens or ends. */
  connected(change: 1 | -1): void;
}

/** Who is logged in. */
export interface Identity {
  readonly user: User;
  /** Name of the datasource that the client asks for; undefined: the user's first. */
  readonly datasource: string | undefined;
}
