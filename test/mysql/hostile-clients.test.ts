import { once } from 'node:events';
import type { Socket } from 'node:net';
import fc from 'fast-check';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { expect, test, vi } from 'vitest';
import { packetsOf } from '../../src/mysql/protocol/packets.ts';
import { openRaw, untilClosed } from './raw-mysql.ts';
import { useMysql } from './use-mysql.ts';

const mysql = useMysql(undefined, { requestSeconds: 1 });

/** The socket of a client of mysql2, which its interface does not expose. */
const streamOf = (client: Connection) =>
  (client as unknown as { readonly connection: { readonly stream: Socket } }).connection.stream;

const isWell = async () => {
  const connection = await mysql.connect();
  const [[row]] = await connection.query<RowDataPacket[]>('SELECT 1 AS one');
  expect(row!.one).toBe(1);
  await connection.end();
};

test('a client that says nothing, or half a packet, is disconnected', async () => {
  const silent = await openRaw(mysql.door());
  const half = await openRaw(mysql.door());
  half.write(Buffer.from([200, 0, 0, 1, 1]));
  await Promise.all([untilClosed(silent), untilClosed(half)]);
  await isWell();
});

test('a client that stops within a command is disconnected, and its session with the database ends', async () => {
  const connection = await mysql.connect('ada', { ssl: undefined });
  const [[row]] = await connection.query<RowDataPacket[]>('SELECT CONNECTION_ID() AS id');
  const stream = streamOf(connection);
  stream.write(Buffer.from([100, 0, 0, 0, 3, 83]));
  await once(stream, 'close');
  await ended(Number(row!.id));
});

async function ended(id: number): Promise<void> {
  await vi.waitFor(
    async () => {
      const [rows] = await mysql.database.admin.query<RowDataPacket[]>(
        'SELECT id FROM information_schema.processlist WHERE id = ?',
        [id],
      );
      expect(rows).toEqual([]);
    },
    { timeout: 20_000, interval: 100 },
  );
}

test('a client that disappears during a statement leaves nothing running', async () => {
  const connection = await mysql.connect('ada', { ssl: undefined });
  const [[row]] = await connection.query<RowDataPacket[]>('SELECT CONNECTION_ID() AS id');
  connection.query('SELECT SLEEP(600)').catch(() => {});
  await vi.waitFor(async () => {
    const [rows] = await mysql.database.admin.query<RowDataPacket[]>(
      "SELECT id FROM information_schema.processlist WHERE id = ? AND info LIKE 'SELECT SLEEP%'",
      [row!.id],
    );
    expect(rows).toHaveLength(1);
  });
  connection.destroy();
  await ended(Number(row!.id));
});

// COM_SHUTDOWN, COM_BINLOG_DUMP and a number that is no command.
test.each([8, 18, 200])('the command %d is refused, and the connection continues', async (code) => {
  const connection = await mysql.connect('ada', { ssl: undefined });
  const stream = streamOf(connection);
  const answered = once(stream, 'data');
  stream.write(packetsOf(Buffer.from([code]), 0));
  const [answer] = await answered;
  expect([answer[4], answer.readUInt16LE(5)]).toEqual([0xff, 1047]);
});

test('LOAD DATA LOCAL is refused by the database, because it is not offered', async () => {
  const connection = await mysql.connect();
  const load = connection.query({
    sql: "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE shot",
    infileStreamFactory: () => null as never,
  });
  await expect(load).rejects.toMatchObject({
    errno: expect.toSatisfy((errno: number) => [1148, 3948, 4166].includes(errno)),
  });
});

test('many failed logins slow an address down', async () => {
  const others = await mysql.another({ MILLRACE_MYSQL_PORT: '0' });
  const { host, port } = others.mysql!;
  const attempt = () => mysql.connect('ada', { host, port, password: 'mlr_wrong' }).catch((error) => error);
  for (let count = 0; count < 30; count += 1) expect((await attempt()).errno).toBe(1045);
  expect(await attempt()).toMatchObject({ errno: 1226, sqlState: '42000' });
  await isWell();
});

test('no bytes before the login end the server, or hold it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 4 }), async (payloads) => {
      const socket = await openRaw(mysql.door());
      const closed = untilClosed(socket);
      for (const [index, payload] of payloads.entries()) socket.write(packetsOf(payload, index + 1));
      socket.end();
      await closed;
    }),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 100) },
  );
  await isWell();
}, 60_000);

test('no bytes after the login end the server, or reach another session', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.tuple(
          fc.constantFrom(2, 3, 4, 9, 17, 22, 23, 24, 25, 26, 27, 28, 31, 99),
          fc.uint8Array({ maxLength: 100 }),
        ),
        { maxLength: 5 },
      ),
      async (commands) => {
        const connection = await mysql.connect('ada', { ssl: undefined });
        const stream = streamOf(connection);
        stream.removeAllListeners('data');
        stream.resume();
        for (const [code, rest] of commands) stream.write(packetsOf(Buffer.from([code, ...rest]), 0));
        stream.end();
        if (!stream.closed) await once(stream, 'close');
      },
    ),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 40) },
  );
  await isWell();
  expect(mysql.log.join('')).not.toContain('"level":"error"');
}, 60_000);
