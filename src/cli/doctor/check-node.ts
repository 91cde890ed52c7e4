import { MillraceError } from '../../errors.ts';
import { type Check, check } from './check.ts';

/** The first that runs TypeScript as it stands and is supported for years. */
const oldestNode = 24;

export function checkNode(): Promise<Check> {
  return check('node', () => {
    const { node } = process.versions;
    if (Number(node.split('.')[0]) >= oldestNode) return node;
    throw new MillraceError('USAGE', `Millrace needs Node ${oldestNode}, and this is ${node}`, {
      hint: 'run npm ci in its folder, which brings it, and start it with npx millrace',
    });
  });
}
