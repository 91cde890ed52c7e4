import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../src/demo/scenes/random.ts';
import type { ObservedWorkflow } from '../../src/engine/argo/workflows/observed-workflow.ts';
import { isCompleted } from '../../src/engine/argo/workflows/workflows.ts';
import { scenes } from '../pictures.ts';
import type { Answer } from '../server/use-server.ts';
import { detect, ended, submit } from '../use-session.ts';
import { claimFolder } from './on-this-node.ts';
import { useArgoServer } from './use-argo-server.ts';
import { useCluster } from './use-cluster.ts';

/** More: `npm run test:soak -- --statements=2000 --with-pods=100 --seed=…` */
const statements = Number(process.env.MILLRACE_SOAK_STATEMENTS ?? 60);
/** Number of them that need pods. */
const withPods = Number(process.env.MILLRACE_SOAK_PODS ?? 6);
const seed = Number(process.env.MILLRACE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const clients = 6;
const restarts = 4 + Math.floor(statements / 200);

const users = {
  ada: { role: 'user' },
  bob: { role: 'user' },
  rita: { role: 'reader' },
  root: { role: 'admin' },
} as const;
type User = keyof typeof users;
type Kind = keyof typeof kinds;

/** What users do, with how often they do it, among statements with or without pods. */
const kinds = {
  reads: { pods: false, weight: 12 },
  makesMistake: { pods: false, weight: 4 },
  cancelsQuery: { pods: false, weight: 1 },
  writes: { pods: true, weight: 4 },
  detects: { pods: true, weight: 3 },
  cancelsDetection: { pods: true, weight: 2 },
  mendsAndRetries: { pods: true, weight: 1 },
} as const;

const few = 'partitions = 2, cpu = 0.2';

/** How a query of a user ends during which the server dies: it may call functions that write. */
const uncertain = 'STATEMENT_UNCERTAIN';

const mistakes = [
  ['SELECT * FROM', 'QUERY_REFUSED'],
  ['SELECT * FROM nowhere', 'QUERY_REFUSED'],
  [detect(3, 'never').replace('"--model=demo"', '"--model=demo", "--modle=demo"'), 'UNKNOWN_OPTION'],
  [detect(3, 'never', 'partitons = 2'), 'UNKNOWN_ATTRIBUTE'],
] as const;

interface Done {
  readonly kind: Kind;
  readonly user: User;
  readonly key: string;
  /** Absent: it was refused before anything was stored. */
  readonly id?: string | undefined;
  readonly state: string;
}

describe(`${statements} statements of several users, of which ${withPods} need pods (MILLRACE_SEED=${seed})`, {
  timeout: 300_000 + statements * 2000 + withPods * 120_000,
}, () => {
  const cluster = useCluster();
  const server = useArgoServer<User>(cluster, users);
  const random = createRandom(seed);
  const readTimes: number[] = [];
  let undisturbed: string;
  let expected: unknown[];
  let keys = 0;

  beforeAll(async () => {
    undisturbed = await submit(cluster.session, detect(3, 'expected'));
    await ended(cluster.session, undisturbed);
    expected = await rowsOf('expected');
    await cluster.query('CREATE TABLE booking (request VARCHAR(40))');
    await cluster.query('CREATE TABLE late (id VARCHAR(40) PRIMARY KEY, file_name VARCHAR(50))');
    const { accounts, systemSchema } = cluster.database;
    const { dsn: user, systemDsn: system, readerDsn: reader } = accounts;
    const dsns = Object.entries({ user, system, reader });
    await cluster.core.createNamespacedSecret({
      namespace: cluster.namespace,
      body: {
        metadata: { name: 'accounts' },
        stringData: Object.fromEntries(dsns.map(([key, dsn]) => [key, cluster.dsnInPods(dsn!)])),
      },
    });
    await server.start({
      file: { limits: { requestsPerMinute: 1_000_000, runningStatementsPerUser: 4, serverDeaths: 1_000_000 } },
      environment: {
        MILLRACE_SCHEMA: systemSchema,
        MILLRACE_DATASOURCE: user,
        MILLRACE_SYSTEM_DATASOURCE: system!,
        MILLRACE_READER_DATASOURCE: reader!,
        MILLRACE_DATASOURCE_SECRET: 'accounts/user',
        MILLRACE_SYSTEM_DATASOURCE_SECRET: 'accounts/system',
        MILLRACE_READER_DATASOURCE_SECRET: 'accounts/reader',
      },
    });
  });

  const rowsOf = (table: string) => cluster.query(`SELECT * FROM ${table} ORDER BY id, detection_no`);
  const submitted = (user: User, key: string, sql: string, wait = 0) =>
    server.json(user, 'POST', '/v1/statements', { body: { sql, wait }, headers: { 'idempotency-key': key } });
  const act = (user: User, id: string, what: string) => server.json(user, 'POST', `/v1/statements/${id}/${what}`);

  async function end(user: User, { status, body: { id } }: Answer, state: string): Promise<Answer['body']> {
    expect([200, 202]).toContain(status);
    for (;;) {
      const { body } = await server.json(user, 'GET', `/v1/statements/${id}`);
      const isUncertain = body.error?.code === uncertain;
      if (isUncertain && state === 'succeeded') await act(user, id, 'retry?repeat=true');
      else if (['succeeded', 'failed', 'cancelled', 'interrupted'].includes(body.state)) {
        const error = state === 'succeeded' ? null : expect.anything();
        expect([body.state, body.error]).toEqual([isUncertain ? 'failed' : state, error]);
        return body;
      }
      await sleep(500);
    }
  }

  const works: { readonly [K in Kind]: (user: User, key: string) => Promise<Pick<Done, 'id' | 'state'>> } = {
    async reads(user, key) {
      const most = random.count(1, 3000);
      const begun = performance.now();
      const answer = await submitted(user, key, `SELECT COUNT(*) AS n FROM shot WHERE id <= ${most}`, 30);
      readTimes.push(performance.now() - begun);
      const body = await end(user, answer, 'succeeded');
      const { body: result } = await server.json(user, 'GET', body.links.result);
      expect(result.rows).toEqual([[String(most)]]);
      return body;
    },
    async makesMistake(user, key) {
      const [sql, code] = user === 'rita' ? (['DROP TABLE shot', 'READ_ONLY_ROLE'] as const) : random.pick(mistakes);
      const answer = await submitted(user, key, sql, 30);
      if (answer.status >= 400) {
        expect([sql, answer.body.code]).toEqual([sql, code]);
        return { id: answer.body.statement, state: 'failed' };
      }
      // The server ends, or the request was sent again after its death: the statement is stored.
      const body = await end(user, answer, 'failed');
      expect([sql, code, uncertain]).toContain(body.error.code);
      return body;
    },
    async cancelsQuery(user, key) {
      const answer = await submitted(user, key, 'SELECT SLEEP(600)');
      await act(user, answer.body.id, 'cancel');
      return end(user, answer, 'cancelled');
    },
    writes: async (user, key) =>
      end(user, await submitted(user, key, `INSERT INTO booking VALUES ('${key}')`), 'succeeded'),
    async detects(user, key) {
      const body = await end(user, await submitted(user, key, detect(3, key, few)), 'succeeded');
      expect(await rowsOf(key)).toEqual(expected);
      return body;
    },
    async cancelsDetection(user, key) {
      const answer = await submitted(user, key, detect(3000, key, few));
      await sleep(random.between(0, 10_000));
      await act(user, answer.body.id, 'cancel');
      const body = await end(user, answer, 'cancelled');
      expect(await cluster.query(`SHOW TABLES LIKE '${key}'`)).toEqual([]);
      return body;
    },
    async mendsAndRetries(user, key) {
      const file = `${key}.jpg`;
      await cluster.query('INSERT INTO late VALUES (?, ?)', [key, file]);
      const sql = detect(1, key, few).replace('FROM shot ORDER BY id', `FROM late WHERE id = '${key}'`);
      const answer = await submitted(user, key, sql);
      const failed = await end(user, answer, 'failed');
      expect(failed.error.code).toBe('ROWS_FAILED');
      await copyFile(join(cluster.pictures.folder, scenes[0]!), join(await claimFolder(cluster, 'datasets'), file));
      await act(user, failed.id, 'retry');
      return end(user, answer, 'succeeded');
    },
  };

  /** Clients work off the kinds together. The server is restarted meanwhile, and not always asked before. */
  async function work(list: readonly Kind[], restarts: number): Promise<readonly Done[]> {
    const left = [...list];
    const done: Done[] = [];
    const due = Array.from({ length: restarts }, (_, at) => Math.floor(((at + 1) * list.length) / (restarts + 1)));
    const client = async (number: number) => {
      for (let kind = left.pop(); kind !== undefined; kind = left.pop()) {
        const user = isOfReaders(kind) && number % 3 === 2 ? 'rita' : random.pick(['ada', 'bob'] as const);
        const key = `${kind}_${++keys}`;
        done.push({ kind, user, key, ...pick(await works[kind](user, key)) });
        if (done.length % 100 === 0) console.info(`${keys} statements, ${new Date().toISOString()}`);
        if (!due.includes(done.length)) continue;
        await (done.length % 2 === 0 ? server.replica.kill() : server.replica.terminate());
        await server.replica.start();
      }
    };
    await Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
    return done;
  }

  it('keep an exact ledger, leave nothing behind, and take no more memory and time in the end', async () => {
    const list = random.shuffle(plannedKinds());
    const [half, warm] = [0.5, 0.6].map((share) => Math.floor(list.length * share)) as [number, number];
    const done = [...(await work(list.slice(0, half), restarts)), ...(await work(list.slice(half, warm), 0))];
    const before = await residentMiB(server.replica.pid());
    readTimes.length = 0;
    done.push(...(await work(list.slice(warm), 0)));
    const after = await residentMiB(server.replica.pid());
    const few = Math.ceil(readTimes.length / 4);
    const [first, last] = [median(readTimes.slice(0, few)), median(readTimes.slice(-few))];
    console.info(
      `${JSON.stringify(countsOf(done))}; the server's memory: ${before} MiB, then ${after} MiB; a small query: ${first} ms, then ${last} ms; MILLRACE_SEED=${seed}`,
    );
    await expectExact(done);
    await expectNothingLeft(done);
    expect(after).toBeLessThan(2 * before);
    expect(last).toBeLessThan(20 * first);
  });

  async function expectExact(done: readonly Done[]): Promise<void> {
    const kept = done.filter(({ id }) => id !== undefined);
    const listed = new Map<string, string>();
    for (let cursor: string | null = ''; cursor !== null; ) {
      const path = `/v1/statements?limit=200${cursor && `&cursor=${cursor}`}`;
      const { body }: Answer = await server.json('root', 'GET', path);
      for (const { id, state } of body.statements) listed.set(id, state);
      cursor = body.next;
    }
    listed.delete(undisturbed);
    expect(listed).toEqual(new Map(kept.map(({ id, state }) => [id!, state])));
    const booked = await cluster.query('SELECT request FROM booking ORDER BY request');
    const writes = done.filter(({ kind }) => kind === 'writes').map(({ key }) => key);
    expect(booked.map(({ request }) => request)).toEqual(writes.toSorted());
    const { systemSchema } = cluster.database;
    const ledger = await cluster.query(
      `SELECT statement_id AS id, COUNT(*) AS n, COUNT(DISTINCT row_id) AS each_once, SUM(error_code IS NOT NULL) AS failed
       FROM ${systemSchema}.ledger JOIN ${systemSchema}.selections USING (selection_id) GROUP BY statement_id`,
    );
    const rows = { detects: '3', mendsAndRetries: '1' } as Partial<Record<Kind, string>>;
    for (const { kind, id } of kept) {
      if (rows[kind] === undefined) continue;
      expect(ledger.find((row) => row.id === id)).toEqual({ id, n: rows[kind], each_once: rows[kind], failed: '0' });
    }
  }

  /** No workflow that runs or that no statement is known of, no pod that runs, no logs that are still to be stored. */
  async function expectNothingLeft(done: readonly Done[]): Promise<void> {
    const { namespace, custom, core } = cluster;
    const known = new Set(done.map(({ id }) => id));
    const strange = async () => {
      const kind = { group: 'argoproj.io', version: 'v1alpha1', plural: 'workflows', namespace };
      const { items } = (await custom.listNamespacedCustomObject(kind)) as { items: ObservedWorkflow[] };
      const isDone = ({ metadata }: ObservedWorkflow) =>
        isCompleted({ metadata }) && known.has(metadata.labels?.['millrace/statement']);
      return items.filter((workflow) => !isDone(workflow)).map(({ metadata }) => metadata.name);
    };
    await expect.poll(strange, { timeout: 120_000, interval: 1000 }).toEqual([]);
    const running = async () =>
      (await core.listNamespacedPod({ namespace })).items.flatMap(({ metadata, status }) =>
        ['Pending', 'Running'].includes(status?.phase ?? '') ? [metadata?.name] : [],
      );
    await expect.poll(running, { timeout: 120_000, interval: 1000 }).toEqual([]);
    const due = () => cluster.query(`SELECT statement_id FROM ${cluster.database.systemSchema}.due_logs`);
    await expect.poll(due, { timeout: 300_000, interval: 1000 }).toEqual([]);
  }
});

/** As many of each kind as its weight says, but one of each at least. */
function plannedKinds(): readonly Kind[] {
  const of = (pods: boolean, count: number) => {
    const names = (Object.keys(kinds) as Kind[]).filter((name) => kinds[name].pods === pods);
    const weighted = names.flatMap((name) => new Array<Kind>(kinds[name].weight).fill(name));
    return [
      ...names,
      ...Array.from({ length: Math.max(0, count - names.length) }, (_, at) => weighted[at % weighted.length]!),
    ];
  };
  return [...of(true, withPods), ...of(false, statements - withPods)];
}

const isOfReaders = (kind: Kind) => kind === 'reads' || kind === 'makesMistake' || kind === 'cancelsQuery';

const pick = ({ id, state }: Pick<Done, 'id' | 'state'>) => ({ id, state });

function countsOf(done: readonly Done[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(done, ({ kind }) => kind)].map(([kind, all]) => [kind, all.length]));
}

function median(values: readonly number[]): number {
  return Math.round(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0);
}

/** The least of some moments: garbage is collected in between. */
async function residentMiB(pid: number): Promise<number> {
  const found: number[] = [];
  for (let look = 0; look < 10; look++) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    found.push(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024);
    await sleep(500);
  }
  return Math.round(Math.min(...found));
}
