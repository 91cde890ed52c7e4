import { MillraceError } from '../../errors.ts';
import { findUser } from '../../service/access/tokens.ts';
import { anonymous, type KnownUser } from '../../service/access/users.ts';
import type { Login } from '../protocol/login-packets.ts';
import type { PacketChannel } from '../protocol/packet-channel.ts';
import type { Identity } from '../session/context.ts';
import type { LoginLimit } from './login-limit.ts';
import { acceptAnyPassword, type PasswordKeys, receivePassword } from './receive-password.ts';

export interface LoginAttempt {
  readonly login: Login;
  readonly nonce: Buffer;
  readonly isEncrypted: boolean;
  readonly address: string;
  /** The server's version, as the client was told. */
  readonly version: string;
}

interface Known {
  /** Empty: everyone may do everything. */
  readonly users: readonly KnownUser[];
  readonly keys: { readonly password: PasswordKeys };
  readonly logins: LoginLimit;
}

/** Character sets in which the second byte of a character can be a quote or backslash of ASCII: big5, sjis, gbk, cp932 and gb18030. */
const unsafeCollations = new Set([1, 13, 28, 84, 87, 88, 95, 96, 248, 249, 250]);

/**
 * Finds the user of Millrace whose token the client sends as its password. The name can be followed by `~` and the name of a datasource.
 * @throws {MillraceError} UNAUTHENTICATED, MYSQL_PROTOCOL, TOO_MANY_REQUESTS
 */
export async function identify(
  channel: PacketChannel,
  { login, nonce, isEncrypted, address, version }: LoginAttempt,
  { users, keys: { password: keys }, logins }: Known,
): Promise<Identity> {
  logins.check(address);
  if (unsafeCollations.has(login.collation))
    throw new MillraceError('MYSQL_PROTOCOL', "the client's character set is big5, sjis, gbk, cp932 or gb18030", {
      hint: 'set the character set of the client to utf8mb4',
    });
  const [name = '', datasource] = login.user.split('~', 2);
  // MariaDB calls itself 5.5.5- and its version. Its own clients know that.
  const isRaw = login.client === 'MySQL Connector/J' && version.startsWith('5.5.5-');
  const exchange = { answer: login.answer, plugin: login.plugin, nonce, isEncrypted, isRaw, keys };
  if (users.length === 0) {
    await acceptAnyPassword(channel, exchange);
    return { user: anonymous, datasource };
  }
  const token = await receivePassword(channel, exchange);
  const user = token === null ? null : findUser(users, token);
  if (user !== null && user.name === name) return { user, datasource };
  logins.failed(address);
  throw new MillraceError('UNAUTHENTICATED', `the server does not know this token of the user '${name}'`, {
    hint: 'log in with the name of your user, and its token as password',
  });
}
