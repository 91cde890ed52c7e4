import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, RowDataPacket } from 'mysql2/promise';
import type { Config } from '../src/config.ts';
import { parseDsn } from '../src/datasource/dsn.ts';
import { quoteTable } from '../src/datasource/identifiers.ts';
import { openPool } from '../src/datasource/pool.ts';
import { fillDatabase } from '../src/demo/database.ts';
import { openSession, type Session } from '../src/service/session.ts';
import { type Figure, median, type Table } from './figure.ts';
import { type Load, loadCall, loadRoute } from './load.ts';
import type { Pictures } from './material.ts';
import { type ServerProcess, startBareServer, startServerProcess } from './server-process.ts';

type OwnConfig = Config & { readonly dsn: string };

const rounds = 5;

/** Measures what the server costs beyond a bare route, a bare query and the engine alone. */
export async function benchServer(pictures: Pictures, config: OwnConfig): Promise<Table> {
  const pool = openPool(parseDsn(config.dsn), { connections: 16 });
  const bare = await startBareServer(config.dsn);
  const server = await startServerProcess(config);
  try {
    return {
      title: '8 clients at once, 5 s each; statements one after the other',
      figures: [
        ...(await requestFigures(server, bare, pool)),
        ...(await overheadFigures(server, pictures, config)),
        ...(await crowdFigures(server, pictures.imageDir)),
      ],
    };
  } finally {
    await Promise.all([server.stop(), bare.stop(), pool.end()]);
  }
}

async function requestFigures(server: ServerProcess, bare: ServerProcess, pool: Pool): Promise<Figure[]> {
  const statements = `${server.url}/v1/statements`;
  const { id } = await post(statements, { sql: 'SELECT 1', wait: 60 });
  const route = await loadRoute(`${bare.url}/word`);
  const query = await loadCall(() => pool.query('SELECT 1 AS one'));
  const small = { method: 'POST', body: { sql: 'SELECT 1 AS one', wait: 60 } } as const;
  const submit = { method: 'POST', body: { sql: 'SELECT 1 AS one', wait: 0 } } as const;
  const bareQuery = await loadRoute(`${bare.url}/query`, { method: 'POST', body: {} });
  const withQuery = ['a bare route with a query', bareQuery] as const;
  return [
    ...loadFigures('a bare Fastify route', route),
    ...loadFigures('a bare mysql2 query', query),
    ...loadFigures('a bare route with a query', bareQuery),
    ...loadFigures('GET /healthz', await loadRoute(`${server.url}/healthz`), ['a bare Fastify route', route]),
    ...loadFigures('GET /v1/statements/{id}', await loadRoute(`${statements}/${id}`), withQuery),
    ...loadFigures('POST SELECT 1, with its row', await loadRoute(statements, small), withQuery),
    ...loadFigures('POST SELECT 1, wait=0', await loadRoute(statements, submit), ['a bare mysql2 query', query]),
  ];
}

function loadFigures(figure: string, { perSecond, p99 }: Load, against?: readonly [string, Load]): Figure[] {
  const compared = (ratio: (load: Load) => number) =>
    against === undefined ? {} : { against: { baseline: against[0], ratio: ratio(against[1]) } };
  return [
    { figure, value: perSecond, unit: 'a second', ...compared((base) => perSecond / base.perSecond) },
    { figure: `${figure}: p99`, value: p99, unit: 'ms', ...compared((base) => p99 / base.p99) },
  ];
}

/** Measures the time from the request until the first worker has claimed its partition, alternating with the engine in this process. */
async function overheadFigures(server: ServerProcess, pictures: Pictures, config: OwnConfig): Promise<Figure[]> {
  const session = await openSession(config, () => {});
  try {
    const fileNames = pictures.dataset.images.map(({ file_name }) => file_name);
    await fillDatabase(session.pools.tables, '', { fileNames, dataset: pictures.dataset, note: '' });
    const times = { http: [] as number[], engine: [] as number[], submit: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      const http = await overHttp(server, session, pictures.imageDir, config.schema);
      times.http.push(http.startedMs);
      times.submit.push(http.answeredMs);
      times.engine.push(await onEngine(session, pictures.imageDir, config.schema));
    }
    const [http, engine] = [median(times.http), median(times.engine)];
    const baseline = 'the engine alone';
    return [
      { figure: 'submit to first partition: the engine alone', value: engine, unit: 'ms' },
      {
        figure: 'POST to first partition',
        value: http,
        unit: 'ms',
        against: { baseline, ratio: http / engine },
      },
      { figure: 'POST of TO RUN, wait=0: answered', value: median(times.submit), unit: 'ms' },
    ];
  } finally {
    await session.close();
  }
}

const crowd = 200;

/** Submits many statements at once, while a probe measures how fast the server answers. */
async function crowdFigures({ url }: ServerProcess, imageDir: string): Promise<Figure[]> {
  const probes: number[] = [];
  let accepting = true;
  const probing = (async () => {
    while (accepting) {
      const begun = performance.now();
      await fetch(`${url}/healthz`);
      probes.push(performance.now() - begun);
      await sleep(10);
    }
  })();
  const begun = performance.now();
  const submitted = await Promise.all(
    Array.from({ length: crowd }, () => post(`${url}/v1/statements`, { sql: statement(imageDir), wait: 0 })),
  );
  const accepted = performance.now() - begun;
  accepting = false;
  await probing;
  await Promise.all(submitted.map(({ id }) => fetch(`${url}/v1/statements/${id}/cancel`, { method: 'POST' })));
  return [
    { figure: `${crowd} POSTs of TO RUN at once, wait=0: the last answered`, value: accepted, unit: 'ms' },
    { figure: 'GET /healthz meanwhile: the slowest', value: Math.max(...probes), unit: 'ms' },
  ];
}

const statement = (imageDir: string) => `SELECT image_id, file_name FROM demo.images LIMIT 4
  TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=${imageDir}"
  WITH partitions = 1, write_mode = 'overwrite' INTO demo.few;`;

async function overHttp(
  { url }: ServerProcess,
  session: Session,
  imageDir: string,
  schema: string,
): Promise<{ readonly startedMs: number; readonly answeredMs: number }> {
  const begun = Date.now();
  const { id } = await post(`${url}/v1/statements`, { sql: statement(imageDir), wait: 0 });
  const answeredMs = Date.now() - begun;
  return { startedMs: (await partitionStarted(session, schema, id)) - begun, answeredMs };
}

async function onEngine(session: Session, imageDir: string, schema: string): Promise<number> {
  const begun = Date.now();
  const sql = statement(imageDir);
  const program = await session.parse(sql);
  const submission = session.submission(program, await session.plan(program, { user: 'test', isAdmin: true }));
  await session.engine.submit(submission);
  return (await partitionStarted(session, schema, submission.id)) - begun;
}

/** Waits for the statement to end, so that the next one has the machine to itself. The database uses this machine's clock. */
async function partitionStarted(
  { engine, pools: { system: pool } }: Session,
  schema: string,
  id: string,
): Promise<number> {
  for await (const { state, error } of engine.events(id)) {
    if (error !== null) throw new Error(`${state}: ${error.code}: ${error.message}`);
  }
  const table = (name: string) => quoteTable({ database: schema, table: name });
  const [[row]] = await pool.query<RowDataPacket[]>(
    `SELECT MIN(p.started_at) AS started FROM ${table('selections')} AS s
     JOIN ${table('partitions')} AS p ON p.selection_id = s.selection_id WHERE s.statement_id = ?`,
    [id],
  );
  return Date.parse(`${row!.started.replace(' ', 'T')}Z`);
}

async function post(url: string, body: object): Promise<{ readonly id: string }> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`POST ${url}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as { id: string };
}
