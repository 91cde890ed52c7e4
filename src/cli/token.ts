import { dump } from 'js-yaml';
import { MillraceError } from '../errors.ts';
import { hashToken, newToken } from '../service/access/tokens.ts';
import { nameForm, namePattern, roles } from '../service/access/users.ts';
import type { Output } from './output.ts';

/**
 * Makes a user's token: it is shown this once, and the server is given its hash.
 * @throws {MillraceError} USAGE
 */
export function printToken({ name, role }: { readonly name: string; readonly role: string }, output: Output): number {
  if (!namePattern.test(name)) throw new MillraceError('USAGE', `--name is "${name}"`, { hint: `write ${nameForm}` });
  if (!roles.some((each) => each === role)) {
    throw new MillraceError('USAGE', `there is no role "${role}"`, { hint: `choose ${roles.join(', ')}` });
  }
  const token = newToken();
  const user = { name, token: hashToken(token), role };
  if (output.json) output.write({ token, user });
  else output.line(`${token}\n\n# The server's list of users gets:\n${dump([user], { lineWidth: -1 }).trimEnd()}`);
  return 0;
}
