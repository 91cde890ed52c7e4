import { MillraceError } from '../../errors.ts';
import { maySeeAll, type User } from '../../service/access/users.ts';

/** A logged-in connection, as KILL sees it. */
export interface OpenConnection {
  /** The id that the client was told. */
  readonly id: number;
  readonly user: User;
  /** The id of its connection to the database, which CONNECTION_ID() and SHOW PROCESSLIST show. */
  databaseId(): number;
  killQuery(): void;
  close(): void;
}

export interface OpenConnections {
  /** For a client that has not logged in yet. */
  newId(): number;
  /** @throws {MillraceError} TOO_MANY_REQUESTS */
  add(connection: OpenConnection): void;
  remove(connection: OpenConnection): void;
  /** Null if there is none that the user may kill. */
  find(id: number, by: User): OpenConnection | null;
  closeAll(): void;
}

export interface ConnectionLimits {
  readonly most: number;
  readonly mostPerUser: number;
}

/** Ids of databases count from 1; with ours in the upper half of 32 bits, KILL takes both. */
const firstId = 0x8000_0000;

export function openConnections({ most, mostPerUser }: ConnectionLimits): OpenConnections {
  const open = new Map<number, OpenConnection>();
  const perUser = new Map<string, number>();
  let last = 0;
  const mayKill = (by: User, { user }: OpenConnection) => maySeeAll(by) || by.name === user.name;

  function findByDatabase(id: number): OpenConnection | undefined {
    return [...open.values()].find((connection) => connection.databaseId() === id);
  }

  return {
    newId() {
      last = (last + 1) % firstId;
      return firstId + last;
    },
    add(connection) {
      const { name } = connection.user;
      const ofUser = perUser.get(name) ?? 0;
      if (open.size >= most) throw tooMany(`${open.size} connections are open`, most);
      if (ofUser >= mostPerUser) throw tooMany(`${ofUser} of your connections are open`, mostPerUser);
      perUser.set(name, ofUser + 1);
      open.set(connection.id, connection);
    },
    remove(connection) {
      if (!open.delete(connection.id)) return;
      const left = perUser.get(connection.user.name)! - 1;
      if (left === 0) perUser.delete(connection.user.name);
      else perUser.set(connection.user.name, left);
    },
    find(id, by) {
      const found = open.get(id) ?? findByDatabase(id);
      return found !== undefined && mayKill(by, found) ? found : null;
    },
    closeAll() {
      for (const connection of [...open.values()]) connection.close();
    },
  };
}

function tooMany(found: string, most: number): MillraceError {
  return new MillraceError('TOO_MANY_REQUESTS', `${found}; the maximum is ${most}`, {
    hint: 'close some of them, or use a pool with fewer connections',
  });
}
