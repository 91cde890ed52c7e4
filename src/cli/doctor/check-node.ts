import { MillraceError } from '../../errors.ts';
import { type Check, check } from './check.ts';

/** The first long-term version that runs TypeScript without a build. */
const oldestNode = 24;

export function checkNode(): Promise<Check> {
  return check('node', () => {
    const { node } = process.versions;
    if (Number(node.split('.')[0]) >= oldestNode) return node;
    throw new MillraceError('USAGE', `Millrace needs Node ${oldestNode} or later; this is ${node}`, {
      hint: 'run npm ci in its folder to install Node, and start it with npx millrace',
    });
  });
}
