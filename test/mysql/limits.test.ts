import { expect, test } from 'vitest';
import { useMysql } from './use-mysql.ts';

const mysql = useMysql(undefined, { maxStatementSeconds: { reader: 1 } });

test('a standard statement is stopped if it runs longer than its role allows; its connection goes on', async () => {
  const connection = await mysql.connect('rita');
  await expect(connection.query('SELECT SLEEP(30) AS woken')).rejects.toMatchObject({
    sqlMessage: expect.stringMatching(/ran longer than 1 s.*maxStatementSeconds.*\[STATEMENT_TIMEOUT\]/),
  });
  await expect(connection.query('SELECT 1 AS one')).resolves.toMatchObject([[{ one: 1 }], expect.anything()]);
});

test('it continues if its role allows more time', async () => {
  const connection = await mysql.connect('ada');
  await expect(connection.query('SELECT SLEEP(1.5) AS woken')).resolves.toMatchObject([
    [{ woken: 0 }],
    expect.anything(),
  ]);
});
