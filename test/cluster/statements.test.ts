import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { eachRow } from '../../src/datasource/row-stream.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { readTransitions } from '../../src/ledger/history.ts';
import { readResultBatches } from '../../src/ledger/results.ts';
import { detect, ended, planOf, submit } from '../use-session.ts';
import { useCluster } from './use-cluster.ts';

describe('statements on Kubernetes', () => {
  const cluster = useCluster();
  const rowsOf = (table: string) => cluster.query(`SELECT * FROM ${table} ORDER BY id, detection_no`);
  const options = (attributes = '') => `partitions = 4, parallelism = 2, cpu = 0.2, commit_rows = 4${attributes}`;

  it('have exactly the rows of the local engine, on four partitions', async () => {
    const here = await submit(cluster.session, detect(24, 'here', 'partitions = 3'));
    expect(await ended(cluster.session, here)).toMatchObject({ state: 'succeeded' });
    const id = await cluster.start(detect(24, 'there', options()));
    const status = await cluster.ended(id);
    expect(status).toMatchObject({ state: 'succeeded', error: null, steps: [{ state: 'succeeded', rows: 24 }] });
    expect(status.steps[0]!.partitions.map(({ state, done }) => [state, done])).toEqual(new Array(4).fill(['done', 6]));
    const rows = await rowsOf('here');
    expect(rows.length).toBeGreaterThan(24);
    expect(await rowsOf('there')).toEqual(rows);
  });

  it('find the pictures that the local engine finds', async () => {
    for (const text of [
      "CREATE MODEL seer FROM '/models/demo.onnx'",
      detect(16, 'seen').replace(', "--image_size=160"', ''),
    ])
      expect(await ended(cluster.session, await submit(cluster.session, text))).toMatchObject({ error: null });
    const classes = await cluster.query(
      'SELECT class_name AS name FROM seen GROUP BY 1 ORDER BY ABS(COUNT(DISTINCT id) - 8), 1 LIMIT 2',
    );
    const [first, second] = classes.map(({ name }) => `"${name}"`);
    const find = (into: string, attributes: string) => `SELECT * FROM shot WHERE id <= 16
TO FIND ${first} AND NOT ${second} WITH image_dir = '/datasets', reuse = false, ${attributes} USING seer INTO ${into}`;
    const found = (table: string) => cluster.query(`SELECT * FROM ${table} ORDER BY id`);
    await ended(cluster.session, await submit(cluster.session, find('found_here', 'partitions = 2')));
    const id = await cluster.start(find('found_there', 'partitions = 4, pods = 2, cpu = 0.2'));
    const status = await cluster.ended(id);
    expect(status).toMatchObject({ state: 'succeeded', error: null, steps: [{ state: 'succeeded', rows: 16 }] });
    expect(status.steps[0]!.partitions.map(({ state, done }) => [state, done])).toEqual(new Array(4).fill(['done', 4]));
    const rows = await found('found_here');
    expect(rows.length).toBeGreaterThan(0);
    expect(await found('found_there')).toEqual(rows);
  });

  it('measure a model as the local engine does', async () => {
    const truth = await submit(cluster.session, detect(12, 'truth', 'partitions = 2'));
    expect(await ended(cluster.session, truth)).toMatchObject({ state: 'succeeded' });
    const evaluate = (into: string, attributes = '') => `SELECT id AS image_id, file_name FROM shot WHERE id <= 12
TO EVALUATE demo WITH image_dir = "/datasets", image_size = 160, partitions = 2${attributes} LABEL truth INTO ${into}`;
    const here = await submit(cluster.session, evaluate('measured_here'));
    expect(await ended(cluster.session, here)).toMatchObject({ state: 'succeeded' });
    const status = await cluster.ended(await cluster.start(evaluate('measured_there', ', cpu = 0.2')));
    expect(status).toMatchObject({ state: 'succeeded', error: null, steps: [{ rows: 12 }] });
    const figures = (table: string) =>
      cluster.query(`SELECT metric, class_name, value FROM ${table}
        WHERE metric NOT REGEXP '_ms$|_bytes$|per_second$' ORDER BY metric, class_name`);
    const measured = await figures('measured_here');
    expect(measured.length).toBeGreaterThan(20);
    expect(await figures('measured_there')).toEqual(measured);
  });

  it('register a model in a pod, and run the registered file', async () => {
    const program = `CREATE MODEL registered FROM '/models/demo.onnx';
SELECT * FROM shot LIMIT 4
TO RUN millrace/worker CMD "detect", "--model=registered", "--image_dir=/datasets" INTO found_by_registered;
DESCRIBE MODEL registered;`;
    const id = await cluster.start(program);
    expect(await cluster.ended(id)).toMatchObject({
      state: 'succeeded',
      steps: [{ state: 'succeeded' }, { state: 'succeeded', rows: 4 }, { state: 'succeeded' }],
    });
    const { pool, systemSchema } = cluster.database;
    const rows: unknown[][] = [];
    for await (const row of eachRow(readResultBatches(pool, systemSchema, { statement: id, step: 'step-3' })))
      rows.push([...row]);
    expect(rows.map((row) => row.slice(0, 3))).toEqual([[1, 1, 'detector']]);
  });

  it('create one workflow if submitted twice', async () => {
    const text = detect(8, 'twice', options());
    const plan = await planOf(cluster.session, text);
    const submission = cluster.submission(text, plan, randomUUIDv7());
    const other = await cluster.engineWith();
    await Promise.all([cluster.engine.submit(submission), other.submit(submission)]);
    const [one, two] = await Promise.all([cluster.ended(submission.id), cluster.ended(submission.id, other)]);
    expect(one.state).toBe('succeeded');
    expect(two).toEqual(one);
    expect(
      (await cluster.pods(submission.id)).map(({ metadata }) => metadata?.labels?.['millrace/source']).sort(),
    ).toEqual(['finish', 'prepare', 'worker-0', 'worker-1']);
    expect(new Set((await rowsOf('twice')).map(({ id }) => id)).size).toBe(8);
  });

  it('run in parallel without affecting each other', async () => {
    const ids = await Promise.all(['first', 'second'].map((table) => cluster.start(detect(12, table, options()))));
    const statuses = await Promise.all(ids.map((id) => cluster.ended(id)));
    expect(statuses.map(({ state }) => state)).toEqual(['succeeded', 'succeeded']);
    expect(await rowsOf('first')).toEqual(await rowsOf('second'));
    expect(new Set((await rowsOf('first')).map(({ id }) => id)).size).toBe(12);
  });

  it('run in order within a program', async () => {
    const program = `CREATE TABLE few AS SELECT * FROM shot LIMIT 6;
SELECT * FROM few TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets" INTO found_few;
CREATE TABLE counted AS SELECT COUNT(DISTINCT id) AS pictures FROM found_few;
SELECT pictures, 'counted in a pod' AS how FROM counted;`;
    const id = await cluster.start(program);
    expect(await cluster.ended(id)).toMatchObject({
      state: 'succeeded',
      steps: [{ state: 'succeeded' }, { state: 'succeeded', rows: 6 }, { state: 'succeeded' }, { state: 'succeeded' }],
    });
    expect(await cluster.query('SELECT pictures FROM counted')).toEqual([{ pictures: '6' }]);
    const { pool, systemSchema } = cluster.database;
    const rows: unknown[] = [];
    for await (const row of eachRow(readResultBatches(pool, systemSchema, { statement: id, step: 'step-4' })))
      rows.push(row);
    expect(rows).toEqual([['6', 'counted in a pod']]);
  });

  it('start one after the other if the limit per user is one, even from another server', async () => {
    const { database } = cluster;
    const server = { readOnly: false, resultBytes: 1000, statementSeconds: null, labels: {} };
    const first = await serve();
    const ids: string[] = [];
    for (const table of ['queued_1', 'queued_2', 'queued_3']) {
      const text = `CREATE TABLE ${table} AS SELECT 1 AS one;`;
      const submission = { ...cluster.submission(text, await planOf(cluster.session, text)), server };
      await first.engine.submit(submission);
      ids.push(submission.id);
    }
    expect(await first.engine.status(ids[2]!)).toMatchObject({ state: 'queued', error: null });
    await first.stop();
    const second = await serve();
    for (const id of ids)
      expect(await cluster.ended(id, second.engine)).toMatchObject({ state: 'succeeded', error: null });
    await second.stop();
    const transitions = await Promise.all(
      ids.map(async (id, index) =>
        (await readTransitions(database.pool, database.systemSchema, id, 0)).map((transition) => ({
          ...transition,
          statement: index + 1,
        })),
      ),
    );
    const started = transitions.flat().filter(({ state }) => state !== 'queued');
    expect(
      started.toSorted((a, b) => a.number - b.number).map(({ statement, state }) => `${statement} ${state}`),
    ).toEqual([1, 2, 3].flatMap((statement) => [`${statement} running`, `${statement} succeeded`]));
  });

  /** The engine of a server that runs one statement per user at once. */
  async function serve(): Promise<{ readonly engine: Engine; readonly stop: () => Promise<void> }> {
    const engine = await cluster.engineWith({}, undefined, 1);
    const over = new AbortController();
    const keeping = engine.keepRecords(over.signal, (error) => expect.unreachable(String(error)));
    return {
      engine,
      async stop() {
        over.abort();
        await keeping;
        await engine.close();
      },
    };
  }

  it('have logs of every worker, without the lines of the executor', async () => {
    const id = await cluster.start(detect(8, 'logged', options()));
    await cluster.ended(id);
    const lines: { source: string; text: string }[] = [];
    for await (const line of cluster.engine.logs(id)) lines.push(line);
    expect([...new Set(lines.map(({ source }) => source))]).toEqual(['prepare', 'worker-0', 'worker-1', 'finish']);
    expect(lines.filter(({ text }) => !text.startsWith('{') || text.includes('argo=true'))).toEqual([]);
    const one: unknown[] = [];
    for await (const { text } of cluster.engine.logs(id, { step: 'step-1', partition: 2 }))
      one.push(JSON.parse(text).partition);
    expect(new Set(one)).toEqual(new Set([2]));
  });

  it('start no pods for the partitions of an empty selection', async () => {
    const text = detect(8, 'nothing_there', options()).replace('FROM shot', 'FROM shot WHERE 1 = 0');
    const id = await cluster.start(text.replace(/WHERE 1 = 0 WHERE/, 'WHERE 1 = 0 AND'));
    expect(await cluster.ended(id)).toMatchObject({ state: 'succeeded', steps: [{ rows: 0, partitions: [] }] });
    const sources = (await cluster.pods(id)).map(({ metadata }) => metadata?.labels?.['millrace/source']);
    expect(sources.sort()).toEqual(['finish', 'prepare']);
  });

  it('may contain 78 KB of quoted values, which are in no pod, and give commands no token', async () => {
    const values = Array.from({ length: 8000 }, (_, index) => `"none-${index}"`).join(', ');
    const text = detect(4, 'long_values', options()).replace(
      'FROM shot',
      `FROM shot WHERE file_name NOT IN (${values})`,
    );
    const id = await cluster.start(text.replace(/\) WHERE/, ') AND'));
    expect(await cluster.ended(id)).toMatchObject({ state: 'succeeded', error: null });
    for (const { spec } of await cluster.pods(id)) {
      expect(spec?.automountServiceAccountToken).toBe(false);
      const main = spec?.containers.find(({ name }) => name === 'main');
      const mounts = main?.volumeMounts?.map(({ mountPath }) => mountPath) ?? [];
      expect(mounts.filter((path) => path.startsWith('/var/run/secrets/kubernetes.io'))).toEqual([]);
    }
  });

  it('start pods in a retry only for the partitions with rows left', async () => {
    const select = "SELECT id, file_name FROM shot WHERE id <= 3 UNION ALL SELECT 99, 'gone.jpg'";
    const text = detect(4, 'retried', options()).replace(/^SELECT .*/, select);
    const id = await cluster.start(text);
    expect(await cluster.ended(id)).toMatchObject({ state: 'failed', error: { code: 'ROWS_FAILED' } });
    await cluster.engine.retry(id);
    expect(await cluster.ended(id)).toMatchObject({ state: 'failed', error: { code: 'ROWS_FAILED' } });
    const second = (await cluster.pods(id)).filter(
      ({ metadata }) => metadata?.labels?.['workflows.argoproj.io/workflow'] === `millrace-${id}-2`,
    );
    expect(second.map(({ metadata }) => metadata?.labels?.['millrace/source']).sort()).toEqual([
      'finish',
      'prepare',
      'worker-0',
    ]);
  });

  it('are listed', async () => {
    const listed = await cluster.engine.list();
    expect(listed.length).toBeGreaterThan(0);
    expect(listed.filter(({ state }) => state !== 'succeeded')).toHaveLength(1);
  });
});
