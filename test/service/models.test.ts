import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quoteTable } from '../../src/datasource/identifiers.ts';
import { eachRow } from '../../src/datasource/row-stream.ts';
import { openLocalService } from '../../src/service/local-service.ts';
import type { Service } from '../../src/service/service.ts';
import { servers } from '../database.ts';
import { fullTable } from '../full-table.ts';
import { slowRows } from '../slow-rows.ts';
import { ended, rowsDone, statusWhen, useSession } from '../use-session.ts';
import { onnxModel } from '../worker/onnx-model.ts';
import { flowerModel } from '../worker/tabular-onnx.ts';

/** Names that would do harm if they became part of another text, and no model has. */
const hostile = [
  ...[
    "'",
    '"',
    '`',
    '\\',
    "\\'",
    "x' OR '1'='1",
    "x'; DROP TABLE models; -- ",
    'x` WHERE 1=1 -- ',
    '%',
    '_',
    '/*',
    '#',
  ],
  ...['x\0y', 'x\ny', '😀', 'é', '../../etc/passwd', 'x/y', '..', '__proto__', 'constructor@1', ' ', 'm'.repeat(129)],
];

const demo = new URL('../../models/demo.onnx', import.meta.url);

describe.each(servers)('statements about models on $name', (server) => {
  const test = useSession(server);
  let folder: string;
  let service: Service;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-models-'));
    await copyFile(demo, join(folder, 'a.onnx'));
    await copyFile(demo, join(folder, 'unknown.onnx'));
    Object.assign(test.config, { volumes: { ...test.config.volumes, '/models': folder } });
    process.env.MILLRACE_MODEL_CACHE = join(folder, 'cache');
    service = openLocalService(await test.another());
  });

  afterAll(async () => {
    delete process.env.MILLRACE_MODEL_CACHE;
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  async function run(sql: string) {
    const id = await service.submit(sql);
    const status = await ended(test.session, id);
    return { id, status };
  }

  async function answer(sql: string): Promise<readonly Record<string, unknown>[]> {
    const { id, status } = await run(sql);
    if (status.error !== null) throw Object.assign(new Error(status.error.message), status.error);
    const { columns, batches } = await service.rows(id);
    const found: Record<string, unknown>[] = [];
    for await (const row of eachRow(batches))
      found.push(Object.fromEntries(columns.map(({ name }, at) => [name, row[at]])));
    return found;
  }

  const detect = (model: string, into: string, attributes = '') => `SELECT * FROM shot ORDER BY id LIMIT 6
    TO RUN millrace/worker CMD "yolo", "--model=${model}", "--image_dir=/datasets", "--image_size=160" ${attributes} INTO ${into}`;

  it('registers a model that reads columns, which cannot be shown pictures', async () => {
    await writeFile(join(folder, 'flowers.onnx'), flowerModel());
    const [added] = await answer("CREATE MODEL flowers FROM '/models/flowers.onnx' WITH storage = 'database'");
    expect(added).toMatchObject({ model: 'flowers', version: 1, kind: 'tabular', classes: 2 });
    expect(await answer("SHOW MODELS LIKE 'flowers'")).toMatchObject([
      { kind: 'tabular', family: 'LinearClassifier', location: 'database', classes: 2 },
    ]);
    const [described] = await answer('DESCRIBE MODEL flowers');
    expect(described).toMatchObject({ kind: 'tabular', width: null, predicts: 'kind' });
    expect(JSON.parse(String(described?.reads))).toEqual([
      { name: 'width', kind: 'number' },
      { name: 'colour', kind: 'text' },
    ]);
    expect(await answer("CREATE MODEL flowers FROM '/models/flowers.onnx' WITH storage = 'database'")).toMatchObject([
      { version: 1, note: 'unchanged: the current version is the same' },
    ]);
    const refused = {
      code: 'MODEL_UNSUPPORTED',
      message: "the model 'flowers' reads columns of a table, not pictures",
    };
    await expect(service.explain(detect('flowers', 'found'))).rejects.toMatchObject(refused);
    await expect(service.explain('CREATE MODEL slow LIKE flowers WITH latency = 5')).rejects.toMatchObject(refused);
    const [seen] = await answer("CREATE MODEL seen FROM '/models/a.onnx'");
    expect(seen).toMatchObject({ kind: 'detector' });
    const find = 'SELECT * FROM shot TO FIND cup USING flowers INTO found';
    await expect(service.explain(find)).rejects.toMatchObject(refused);
    for (const model of ['flowers', 'seen']) await run(`DROP MODEL ${model}`);
  });

  it('registers a file by its path, and shows what it is', async () => {
    const [added] = await answer("CREATE MODEL paths FROM '/models/a.onnx'");
    expect(added).toMatchObject({ model: 'paths', version: 1, kind: 'detector', note: 'added' });
    expect(String(added?.digest)).toMatch(/^[0-9a-f]{64}$/);
    const [shown] = await answer("SHOW MODELS LIKE 'path%'");
    expect(shown).toMatchObject({ model: 'paths', version: 1, location: 'path', file: '/models/a.onnx' });
    const [described] = await answer('DESCRIBE MODEL paths');
    expect(described).toMatchObject({ version: 1, is_current: 1, family: 'yolov8', digest: added?.digest });
    expect(await answer('SHOW TRAIN paths')).toMatchObject([
      { model: 'paths', version: 1, statement: "CREATE MODEL paths FROM '/models/a.onnx'", statement_id: null },
    ]);
  });

  it('shows files that nobody registered', async () => {
    expect(await answer("SHOW MODELS LIKE 'unkn_wn'")).toMatchObject([{ model: 'unknown', kind: 'unregistered' }]);
    expect(await answer('DESCRIBE MODEL unknown')).toMatchObject([
      { kind: 'unregistered', file: '/models/unknown.onnx' },
    ]);
  });

  it('adds nothing if the file is the same, and a version if the names of its classes change', async () => {
    await answer("CREATE MODEL again FROM '/models/a.onnx'");
    expect(await answer("CREATE MODEL again FROM '/models/a.onnx'")).toMatchObject([
      { version: 1, note: 'unchanged: the current version is the same' },
    ]);
  });

  it('runs a model that the same program registers, by path and from the database', async () => {
    const { status } = await run(`CREATE MODEL both FROM '/models/a.onnx'; ${detect('both', 'both_path')};
      CREATE MODEL both FROM '/models/a.onnx' WITH storage = 'database'; ${detect('both', 'both_database')}`);
    expect(status.error).toBeNull();
    expect((await run(detect('both@1', 'both_first'))).status.error).toBeNull();
    const [paths, database, first] = await Promise.all(
      ['both_path', 'both_database', 'both_first'].map((table) =>
        test.query(`SELECT * FROM ${table} ORDER BY 1, 2, 3`),
      ),
    );
    expect(paths!.length).toBeGreaterThan(0);
    expect(database).toEqual(paths);
    expect(first).toEqual(paths);
  });

  it('never runs a file that changed under its name', async () => {
    await copyFile(demo, join(folder, 'changing.onnx'));
    await answer("CREATE MODEL changing FROM '/models/changing.onnx'");
    const bytes = await readFile(demo);
    await writeFile(join(folder, 'changing.onnx'), Buffer.concat([bytes, Buffer.from([0x72, 0])]));
    const { status } = await run(detect('changing', 'changed'));
    expect(status.error).toMatchObject({ code: 'MODEL_CHANGED' });
    expect(status.error?.message).toContain('/models/changing.onnx is not the registered file');
  });

  it('never runs a model whose weights in another file changed, and does not store such a model in the database', async () => {
    const outputs = [{ dims: [1, 6, 21] }];
    const metadata = { names: "{0: 'cat', 1: 'dog'}" };
    await writeFile(join(folder, 'two.onnx'), onnxModel({ outputs, metadata, externalFile: 'two.onnx_data' }));
    const writeWeights = (first: number) =>
      writeFile(join(folder, 'two.onnx_data'), new Uint8Array(new Float32Array(6 * 21).fill(0).with(0, first).buffer));
    await writeWeights(0);
    await answer("CREATE MODEL two FROM '/models/two.onnx'");
    const run = (table: string) => answer(detect('two', table).replace(', "--image_size=160"', ''));
    await run('two_once');
    await writeWeights(1);
    await expect(run('two_again')).rejects.toMatchObject({ code: 'MODEL_CHANGED' });
    await expect(answer("CREATE MODEL three FROM '/models/two.onnx' WITH storage = 'database'")).rejects.toMatchObject({
      code: 'MODEL_UNSUPPORTED',
      message: 'two.onnx keeps its weights in other files (two.onnx_data); the database stores models of one file',
      hint: "leave storage = 'database' out, or export the model as one file",
    });
  });

  it('keeps the file of a dropped model until no statement needs it', async () => {
    await answer("CREATE MODEL dropped FROM '/models/a.onnx' WITH storage = 'database', class_names = 'x'").catch(
      () => {},
    );
    await answer("CREATE MODEL dropped FROM '/models/a.onnx' WITH storage = 'database'");
    const files = async () =>
      (await test.query(`SELECT digest FROM ${quoteTable({ database: test.config.schema, table: 'model_files' })}`))
        .length;
    expect(await files()).toBe(1);
    const { status } = await run('DROP MODEL dropped');
    expect(status.error).toBeNull();
    // Another model has the same file.
    expect(await files()).toBe(1);
    await run('DROP MODEL both');
    expect(await files()).toBe(0);
    expect((await run('DROP MODEL IF EXISTS dropped')).status.error).toBeNull();
    await expect(service.submit('DROP MODEL dropped')).rejects.toMatchObject({ code: 'UNKNOWN_MODEL' });
  });

  it('runs a simulated model: the classes that it covers, its errors, and the same rows again', async () => {
    await answer("CREATE MODEL simulated_base FROM '/models/a.onnx'");
    await answer(detect('simulated_base', 'of_base'));
    const classes = async (table: string) =>
      (await test.query(`SELECT DISTINCT class_id FROM ${table} ORDER BY class_id`)).map(({ class_id }) => class_id);
    const covered = (await classes('of_base')).slice(0, 3);
    expect(covered).toHaveLength(3);
    const sql = `CREATE MODEL simulated LIKE simulated_base WITH latency = 2.5, accuracy = 0.5, class_coverage = [${covered.join(', ')}]`;
    expect(await answer(sql)).toMatchObject([{ model: 'simulated', version: 1, kind: 'simulated', digest: null }]);
    const [described] = await answer('DESCRIBE MODEL simulated');
    expect(described).toMatchObject({ base: 'simulated_base@1', statement: sql });
    expect(JSON.parse(String(described?.simulation))).toEqual({
      ...{ latency: 2.5, accuracy: 0.5, classCoverage: covered },
    });
    await answer(detect('simulated', 'of_simulated'));
    await answer(detect('simulated@1', 'of_simulated_again'));
    const rows = (table: string) => test.query(`SELECT * FROM ${table} ORDER BY 1, 2, 3, 4, 5, 6`);
    const simulated = await rows('of_simulated');
    expect(simulated.length).toBeGreaterThan(0);
    expect(await rows('of_simulated_again')).toEqual(simulated);
    expect(covered).toEqual(expect.arrayContaining(await classes('of_simulated')));
    const list = covered.join(', ');
    const [right] = await test.query(`SELECT COUNT(*) AS n FROM of_base WHERE class_id IN (${list})`);
    expect(simulated).toHaveLength(Number(right?.n));
    const same = await test.query(`SELECT * FROM of_base WHERE class_id IN (${list}) ORDER BY 1, 2, 3, 4, 5, 6`);
    expect(simulated).not.toEqual(same);
  });

  it('finishes a running statement whose model is dropped; run again after the drop, it says so', async () => {
    await answer("CREATE MODEL fleeting FROM '/models/a.onnx' WITH storage = 'database'");
    const files = () =>
      test.query(`SELECT digest FROM ${quoteTable({ database: test.config.schema, table: 'model_files' })}`);
    await slowRows(test.database, 0.2);
    const start = async (into: string) => {
      const id = await service.submit(detect('fleeting', into, 'WITH partitions = 1, commit_rows = 1'));
      await statusWhen(test.session, id, (status) => rowsDone(status) > 0);
      return id;
    };
    const finishing = await start('finishing');
    await run('DROP MODEL fleeting');
    await expect(service.submit(detect('fleeting', 'late'))).rejects.toMatchObject({ code: 'UNKNOWN_MODEL' });
    expect(await files()).toHaveLength(1);
    await slowRows(test.database, 0);
    expect(await ended(test.session, finishing)).toMatchObject({ state: 'succeeded', error: null });
    expect(await test.query('SELECT COUNT(DISTINCT id) AS images FROM finishing')).toEqual([{ images: '6' }]);

    await answer("CREATE MODEL fleeting FROM '/models/a.onnx' WITH storage = 'database'");
    await slowRows(test.database, 0.2);
    const cancelled = await start('cancelled');
    await service.cancel(cancelled);
    expect((await ended(test.session, cancelled)).state).toBe('cancelled');
    await slowRows(test.database, 0);
    await run('DROP MODEL fleeting');
    expect(await files()).toEqual([]);
    // A worker that still has the file in its cache could go on with it.
    await rm(join(folder, 'cache'), { recursive: true });
    await service.retry(cancelled, { repeat: false });
    expect(await ended(test.session, cancelled)).toMatchObject({
      state: 'failed',
      error: { code: 'MODEL_DROPPED', message: expect.stringContaining('the model was dropped') },
    });
  });

  it('registers nothing while the database is full', async () => {
    await rm(join(folder, 'cache'), { recursive: true, force: true });
    const full = await fullTable(test.database, 'model_chunks');
    const sql = "CREATE MODEL roomless FROM '/models/a.onnx' WITH storage = 'database'";
    const { id, status } = await run(sql);
    expect(status.error).toMatchObject({
      code: 'DATABASE_FULL',
      message: "the database is out of space: The table 'model_chunks' is full",
    });
    expect(await answer("SHOW MODELS LIKE 'roomless'")).toEqual([]);
    await test.database.admin.query(`DROP TRIGGER ${full}`);
    await service.retry(id, { repeat: false });
    expect((await ended(test.session, id)).error).toBeNull();
    expect(await answer("SHOW MODELS LIKE 'roomless'")).toMatchObject([{ version: 1, location: 'database' }]);
  });

  it('takes no name or pattern for SQL', async () => {
    for (const name of ['like_1', 'likex1']) await answer(`CREATE MODEL ${name} FROM '/models/a.onnx'`);
    await copyFile(demo, join(folder, 'like_2.onnx'));
    await copyFile(demo, join(folder, 'likex2.onnx'));
    const before = await answer('SHOW MODELS');
    for (const name of hostile) {
      const quoted = `\`${name.replaceAll('`', '``')}\``;
      const made = service.submit(`CREATE MODEL ${quoted} FROM '/models/a.onnx'`);
      await expect(made, name).rejects.toMatchObject({ code: 'MODEL_NAME' });
      const about = ['DESCRIBE MODEL', 'SHOW TRAIN', 'DROP MODEL'].map((verb) => `${verb} ${quoted}`);
      for (const sql of [...about, `SET MODEL ${quoted} VERSION 1`, `CREATE MODEL x LIKE ${quoted}`])
        await expect(service.submit(sql), sql).rejects.toMatchObject({ code: 'UNKNOWN_MODEL' });
    }
    const dropped = hostile.map((name) => `DROP MODEL IF EXISTS \`${name.replaceAll('`', '``')}\`;`);
    expect((await run(dropped.join('\n'))).status.error).toBeNull();
    const literal = (name: string) =>
      name
        .replace(/[\\%_]/g, '\\$&')
        .replaceAll('\\', '\\\\')
        .replaceAll("'", "''");
    const { id } = await run(hostile.map((name) => `SHOW MODELS LIKE '${literal(name)}';`).join('\n'));
    for (const [at, name] of hostile.entries()) {
      const { batches } = await service.rows(id, { step: `step-${at + 1}` });
      for await (const row of eachRow(batches)) expect(row, name).toBeNull();
    }
    const shown = async (pattern: string) =>
      (await answer(`SHOW MODELS LIKE '${pattern}'`)).map(({ model }) => model).join(' ');
    expect(await shown('like_1')).toBe('like_1 likex1');
    expect(await shown('like_2')).toBe('like_2 likex2');
    expect(await shown('like\\_%')).toBe('like_1 like_2');
    expect(await shown('LIKE\\_%')).toBe('');
    expect(await shown('like\\_1\\\\')).toBe('');
    expect(await shown('like_1%%%%%%')).toBe('like_1 likex1');
    expect(await answer('SHOW MODELS')).toEqual(before);
  });

  it('says at the name what is wrong before anything runs', async () => {
    await expect(service.submit('DESCRIBE MODEL path')).rejects.toMatchObject({
      code: 'UNKNOWN_MODEL',
      hint: 'did you mean paths?',
      span: { start: 15, end: 19 },
    });
    await expect(service.submit('SET MODEL paths VERSION 7')).rejects.toMatchObject({
      message: "the model 'paths' has no version 7",
      hint: 'its versions: 1',
    });
    await expect(service.submit("CREATE MODEL x FROM '/etc/passwd'")).rejects.toMatchObject({
      code: 'OUTSIDE_VOLUMES',
    });
    await expect(service.submit(detect('paths@9', 't'))).rejects.toMatchObject({ code: 'UNKNOWN_MODEL' });
  });
});
