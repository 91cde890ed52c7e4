import { describe, expect, inject, it } from 'vitest';
import { detect } from '../use-session.ts';
import { useCluster } from './use-cluster.ts';

/** The program of an image with SQLFlow's contract: reads its rows and writes its own table. */
const program = `
import { parseDsn } from '/app/src/datasource/dsn.ts';
import { openPool } from '/app/src/datasource/pool.ts';
const { SQLFLOW_DATASOURCE, SQLFLOW_TO_RUN_SELECT, SQLFLOW_TO_RUN_INTO, SQLFLOW_TO_RUN_IMAGE } = process.env;
const pool = openPool(parseDsn(SQLFLOW_DATASOURCE), { connections: 1 });
const [rows] = await pool.query(SQLFLOW_TO_RUN_SELECT);
await pool.query('CREATE TABLE IF NOT EXISTS ' + SQLFLOW_TO_RUN_INTO + ' (id INT, image VARCHAR(100), share TEXT)');
await pool.query('INSERT INTO ' + SQLFLOW_TO_RUN_INTO + ' VALUES ?', [rows.map(({ id }) => [id, SQLFLOW_TO_RUN_IMAGE, SQLFLOW_TO_RUN_SELECT])]);
await pool.end();
`;

describe('images on Kubernetes', () => {
  const cluster = useCluster();

  async function run(text: string) {
    const engine = await cluster.engineWith({ MILLRACE_IMAGES: `example/copy=${inject('workerImage')}` });
    const submission = cluster.submission(text, cluster.planForeign(text));
    await engine.submit(submission);
    return cluster.ended(submission.id, engine);
  }

  it.each([1, 3])("with SQLFlow's contract see every row once, in %i partitions", async (partitions) => {
    const table = `copied_${partitions}`;
    const command = ['node', '--input-type=module', '-e', program].map((item) => JSON.stringify(item)).join(', ');
    const status = await run(
      `SELECT * FROM shot WHERE id <= 20 TO RUN example/copy CMD ${command} WITH partitions = ${partitions} INTO ${cluster.database.name}.${table};`,
    );
    expect(status).toMatchObject({ state: 'succeeded', error: null });
    const copied = await cluster.query(`SELECT id, image FROM ${table} ORDER BY id`);
    expect(copied).toEqual(Array.from({ length: 20 }, (_, index) => ({ id: index + 1, image: 'example/copy' })));
    const [shares] = await cluster.query(`SELECT COUNT(DISTINCT share) AS shares FROM ${table}`);
    expect(shares).toEqual({ shares: String(partitions) });
  });

  it('report the last line of a foreign image as its error', async () => {
    // All on one stream: lines from two streams arrive in any order.
    const script = "console.error('begins'); console.error('no such table: shots'); process.exit(3)";
    const status = await run(`SELECT 1 TO RUN example/copy CMD "node", "-e", "${script}" INTO nothing;`);
    expect(status).toMatchObject({
      state: 'failed',
      error: { code: 'WORKER_FAILED', message: 'a worker of step-1 ended with exit code 3: no such table: shots' },
    });
  });

  it('request GPUs in their pods; workers wait until one is free', async () => {
    const { items } = await cluster.core.listNode();
    const gpus = items.reduce((sum, { status }) => sum + Number(status?.allocatable?.['nvidia.com/gpu'] ?? 0), 0);
    const text = detect(8, 'on_gpus', `partitions = ${gpus * 2}, gpu = 1, cpu = 0.1, memory = '600Mi'`).replace(
      '"--model=demo"',
      '"--model=demo", "--device=cpu"',
    );
    const id = await cluster.start(text);
    let most = 0;
    const waits = new Set<string | undefined>();
    for await (const { state, error } of cluster.engine.events(id)) {
      waits.add(error?.code);
      const pods = await cluster.pods(id);
      const holding = pods.filter(
        ({ spec, status }) =>
          status?.phase === 'Running' &&
          spec?.containers.some(({ resources }) => resources?.limits?.['nvidia.com/gpu'] === '1'),
      );
      most = Math.max(most, holding.length);
      if (state === 'succeeded') break;
    }
    expect(most).toBe(gpus);
    expect(waits).toContain('NOT_SCHEDULED');
    const workers = (await cluster.pods(id)).filter(({ metadata }) =>
      metadata?.labels?.['millrace/source']?.startsWith('worker'),
    );
    expect(
      workers.map(
        ({ spec }) => spec?.containers.find(({ name }) => name === 'main')?.resources?.limits?.['nvidia.com/gpu'],
      ),
    ).toEqual(new Array(gpus * 2).fill('1'));
    expect(await cluster.ended(id)).toMatchObject({ state: 'succeeded' });
  });

  // Argo's executor runs in the same container and needs more than 16Mi of memory.
  it('complete 200 partitions', async () => {
    const status = await run(`SELECT id FROM shot TO RUN example/copy CMD "true"
      WITH partitions = 200, parallelism = 8, cpu = 0.05, memory = '128Mi' INTO nothing;`);
    expect(status).toMatchObject({ state: 'succeeded', error: null, steps: [{ rows: 3000 }] });
    expect(status.steps[0]!.partitions.filter(({ attempts }) => attempts > 0)).toHaveLength(200);
  }, 900_000);
});
