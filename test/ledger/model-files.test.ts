import { createHash, randomBytes } from 'node:crypto';
import type { RowDataPacket } from 'mysql2/promise';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseDsn } from '../../src/datasource/dsn.ts';
import { quoteTable } from '../../src/datasource/identifiers.ts';
import { openPool } from '../../src/datasource/pool.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { readFile, storeFile, sweepFiles } from '../../src/ledger/model-files.ts';
import { readModel } from '../../src/ledger/registry.ts';
import { addVersion, dropModel } from '../../src/ledger/registry-changes.ts';
import { servers, type TestDatabase, useDatabase } from '../database.ts';
import { fullTable } from '../full-table.ts';
import { useOwnServer } from '../own-server.ts';

const alice = { user: 'alice', isAdmin: false };
const bytesOf = (size: number) => {
  const bytes = randomBytes(size);
  return { bytes, file: { digest: createHash('sha256').update(bytes).digest('hex'), size } };
};
const pieces = (bytes: Buffer, size = 700_001) =>
  async function* () {
    for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
  };

/** What the tests do with the files in a database. */
function filesIn(database: Pick<TestDatabase, 'pool' | 'systemSchema'>) {
  const table = (name: string) => quoteTable({ database: database.systemSchema, table: name });
  const store = ({ bytes, file }: ReturnType<typeof bytesOf>) =>
    storeFile(database.pool, database.systemSchema, file, pieces(bytes));
  const chunks = async (digest: string) => {
    const [rows] = await database.pool.query(
      `SELECT LENGTH(bytes) AS size FROM ${table('model_chunks')} WHERE digest = ? ORDER BY chunk_no`,
      [digest],
    );
    return (rows as { size: number }[]).map(({ size }) => Number(size));
  };
  async function read(digest: string): Promise<Buffer> {
    const read: Buffer[] = [];
    for await (const chunk of readFile(database.pool, database.systemSchema, digest)) read.push(chunk);
    return Buffer.concat(read);
  }
  const register = (name: string, file: { digest: string; size: number }) =>
    addVersion(
      database.pool,
      database.systemSchema,
      {
        ...{ name, kind: 'detector', ...file, location: 'database', file: null, base: null, statement: null },
        facts: { family: null, classNames: [], namesAreGiven: false, width: null, height: null, inputs: [] },
        simulation: null,
      },
      alice,
    );

  return { table, store, chunks, read, register };
}

describe.each(servers)('files of models in the database on $name', (server) => {
  const database = useDatabase(server);
  const { table, store, chunks, read, register } = filesIn(database);

  beforeAll(() => migrate(database.pool, database.systemSchema));

  it('are stored in chunks of at most 4 MiB, and read back as they were', async () => {
    const model = bytesOf(9_000_000);
    await Promise.all([store(model), store(model)]);
    expect(await chunks(model.file.digest)).toEqual([4_194_304, 4_194_304, 611_392]);
    expect((await read(model.file.digest)).equals(model.bytes)).toBe(true);
  });

  it('are not complete if their bytes are not those of the digest', async () => {
    const { bytes, file } = bytesOf(1000);
    await expect(store({ bytes: bytes.subarray(1), file })).rejects.toMatchObject({ code: 'MODEL_CHANGED' });
    await expect(read(file.digest)).rejects.toMatchObject({ code: 'MODEL_DROPPED' });
    await expect(register('half', file)).rejects.toMatchObject({ code: 'MODEL_DROPPED' });
  });

  it('are refused above 256 MiB before anything is stored', async () => {
    const file = { digest: 'e'.repeat(64), size: 256 * 2 ** 20 + 1 };
    const stored = storeFile(database.pool, database.systemSchema, file, pieces(Buffer.alloc(0)));
    await expect(stored).rejects.toMatchObject({ code: 'MODEL_TOO_LARGE' });
    expect(await chunks(file.digest)).toEqual([]);
  });

  it('are reported, not registered, and completed later, if the database is full', async () => {
    const { pool, admin, systemSchema: schema } = database;
    const model = bytesOf(9_000_000);
    const full = await fullTable(database, 'model_chunks', 'NEW.chunk_no = 2');
    await expect(store(model)).rejects.toMatchObject({
      code: 'DATABASE_FULL',
      message: "the database is out of space: The table 'model_chunks' is full",
    });
    expect(await chunks(model.file.digest)).toHaveLength(2);
    await expect(read(model.file.digest)).rejects.toMatchObject({ code: 'MODEL_DROPPED' });
    await expect(register('full', model.file)).rejects.toMatchObject({ code: 'MODEL_DROPPED' });
    expect(await readModel(pool, schema, 'full', null)).toBeNull();
    await admin.query(`DROP TRIGGER ${full}`);
    await store(model);
    expect((await read(model.file.digest)).equals(model.bytes)).toBe(true);
    expect(await register('full', model.file)).toEqual({ version: 1, isNew: true });
  });

  it('go with the last model that has them, unless an unfinished statement needs them', async () => {
    const model = bytesOf(5000);
    await store(model);
    for (const name of ['one', 'two']) await register(name, model.file);
    const drop = async (name: string) => {
      const files = await dropModel(database.pool, database.systemSchema, name, alice);
      return sweepFiles(database.pool, database.systemSchema, files!);
    };
    expect(await drop('one')).toBe(0);
    await database.pool.query(
      `INSERT INTO ${table('statements')} (id, text, plan, state, submitted_by) VALUES ('s', '', '{}', 'running', 'ada')`,
    );
    await database.pool.query(`INSERT INTO ${table('statement_models')} VALUES ('s', ?)`, [model.file.digest]);
    expect(await drop('two')).toBe(0);
    expect((await read(model.file.digest)).equals(model.bytes)).toBe(true);
    await database.pool.query(`UPDATE ${table('statements')} SET state = 'succeeded'`);
    expect(await sweepFiles(database.pool, database.systemSchema, [model.file.digest])).toBe(1);
    expect(await chunks(model.file.digest)).toEqual([]);
  });

  it('are kept for an hour until they are registered', async () => {
    const model = bytesOf(100);
    await store(model);
    expect(await sweepFiles(database.pool, database.systemSchema)).toBe(0);
    await database.pool.query(
      `UPDATE ${table('model_files')} SET touched_at = NOW() - INTERVAL 2 HOUR WHERE digest = ?`,
      [model.file.digest],
    );
    expect(await sweepFiles(database.pool, database.systemSchema)).toBe(1);
  });
});

describe('files of models on a server with small packets', () => {
  const own = useOwnServer();
  const database = useDatabase({
    name: own.name,
    async start(folder) {
      const dsn = await own.start(folder);
      const administrator = openPool(parseDsn(dsn), { connections: 1 });
      // Sessions that begin later have it.
      await administrator.query('SET GLOBAL max_allowed_packet = 1048576');
      await administrator.end();
      return dsn;
    },
  });
  const { store, chunks, read } = filesIn(database);

  it('are stored in chunks that fit into a packet', async () => {
    const [[packet]] = await database.pool.query<RowDataPacket[]>('SELECT @@max_allowed_packet AS bytes');
    expect(packet).toEqual({ bytes: '1048576' });
    await migrate(database.pool, database.systemSchema);
    const model = bytesOf(3_000_000);
    await store(model);
    expect(await chunks(model.file.digest)).toEqual([983_040, 983_040, 983_040, 50_880]);
    expect((await read(model.file.digest)).equals(model.bytes)).toBe(true);
  });
});
