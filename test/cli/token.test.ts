import { load } from 'js-yaml';
import { expect, it } from 'vitest';
import { hashToken } from '../../src/service/access/tokens.ts';
import { millrace } from './millrace.ts';

it('prints a new token and the entry for the list of users', async () => {
  const { code, stdout } = await millrace(['token', '--name', 'ada', '--role', 'reader'], {});
  const [token = '', ...entry] = stdout.split('\n');
  expect(code).toBe(0);
  expect(token).toMatch(/^mlr_[\w-]{43}$/);
  expect(load(entry.join('\n'))).toEqual([{ name: 'ada', token: hashToken(token), role: 'reader' }]);
});

it('prints both as JSON', async () => {
  const { stdout } = await millrace(['token', '--name', '42', '--json'], {});
  const { token, user } = JSON.parse(stdout);
  expect(user).toEqual({ name: '42', token: hashToken(token), role: 'user' });
});

it.each([
  [['--name', 'a b'], 'invalid --name "a b"'],
  [['--name', 'ada', '--role', 'boss'], 'unknown role "boss"'],
])('refuses %j', async (options, message) => {
  const { code, stderr } = await millrace(['token', ...options], {});
  expect([code, stderr.includes(message)]).toEqual([2, true]);
});
