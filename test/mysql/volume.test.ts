import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { expect, test, vi } from 'vitest';
import { useMysql } from './use-mysql.ts';

/** By hand a million rows, and a thousand connections: their database must allow as many. */
const rows = Number(process.env.MILLRACE_MYSQL_ROWS ?? 100_000);
const connections = Number(process.env.MILLRACE_MYSQL_CONNECTIONS ?? 60);

const mysql = useMysql(undefined, { mysqlConnections: 2000, mysqlConnectionsPerUser: 1500 });

const padding = 'x'.repeat(1000);
const digits = Array.from({ length: 10 }, (_, digit) => `SELECT ${digit} AS n`).join(' UNION ALL ');
const manyRows = `WITH digit AS (${digits})
  SELECT a.n + 10 * b.n + 100 * c.n + 1000 * d.n + 10000 * e.n + 100000 * f.n AS id, '${padding}' AS padding
  FROM digit a, digit b, digit c, digit d, digit e, digit f LIMIT ${rows}`;

const used = () => {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

/** The peak of the bytes that this process, which is server and client, uses during the work, beyond those before it. */
async function peakDuring(work: () => Promise<void>): Promise<number> {
  const before = used();
  let peak = 0;
  const sampling = setInterval(() => {
    peak = Math.max(peak, used() - before);
  }, 20);
  await work();
  clearInterval(sampling);
  return peak;
}

const most = 96 * 2 ** 20;

test('rows come in constant memory, also to a client that stops reading for a while', async () => {
  const connection = await mysql.connect();
  let count = 0;
  const peak = await peakDuring(async () => {
    const core = (connection as unknown as { readonly connection: import('mysql2').Connection }).connection;
    const stream = core.query(manyRows).stream({ highWaterMark: 100 });
    for await (const _ of stream) {
      count += 1;
      if (count === 1000) await sleep(500);
    }
  });
  expect(count).toBe(rows);
  expect(peak).toBeLessThan(most);
}, 300_000);

test('rows go in constant memory', async () => {
  const connection = await mysql.connect();
  await connection.query('CREATE TABLE taken (id INT, padding VARCHAR(100))');
  const batch = 10_000;
  const peak = await peakDuring(async () => {
    for (let first = 0; first < rows; first += batch) {
      const values = Array.from({ length: batch }, (_, index) => `(${first + index},'row ${index}')`);
      await connection.query(`INSERT INTO taken VALUES ${values.join(',')}`);
    }
  });
  const [[counted]] = await connection.query<RowDataPacket[]>(
    'SELECT COUNT(*) AS n, COUNT(DISTINCT id) AS ids FROM taken',
  );
  expect([counted!.n, counted!.ids]).toEqual([rows, rows]);
  expect(peak).toBeLessThan(most);
}, 300_000);

test('many connections are open at once, each with its own session, and all end', async () => {
  if (connections > 100) await mysql.database.admin.query(`SET GLOBAL max_connections = ${connections + 200}`);
  const open: Connection[] = [];
  for (let count = 0; count < connections; count += 20)
    open.push(
      ...(await Promise.all(
        Array.from({ length: 20 }, () => mysql.connect('ada', count % 40 === 0 ? {} : { ssl: undefined })),
      )),
    );
  await Promise.all(open.map((connection, index) => connection.query('SET @mine = ?', [index])));
  const answers = await Promise.all(
    open.map((connection) => connection.query<RowDataPacket[]>('SELECT @mine AS mine')),
  );
  expect(answers.map(([[row]]) => Number(row!.mine))).toEqual(open.map((_, index) => index));
  expect(await gauge()).toBeGreaterThanOrEqual(connections);
  for (const connection of open) connection.destroy();
  await vi.waitFor(async () => expect(await gauge()).toBeLessThanOrEqual(2), { timeout: 20_000 });
  const refused = await mysql.another({
    MILLRACE_MYSQL_PORT: '0',
    MILLRACE_SERVER_CONFIG: await mysql.configured({ mysqlConnectionsPerUser: 1 }),
  });
  const { host, port } = refused.mysql!;
  await mysql.connect('ada', { host, port });
  await mysql.connect('bob', { host, port });
  await expect(mysql.connect('ada', { host, port })).rejects.toMatchObject({ errno: 1226, sqlState: '42000' });
}, 300_000);

async function gauge(): Promise<number> {
  const text = await (await mysql.ask('GET', '/metrics', { user: null })).text();
  return Number(/^millrace_mysql_connections (\d+)$/m.exec(text)![1]);
}

test('a server that stops listening ends the connections of its clients', async () => {
  const other = await mysql.another({ MILLRACE_MYSQL_PORT: '0' });
  const { host, port } = other.mysql!;
  const connection = await mysql.connect('ada', { host, port });
  const { stream } = (connection as unknown as { readonly connection: { readonly stream: NodeJS.EventEmitter } })
    .connection;
  const ended = once(stream, 'close');
  connection.on('error', () => {});
  await other.mysql!.close();
  await ended;
});
