import { dump } from 'js-yaml';
import { MillraceError } from '../errors.ts';
import { hashToken, newToken } from '../service/access/tokens.ts';
import { nameForm, namePattern, roles } from '../service/access/users.ts';
import type { Output } from './output.ts';

/**
 * Creates a user's token. The token is shown only once; the server stores its hash.
 * @throws {MillraceError} USAGE
 */
export function printToken({ name, role }: { readonly name: string; readonly role: string }, output: Output): number {
  if (!namePattern.test(name))
    throw new MillraceError('USAGE', `invalid --name "${name}"`, { hint: `write ${nameForm}` });
  if (!roles.some((each) => each === role)) {
    throw new MillraceError('USAGE', `unknown role "${role}"`, { hint: `choose one of ${roles.join(', ')}` });
  }
  const token = newToken();
  const user = { name, token: hashToken(token), role };
  if (output.json) output.write({ token, user });
  else
    output.line(
      `${token}\n\n# Add this entry to the server's list of users:\n${dump([user], { lineWidth: -1 }).trimEnd()}`,
    );
  return 0;
}
