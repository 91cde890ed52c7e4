import { expect, test } from 'vitest';
import { hashToken } from '../../src/service/access/tokens.ts';
import { useMysql } from './use-mysql.ts';

const mysql = useMysql();

test('users log in with their tokens, with TLS and without', async () => {
  for (const ssl of [{ rejectUnauthorized: false }, undefined]) {
    const connection = await mysql.connect('ada', { ssl });
    await expect(connection.query('SELECT 1')).resolves.toBeDefined();
  }
});

test('a wrong token, the token of another user and a stolen hash are refused', async () => {
  const { ada, bob } = mysql.tokens;
  for (const password of ['mlr_wrong', '', bob, hashToken(ada), hashToken(ada).slice('sha256:'.length)]) {
    for (const ssl of [{ rejectUnauthorized: false }, undefined])
      await expect(mysql.connect('ada', { password, ssl })).rejects.toMatchObject({ errno: 1045, sqlState: '28000' });
  }
});

test('a datasource can be named after the user', async () => {
  const connection = await mysql.connect('ada', { user: 'ada~default' });
  await expect(connection.query('SELECT 1')).resolves.toBeDefined();
  await expect(mysql.connect('ada', { user: 'ada~other' })).rejects.toMatchObject({ errno: 1049 });
});

test('an unknown database is the error of the database', async () => {
  await expect(mysql.connect('ada', { database: 'no_such_database' })).rejects.toMatchObject({
    errno: expect.toSatisfy((errno: number) => errno === 1049 || errno === 1044),
  });
});

test('no token and no address of the database is in the log', () => {
  for (const token of Object.values(mysql.tokens)) expect(mysql.log.join('')).not.toContain(token);
});
