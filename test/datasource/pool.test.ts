import type { ResultSetHeader } from 'mysql2/promise';
import { describe, expect, it } from 'vitest';
import { isTemporary } from '../../src/datasource/database-error.ts';
import { freePort } from '../../src/datasource/free-port.ts';
import { openPool, transaction, withReconnect } from '../../src/datasource/pool.ts';
import { MillraceError } from '../../src/errors.ts';
import { servers, useDatabase } from '../database.ts';

describe.each(servers)('openPool on $name', (server) => {
  const database = useDatabase(server);

  it('gives each session UTC, utf8mb4, READ COMMITTED and backslash escapes', async () => {
    await database.admin.query("SET GLOBAL sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES')");
    const pool = openPool(database.datasource, { connections: 1 });
    const [[session]] = (await pool.query(
      `SELECT @@time_zone AS zone, @@character_set_client AS charset, @@sql_mode AS mode, '\\'' AS quote`,
    )) as unknown as [[Record<string, string>]];
    expect(session).toMatchObject({ zone: '+00:00', charset: 'utf8mb4', quote: "'" });
    expect(session.mode).not.toContain('NO_BACKSLASH_ESCAPES');
    const isolation = await isolationLevel(pool);
    expect(isolation).toBe('READ-COMMITTED');
    await pool.end();
    await database.admin.query("SET GLOBAL sql_mode = REPLACE(@@sql_mode, 'NO_BACKSLASH_ESCAPES', '')");
  });

  it('returns numbers, decimals, times and JSON exactly as they are stored', async () => {
    await database.pool.query(
      'CREATE TABLE exact (big BIGINT UNSIGNED, price DECIMAL(30,10), at DATETIME(6), doc JSON, text VARCHAR(20) CHARACTER SET utf8mb4)',
    );
    const row = {
      big: '18446744073709551615',
      price: '12345678901234567890.0123456789',
      at: '2026-02-03 04:05:06.123456',
      doc: '{"a": 9007199254740993}',
      text: '🦊 \' \\ " %',
    };
    await database.pool.query('INSERT INTO exact VALUES (?, ?, ?, ?, ?)', Object.values(row));
    expect((await database.pool.query('SELECT * FROM exact'))[0]).toEqual([row]);
    expect((await database.pool.execute('SELECT * FROM exact WHERE big = ?', [row.big]))[0]).toEqual([row]);
  });

  it('reports a wrong password without showing it', async () => {
    const pool = openPool({ ...database.datasource, password: 'hunter2' }, { connections: 1 });
    const error = await failure(pool.query('SELECT 1'));
    expect(error.code).toBe('DATABASE_REFUSED');
    expect(error.message).toContain(`Access denied for user '${database.datasource.user}'`);
    expect(JSON.stringify([error.message, error.hint])).not.toContain('hunter2');
    await pool.end();
  });

  it('reports a database of the DSN that does not exist or that the account may not use', async () => {
    const pool = openPool({ ...database.datasource, database: 'absent' }, { connections: 1 });
    expect(await failure(pool.query('SELECT 1'))).toMatchObject({ code: 'DATABASE_REFUSED' });
    await pool.end();
  });

  it('encrypts with TLS if requested, and rejects a server without TLS or with another identity', async () => {
    const unchecked = openPool({ ...database.datasource, tls: { verify: false, ca: null } }, { connections: 1 });
    const cipher = unchecked.query("SHOW STATUS LIKE 'Ssl_cipher'");
    if (server.name === 'MySQL') expect((await cipher)[0]).toMatchObject([{ Value: expect.stringContaining('TLS_') }]);
    else
      expect(await failure(cipher)).toMatchObject({
        code: 'DATABASE_REFUSED',
        message: expect.stringContaining('does not support secure connection'),
      });
    const checked = openPool({ ...database.datasource, tls: { verify: true, ca: null } }, { connections: 1 });
    expect(await failure(checked.query('SELECT 1'))).toMatchObject({ code: 'DATABASE_REFUSED' });
    await Promise.all([unchecked.end(), checked.end()]);
  });

  it.each([
    ['SELECT * FROM absent', 'QUERY_FAILED'],
    ['SELEC 1', 'QUERY_FAILED'],
    ['SELECT * FROM mysql.user', 'DATABASE_RIGHTS'],
    ['CREATE DATABASE forbidden', 'DATABASE_RIGHTS'],
  ])('gives %s the code %s', async (sql, code) => {
    const error = await failure(database.pool.query(sql));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(/^the database says: /);
    expect(isTemporary(error)).toBe(false);
  });

  it('reports a full table as such', async () => {
    await database.pool.query('CREATE TABLE small (data VARCHAR(16000)) ENGINE=MEMORY MAX_ROWS=1');
    await database.pool.query('SET @ignored = 1');
    const rows = Array.from({ length: 200 }, () => ['x'.repeat(16_000)]);
    const fill = async () => {
      for (let batch = 0; batch < 50; batch++) await database.pool.query('INSERT INTO small VALUES ?', [rows]);
    };
    expect(await failure(fill())).toMatchObject({
      code: 'DATABASE_FULL',
      message: "the database is out of space: The table 'small' is full",
    });
    await database.pool.query('DROP TABLE small');
  });
});

describe.each(servers)('transaction on $name', (server) => {
  const database = useDatabase(server);

  it('commits all or nothing', async () => {
    const { pool } = database;
    await pool.query('CREATE TABLE kept (id INT PRIMARY KEY) ENGINE=InnoDB');
    await transaction(pool, (connection) => connection.query('INSERT INTO kept VALUES (1), (2)'));
    const twice = transaction(pool, async (connection) => {
      await connection.query('INSERT INTO kept VALUES (3)');
      await connection.query('INSERT INTO kept VALUES (1)');
    });
    expect(await failure(twice)).toMatchObject({ code: 'QUERY_FAILED' });
    expect((await pool.query('SELECT id FROM kept ORDER BY id'))[0]).toEqual([{ id: 1 }, { id: 2 }]);
  });

  it('is repeated by withReconnect after a deadlock', async () => {
    const { pool } = database;
    await pool.query('CREATE TABLE counters (id INT PRIMARY KEY, n INT NOT NULL) ENGINE=InnoDB');
    await pool.query('INSERT INTO counters VALUES (1, 0), (2, 0)');
    const bothHoldOne = Promise.withResolvers<void>();
    let holding = 0;
    let deadlocks = 0;
    const add = (first: number, second: number) =>
      withReconnect(() =>
        transaction(pool, async (connection) => {
          await connection.query('UPDATE counters SET n = n + 1 WHERE id = ?', [first]);
          if (++holding === 2) bothHoldOne.resolve();
          await bothHoldOne.promise;
          await connection.query('UPDATE counters SET n = n + 1 WHERE id = ?', [second]);
        }).catch((error) => {
          deadlocks += error.code === 'DATABASE_BUSY' ? 1 : 0;
          throw error;
        }),
      );
    await Promise.all([add(1, 2), add(2, 1)]);
    expect(deadlocks).toBe(1);
    expect((await pool.query('SELECT n FROM counters'))[0]).toEqual([{ n: 2 }, { n: 2 }]);
  });

  it('survives a connection that the server kills', async () => {
    const { pool, admin } = database;
    await pool.query('CREATE TABLE once (id INT PRIMARY KEY) ENGINE=InnoDB');
    let attempts = 0;
    await withReconnect(() =>
      transaction(pool, async (connection) => {
        attempts++;
        await connection.query('INSERT INTO once VALUES (1)');
        if (attempts === 1) await admin.query(`KILL ${connection.threadId}`);
        await connection.query('INSERT INTO once VALUES (2)');
      }),
    );
    expect(attempts).toBe(2);
    const [result] = await pool.query<ResultSetHeader>('DELETE FROM once');
    expect(result.affectedRows).toBe(2);
  });
});

describe('withReconnect', () => {
  it('gives up on a database that stays unreachable when its patience is over', async () => {
    const port = await freePort('127.0.0.1');
    const pool = openPool(
      { host: '127.0.0.1', port, user: 'ann', password: 'x', database: null, socketPath: null, tls: null },
      { connections: 1 },
    );
    let attempts = 0;
    const work = () => {
      attempts++;
      return pool.query('SELECT 1');
    };
    const error = await failure(withReconnect(work, { patience: 150 }));
    expect(error).toMatchObject({
      code: 'DATABASE_UNREACHABLE',
      message: `the database does not answer: connect ECONNREFUSED 127.0.0.1:${port}`,
    });
    expect(attempts).toBeGreaterThan(1);
    await pool.end();
  });

  it('does not repeat an error that a retry cannot fix', async () => {
    let attempts = 0;
    const work = async () => {
      attempts++;
      throw new MillraceError('QUERY_FAILED', 'no');
    };
    expect(await failure(withReconnect(work))).toMatchObject({ code: 'QUERY_FAILED' });
    expect(attempts).toBe(1);
  });

  it('ends when the signal is aborted', async () => {
    const ending = new AbortController();
    const work = async () => {
      ending.abort(new Error('enough'));
      throw new MillraceError('DATABASE_UNREACHABLE', 'gone');
    };
    await expect(withReconnect(work, { signal: ending.signal })).rejects.toThrow('enough');
  });
});

async function failure(work: Promise<unknown>): Promise<MillraceError> {
  const error = await work.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (error instanceof MillraceError) return error;
  throw error;
}

async function isolationLevel(pool: ReturnType<typeof openPool>): Promise<string> {
  const [rows] = await pool.query(
    "SHOW SESSION VARIABLES WHERE Variable_name IN ('tx_isolation', 'transaction_isolation')",
  );
  return (rows as { Value: string }[])[0]!.Value;
}
