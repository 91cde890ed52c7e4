import { setTimeout as sleep } from 'node:timers/promises';
import type { RowDataPacket } from 'mysql2/promise';
import { afterAll, describe, expect, it } from 'vitest';
import { parseDsn } from '../../../src/datasource/dsn.ts';
import { withReconnect } from '../../../src/datasource/pool.ts';
import { createRandom } from '../../../src/demo/scenes/random.ts';
import { useOwnServer } from '../../own-server.ts';
import { workersWith } from '../../workers.ts';
import { eventsOf } from '../read-events.ts';
import { useReplica } from '../replica.ts';
import { type Answer, untilReady, useServer } from '../use-server.ts';
import { type DatabaseProxy, openDatabaseProxy } from './database-proxy.ts';
import { type InterventionName, interventions } from './interventions.ts';
import { mountSmallDisk, type SmallDisk } from './small-disk.ts';

/** Another run with the same: MILLRACE_SEED=… */
const seed = Number(process.env.MILLRACE_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** `npm run test:faults` asks for more. */
const times = Number(process.env.MILLRACE_INTERVENTIONS ?? 12);
const pictures = 12;

// Servers are killed by us, not by their statements.
const limits = { requestsPerMinute: 1_000_000, runningStatementsPerUser: 1000, serverDeaths: 1_000_000 };
const own = useOwnServer();
const server = useServer(limits, { running: false, on: own });
const proxies: DatabaseProxy[] = [];
const accounts = ['MILLRACE_DATASOURCE', 'MILLRACE_SYSTEM_DATASOURCE', 'MILLRACE_READER_DATASOURCE'] as const;
const throughProxy = (index: number) => () => ({
  ...server.environment,
  ...Object.fromEntries(accounts.map((name) => [name, proxies[index]!.through(server.environment[name]!)])),
});
const replicas = [useReplica(throughProxy(0)), useReplica(throughProxy(1))] as const;
let disk: SmallDisk | null = null;

afterAll(async () => {
  await Promise.all(replicas.map((replica) => replica.kill()));
  await Promise.all(proxies.map((proxy) => proxy.close()));
  const { admin, systemSchema } = server.database;
  for (const database of [systemSchema, `${systemSchema}_work`, results()])
    await admin.query(`DROP DATABASE IF EXISTS ${database}`);
  disk?.unmount();
});

describe(`two servers under fire (MILLRACE_SEED=${seed})`, { timeout: 240_000 + times * 15_000 }, () => {
  it('execute each key once, and know how it ended', async () => {
    const { database } = server;
    await query(`CREATE TABLE ${database.name}.booking (request VARCHAR(40))`);
    await makeResults();
    for (const _ of replicas) proxies.push(await openDatabaseProxy(database.datasource));
    await Promise.all(replicas.map((replica) => replica.start()));
    for (const replica of replicas) await untilReady(replica.url());

    const random = createRandom(seed);
    const undisturbed = await ask({ key: 'undisturbed', sql: detecting('undisturbed') });
    let over = false;
    const clients = [booking, booking, booking, reading, detection, appending, overwriting].map(work);
    const done = await intervene();
    over = true;
    const asked = (await Promise.all(clients)).flat();

    console.info(`${JSON.stringify(done)}; ${JSON.stringify(countsOf(asked))}, MILLRACE_SEED=${seed}`);
    const all = [undisturbed, ...asked];
    for (const each of all) expect([each.key, each.ids.size]).toEqual([each.key, 1]);
    for (const replica of replicas) {
      await untilReady(replica.url());
      expect(await statementsOf(replica.url())).toEqual(all.map(({ last }) => last).toSorted(byId));
    }
    const untrue: unknown[] = [];
    for (const each of all) await expectTrue(each).catch((error) => untrue.push(error));
    expect(untrue).toEqual([]);
    await expectAppended(asked.filter(({ key }) => key.startsWith('appending')));
    expect(await staged()).toEqual([]);
    await expect.poll(() => workersWith(server.database.systemSchema), { timeout: 20_000 }).toEqual([]);
    await expect.poll(transactions, { timeout: 20_000 }).toEqual([]);

    async function intervene(): Promise<Readonly<Partial<Record<InterventionName, number>>>> {
      const names = Object.keys(interventions) as InterventionName[];
      const counts: Partial<Record<InterventionName, number>> = {};
      for (let done = 0; done < times; ) {
        // Each comes once before any comes again.
        for (const name of random.shuffle(names)) {
          if (done === times) break;
          await sleep(random.between(0, 1000));
          const index = random.count(0, 1);
          const surroundings = { replica: replicas[index]!, proxy: proxies[index]!, database: own, disk, random };
          if (!(await interventions[name](surroundings))) continue;
          counts[name] = (counts[name] ?? 0) + 1;
          done++;
          if (done % 20 === 0) console.info(`${done} of ${times} interventions`);
        }
      }
      return counts;
    }

    async function work(program: (key: string) => string, client: number): Promise<Asked[]> {
      const done: Asked[] = [];
      do {
        const key = `${program.name}_${client}_${done.length}`;
        done.push(await ask({ key, sql: program(key) }));
      } while (!over);
      return done;
    }

    /** As a client does that wants its program done once: the same request again, until it has ended. */
    async function ask({ key, sql }: { readonly key: string; readonly sql: string }): Promise<Asked> {
      const ids = new Set<string>();
      for (let [cut, retries] = [0, 0]; ; ) {
        const { url } = random.pick(replicas);
        const options = { url: url(), headers: { 'idempotency-key': key }, signal: AbortSignal.timeout(20_000) };
        const body = { sql, wait: 1, labels: { key } };
        const answer = await server.json('POST', '/v1/statements', { ...options, body }).catch(() => null);
        if (answer === null || answer.status >= 500) {
          cut++;
          await sleep(100);
          continue;
        }
        expect([200, 202], JSON.stringify(answer.body)).toContain(answer.status);
        ids.add(answer.body.id);
        const { result, ...last } = answer.body;
        if (answer.status === 202) continue;
        if (last.state === 'succeeded' || isBooking(last) || retries === 50) return { key, ids, cut, retries, last };
        retries++;
        if (last.error.code === 'DATABASE_FULL') await disk?.room();
        await server.json('POST', `/v1/statements/${last.id}/retry?repeat=true`, options).catch(() => null);
      }
    }
  });
});

/** Another database than the pictures', on the disk that is filled. */
const results = () => `${server.database.name}_results`;

async function makeResults(): Promise<void> {
  const { admin, systemSchema } = server.database;
  const databases = [systemSchema, `${systemSchema}_work`, results()];
  for (const database of databases) await admin.query(`DROP DATABASE IF EXISTS ${database}`);
  disk = await mountSmallDisk(own.folder(), { mebibytes: 400, databases });
  if (disk === null) console.info('no disk is filled: that needs root and the right to mount');
  for (const database of databases) await admin.query(`CREATE DATABASE IF NOT EXISTS ${database}`);
  for (const name of accounts) {
    await admin.query(`GRANT ALL ON ${results()}.* TO ?@'%'`, [parseDsn(server.environment[name]!).user]);
  }
}

interface Asked {
  readonly key: string;
  /** All that were answered. */
  readonly ids: ReadonlySet<string>;
  /** Requests without an answer. */
  readonly cut: number;
  readonly retries: number;
  readonly last: Answer['body'];
}

const booking = (key: string) => `INSERT INTO booking SELECT '${key}' FROM (SELECT SLEEP(0.3)) AS slow`;
const reading = (key: string) => `SELECT id, '${key}' AS k FROM shot ORDER BY id LIMIT 200`;
const detection = (key: string) => detecting(key);
const appending = () => detecting('appended', "'append'");
const overwriting = () => detecting('overwritten', "'overwrite'");
const isBooking = ({ sql }: Answer['body']) => sql.startsWith('INSERT INTO booking');

function detecting(into: string, writeMode = "'fail'"): string {
  return `SELECT * FROM shot ORDER BY id LIMIT ${pictures}
  TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets", "--image_size=160"
  WITH partitions = 2, commit_rows = 2, retries = 20, write_mode = ${writeMode} INTO ${results()}.${into}`;
}

async function expectTrue({ key, last }: Asked): Promise<void> {
  if (isBooking(last)) {
    const booked = await query(`SELECT COUNT(*) AS n FROM ${server.database.name}.booking WHERE request = '${key}'`);
    const times = Number(booked[0]!.n);
    if (last.state === 'succeeded') return expect([key, times]).toEqual([key, 1]);
    expect([key, last.state, last.error.code]).toEqual([key, 'failed', last.error.code]);
    return expect([key, last.error.code, times <= (last.error.code === 'STATEMENT_UNCERTAIN' ? 1 : 0)]).toEqual([
      key,
      last.error.code,
      true,
    ]);
  }
  expect([key, last.state, last.error]).toEqual([key, 'succeeded', null]);
  if (last.steps[0].kind === 'sql') {
    const { body } = await server.json('GET', `${last.links.result}?limit=1000`, { url: replicas[0].url() });
    return expect([key, body.rows.length, body.truncated]).toEqual([key, 200, false]);
  }
  expect(last.progress).toMatchObject({ done: pictures, total: pictures, failed: 0 });
  await expectLedger(last.id);
  const states = await eventsOf(await server.ask('GET', last.links.events, { url: replicas[0].url() }));
  expect(states.at(-1)!.data.state).toBe('succeeded');
  if (key.startsWith('detection')) expect(await detections(key)).toEqual(await detections('undisturbed'));
  if (key.startsWith('overwriting')) expect(await detections('overwritten')).toEqual(await detections('undisturbed'));
}

/** Each selected row once, with as many detections as where nothing happened. */
async function expectLedger(id: string): Promise<void> {
  const { systemSchema } = server.database;
  const ledger = await query(
    `SELECT row_id, COUNT(*) AS n FROM ${systemSchema}.ledger JOIN ${systemSchema}.selections USING (selection_id)
     WHERE statement_id = '${id}' AND error_code IS NULL GROUP BY row_id ORDER BY row_id`,
  );
  const expected = Array.from({ length: pictures }, (_, index) => [index + 1, 1]);
  expect(ledger.map(({ row_id, n }) => [Number(row_id), Number(n)])).toEqual(expected);
}

async function expectAppended(asked: readonly Asked[]): Promise<void> {
  const appended = await detections('appended');
  const each = await detections('undisturbed');
  expect(appended).toEqual(each.map((row) => ({ ...row, n: String(Number(row.n) * asked.length) })));
}

/** Tables of a selection or of a result that is not published yet. */
async function staged(): Promise<readonly string[]> {
  const { systemSchema } = server.database;
  const tables = await query(
    `SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA IN ('${systemSchema}', '${systemSchema}_work', '${results()}')
     AND TABLE_NAME REGEXP '^(selection|result|replaced)_[0-9a-f]{32}$'`,
  );
  return tables.map(({ name }) => name);
}

/** Of our accounts: they hold locks. */
async function transactions(): Promise<readonly RowDataPacket[]> {
  const users = accounts.map((name) => parseDsn(server.environment[name]!).user);
  const [rows] = await server.database.admin.query<RowDataPacket[]>(
    `SELECT trx_id, trx_query FROM information_schema.INNODB_TRX AS t
     JOIN information_schema.PROCESSLIST AS p ON p.ID = t.trx_mysql_thread_id WHERE p.USER IN (?)`,
    [users],
  );
  return rows;
}

async function statementsOf(url: string): Promise<Answer['body'][]> {
  const all: Answer['body'][] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Answer = await server.json('GET', `/v1/statements?limit=50${cursor && `&cursor=${cursor}`}`, { url });
    all.push(...page.body.statements);
    cursor = page.body.next;
  }
  return all.toSorted(byId);
}

const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);

function countsOf(asked: readonly Asked[]): Record<string, number> {
  const sum = (count: (each: Asked) => number) => asked.reduce((total, each) => total + count(each), 0);
  const counts: Record<string, number> = { cut: sum(({ cut }) => cut), retries: sum(({ retries }) => retries) };
  for (const { key, last } of asked) {
    const end = `${key.split('_')[0]}: ${last.error?.code ?? last.state}`;
    counts[end] = (counts[end] ?? 0) + 1;
  }
  return counts;
}

async function detections(table: string): Promise<RowDataPacket[]> {
  return query(
    `SELECT id, file_name, class_name, COUNT(*) AS n FROM ${results()}.${table} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
  );
}

async function query(sql: string): Promise<RowDataPacket[]> {
  return withReconnect(async () => (await server.database.admin.query<RowDataPacket[]>(sql))[0]);
}
