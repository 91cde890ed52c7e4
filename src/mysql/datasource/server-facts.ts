import type { Accounts } from '../../datasource/accounts.ts';
import { parseDsn } from '../../datasource/dsn.ts';
import { capability, ofLogin, relayed } from '../protocol/capabilities.ts';
import type { ServerFacts } from '../protocol/login-packets.ts';
import { connectDatabase } from './connect.ts';

/** What clients are told of the databases before they say which one they want. */
export interface KnownServers {
  /** The version of the first datasource, and the capabilities of all. @throws {MillraceError} DATABASE_… */
  greeting(): Promise<ServerFacts>;
  /** A connection shows what its server is now. */
  note(datasource: string, facts: ServerFacts): void;
}

const utf8mb4 = 45;

export function openKnownServers(accounts: ReadonlyMap<string, Accounts>): KnownServers {
  const known = new Map<string, Promise<ServerFacts>>();

  function factsOf(datasource: string, { dsn }: Accounts): Promise<ServerFacts> {
    const before = known.get(datasource);
    if (before !== undefined) return before;
    const asked = ask(dsn);
    known.set(datasource, asked);
    asked.catch(() => known.delete(datasource));
    return asked;
  }

  return {
    async greeting() {
      const all = await Promise.all([...accounts].map(([datasource, each]) => factsOf(datasource, each)));
      const [first] = all as [ServerFacts];
      const shared = all.reduce((flags, { capabilities }) => flags & capabilities, relayed);
      return { ...first, capabilities: (shared | ofLogin | capability.longPassword) >>> 0 };
    },
    note: (datasource, facts) => void known.set(datasource, Promise.resolve(facts)),
  };
}

/** Logs in, because a server blocks the address of a client that connects too often without it (max_connect_errors). */
async function ask(dsn: string): Promise<ServerFacts> {
  const options = { capabilities: 0, collation: utf8mb4, database: null, user: '', settings: [] };
  const { stream, server } = await connectDatabase(parseDsn(dsn), options);
  stream.destroy();
  return server;
}
