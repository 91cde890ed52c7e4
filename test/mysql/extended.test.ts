import type { RowDataPacket } from 'mysql2/promise';
import { expect, test, vi } from 'vitest';
import { useMysql } from './use-mysql.ts';

const mysql = useMysql();

const detect = (into: string) =>
  `SELECT id, file_name FROM shot WHERE id <= 12 TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets" INTO ${into}`;

test('an extended statement ends as a row that names its table', async () => {
  const connection = await mysql.connect();
  const [[row]] = await connection.query<RowDataPacket[]>(detect('found'));
  expect(row).toMatchObject({ table: 'found', selected: 12, failed: 0, state: 'succeeded' });
  const [[counted]] = await connection.query<RowDataPacket[]>('SELECT COUNT(*) AS n FROM found');
  expect(counted!.n).toBe(row!.rows);
  expect(row!.seconds).toBeGreaterThan(0);
  const { body } = await mysql.json('GET', `/v1/statements/${row!.id}`);
  expect(body).toMatchObject({ state: 'succeeded', submittedBy: 'ada' });
});

test('its errors have a place and a hint', async () => {
  const connection = await mysql.connect();
  const wrong = detect('found').replace('INTO', '\nWITH partitons = 2 INTO');
  const error = await connection.query(wrong).catch((thrown) => thrown);
  expect(error).toMatchObject({ errno: 1064, sqlState: '42000' });
  expect(error.sqlMessage).toMatch(
    /^unknown attribute 'partitons' .*\(line 2, column 6\).* Did you mean partitions\? \[UNKNOWN_ATTRIBUTE\]$/,
  );
});

test('it is answered at once with its id if the client does not wait', async () => {
  const connection = await mysql.connect();
  await connection.query('SET millrace_wait = 0');
  const [[row]] = await connection.query<RowDataPacket[]>(detect('later'));
  expect(row!.id).toMatch(/^[0-9a-f-]{36}$/);
  expect(row!.state).not.toBe('succeeded');
  await vi.waitFor(
    async () => {
      const [rows] = await connection.query<RowDataPacket[]>('SHOW STATEMENTS');
      expect(rows.find(({ id }) => id === row!.id)).toMatchObject({ state: 'succeeded', submitted_by: 'ada' });
    },
    { timeout: 60_000, interval: 200 },
  );
  await connection.query('SET @@session.millrace_wait = DEFAULT');
  await expect(connection.query('SET millrace_wait = -1')).rejects.toMatchObject({ errno: 1064 });
});

test('statements about models answer with rows', async () => {
  const connection = await mysql.connect();
  const [models, fields] = await connection.query<RowDataPacket[]>('SHOW MODELS');
  expect(fields.map(({ name }) => name)).toContain('model');
  expect(models).toMatchObject([{ model: 'demo', kind: 'unregistered', owner: null }]);
  await expect(connection.query('DESCRIBE MODEL no_such')).rejects.toMatchObject({ errno: 1064 });
});

test('it cannot be prepared, and says so', async () => {
  const connection = await mysql.connect();
  await expect(connection.execute(detect('prepared'))).rejects.toMatchObject({ errno: 1295 });
  await expect(connection.query('SELECT 1')).resolves.toBeDefined();
});

test('it is not sent together with standard statements', async () => {
  const connection = await mysql.connect('ada', { multipleStatements: true });
  await expect(connection.query(`SET @a = 1; ${detect('mixed')}`)).rejects.toMatchObject({
    sqlMessage: expect.stringContaining('STATEMENTS_MIXED'),
  });
});

test('it does not read a table of another database by mistake', async () => {
  const connection = await mysql.connect();
  await connection.query('USE information_schema');
  await expect(connection.query(detect('elsewhere'))).rejects.toMatchObject({
    sqlMessage: expect.stringContaining('SESSION_NOT_SHARED'),
  });
  const named = detect(`${mysql.database.name}.named`).replace('FROM shot', `FROM ${mysql.database.name}.shot`);
  const [[row]] = await connection.query<RowDataPacket[]>(named);
  expect(row!.state).toBe('succeeded');
});

test('KILL QUERY from another connection cancels it', async () => {
  const [connection, other, stranger] = [await mysql.connect(), await mysql.connect(), await mysql.connect('bob')];
  const slow = connection.query(
    detect('slow').replace('id <= 12', 'id <= 300').replace('INTO', 'WITH partitions = 1 INTO'),
  );
  slow.catch(() => {});
  await vi.waitFor(
    async () => {
      const [rows] = await other.query<RowDataPacket[]>('SHOW STATEMENTS LIMIT 1');
      expect(rows[0]).toMatchObject({ state: 'running' });
    },
    { timeout: 30_000, interval: 50 },
  );
  await expect(stranger.query(`KILL QUERY ${connection.threadId}`)).rejects.toMatchObject({ errno: 1094 });
  await other.query(`KILL QUERY ${connection.threadId}`);
  await expect(slow).rejects.toMatchObject({ errno: 1317, sqlState: '70100' });
  await expect(connection.query('SELECT 1')).resolves.toBeDefined();
});
