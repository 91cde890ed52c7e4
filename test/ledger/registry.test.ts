import type { RowDataPacket } from 'mysql2/promise';
import { beforeAll, describe, expect, it } from 'vitest';
import { namedModels } from '../../src/catalog/named-models.ts';
import { quoteTable } from '../../src/datasource/identifiers.ts';
import { type Measurement, readMeasurements, recordMeasurement } from '../../src/ledger/measurements.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { listModels, listNames, readModel, readVersions } from '../../src/ledger/registry.ts';
import { addVersion, dropModel, type NewVersion, setVersion } from '../../src/ledger/registry-changes.ts';
import { servers, useDatabase } from '../database.ts';

const alice = { user: 'alice', isAdmin: false };
const bob = { user: 'bob', isAdmin: false };
const admin = { user: 'root', isAdmin: true };

function model(name: string, content = 'a', others: Partial<NewVersion> = {}): NewVersion {
  return {
    name,
    kind: 'detector',
    digest: content.repeat(64).slice(0, 64),
    size: 1000,
    location: 'path',
    file: `/models/${name}.onnx`,
    base: null,
    facts: {
      family: 'yolov8',
      classNames: ['cup', 'cat'],
      namesAreGiven: false,
      width: 640,
      height: 640,
      inputs: ['images'],
    },
    statement: null,
    simulation: null,
    ...others,
  };
}

function measurement(others: Partial<Measurement> = {}): Measurement {
  return {
    ...{ modelName: 'seen', version: 1, digest: 'a'.repeat(64), statementId: null, step: null, origin: 'run' },
    ...{ device: 'cpu', batch: 8, images: 200, decodeMs: 2.5, inferMs: 10, totalMs: 12.5, startS: 1.5 },
    ...{ peakMemory: 5_000_000_000, accuracy: null, perClass: null, partitions: null, atOnce: null },
    ...others,
  } as Measurement;
}

describe.each(servers)('the registry of models on $name', (server) => {
  const database = useDatabase(server);
  const add = (version: NewVersion, actor = alice) => addVersion(database.pool, database.systemSchema, version, actor);
  const read = (name: string, version: number | null = null) =>
    readModel(database.pool, database.systemSchema, name, version);
  const drop = (name: string, actor = alice) => dropModel(database.pool, database.systemSchema, name, actor);

  beforeAll(() => migrate(database.pool, database.systemSchema));

  it('keeps each version of a model, and the bare name stands for the newest', async () => {
    expect(await add(model('kept'))).toEqual({ version: 1, isNew: true });
    expect(await add(model('kept', 'b'))).toEqual({ version: 2, isNew: true });
    expect(await read('kept')).toMatchObject({ version: 2, isCurrent: true, owner: 'alice', digest: 'b'.repeat(64) });
    expect(await read('kept', 1)).toMatchObject({ ...model('kept'), isCurrent: false, madeBy: 'alice' });
    expect(await read('kept', 3)).toBeNull();
    expect((await readVersions(database.pool, database.systemSchema, ['kept'])).map(({ version }) => version)).toEqual([
      1, 2,
    ]);
  });

  it('adds nothing if the current version is the same', async () => {
    await add(model('same'));
    expect(await add(model('same'))).toEqual({ version: 1, isNew: false });
    const renamed = { ...model('same').facts, classNames: ['mug', 'cat'] };
    expect(await add(model('same', 'a', { facts: renamed }))).toEqual({ version: 2, isNew: true });
  });

  it('lets only the owner and administrators add to, change or drop a model', async () => {
    await add(model('owned'));
    await expect(add(model('owned', 'b'), bob)).rejects.toMatchObject({ code: 'MODEL_EXISTS' });
    await expect(drop('owned', bob)).rejects.toMatchObject({ code: 'MODEL_NOT_OWNED' });
    const set = setVersion(database.pool, database.systemSchema, 'owned', 1, bob);
    await expect(set).rejects.toMatchObject({ code: 'MODEL_NOT_OWNED' });
    expect(await add(model('owned', 'c'), admin)).toEqual({ version: 2, isNew: true });
    expect(await read('owned')).toMatchObject({ owner: 'alice', madeBy: 'root' });
    expect(await drop('owned', admin)).toEqual([]);
  });

  it('gives successive versions to concurrent statements with one name', async () => {
    const contents = ['0', '1', '2', '3', '4', '5'];
    const added = await Promise.all(contents.map((content) => add(model('raced', content))));
    expect(added.map(({ version }) => version).sort()).toEqual([1, 2, 3, 4, 5, 6]);
    expect(added.every(({ isNew }) => isNew)).toBe(true);
    expect(await read('raced')).toMatchObject({ version: 6, isCurrent: true });
  });

  it('adds one version for concurrent statements that register the same', async () => {
    const added = await Promise.all(Array.from({ length: 6 }, () => add(model('agreed'))));
    expect(added.map(({ version }) => version)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(added.filter(({ isNew }) => isNew)).toHaveLength(1);
  });

  it('gives a free name to one of two users who claim it together', async () => {
    const claims = await Promise.allSettled([add(model('claimed'), alice), add(model('claimed', 'b'), bob)]);
    expect(claims.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(claims.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'MODEL_EXISTS' } });
  });

  it('never uses the number of a version twice, even if the model was dropped', async () => {
    await add(model('reborn'));
    await add(model('reborn', 'b'));
    expect(await drop('reborn')).toEqual([]);
    expect(await drop('reborn')).toBeNull();
    expect(await read('reborn', 1)).toBeNull();
    expect(await add(model('reborn'), bob)).toEqual({ version: 3, isNew: true });
    expect(await read('reborn')).toMatchObject({ version: 3, owner: 'bob' });
  });

  it('makes an older version current, and names the versions if it does not exist', async () => {
    await add(model('turned'));
    await add(model('turned', 'b'));
    await setVersion(database.pool, database.systemSchema, 'turned', 1, alice);
    expect(await read('turned')).toMatchObject({ version: 1 });
    await expect(setVersion(database.pool, database.systemSchema, 'turned', 7, alice)).rejects.toMatchObject({
      code: 'UNKNOWN_MODEL',
      hint: 'its versions: 1, 2',
    });
  });

  it('refuses a version whose file in the database is not complete', async () => {
    await expect(add(model('absent', 'd', { location: 'database', file: null }))).rejects.toMatchObject({
      code: 'MODEL_DROPPED',
    });
    expect(await read('absent')).toBeNull();
  });

  it('lists models with their latest measurements', async () => {
    await add(model('list-a'));
    await add(model('list-b', 'b'));
    const record = (others: Partial<Measurement>) =>
      recordMeasurement(database.pool, database.systemSchema, measurement({ modelName: 'list-a', ...others }));
    await record({ totalMs: 100 });
    await record({ totalMs: 20 });
    await record({ origin: 'evaluation', totalMs: null, accuracy: { map: 0.37 } });
    await record({ version: null, totalMs: 7, accuracy: { map: 0.9 } });
    await record({ modelName: 'list-b', version: 2, totalMs: 7 });
    expect(await listModels(database.pool, database.systemSchema, 'list-%')).toMatchObject([
      { name: 'list-a', version: 1, family: 'yolov8', classes: 2, map: 0.37, imagesPerSecond: 50 },
      { name: 'list-b', version: 1, map: null, imagesPerSecond: null },
    ]);
    expect(await listNames(database.pool, database.systemSchema, 1)).toHaveLength(1);
  });

  it('replaces the measurement of a repeated step', async () => {
    const first = measurement({ statementId: 's'.repeat(36), step: 'step-1' });
    const perClass = [
      { classId: 0, name: 'cup', ap: 0.5, right: 8, wrong: 2, shown: 4, precision: 0.8, recall: null, images: 10 },
    ];
    await recordMeasurement(database.pool, database.systemSchema, first);
    await recordMeasurement(database.pool, database.systemSchema, { ...first, images: 300, perClass });
    await recordMeasurement(database.pool, database.systemSchema, { ...first, step: 'step-2' });
    const stored = await readMeasurements(database.pool, database.systemSchema, { name: 'seen', version: 1 });
    expect(stored.map(({ measuredAt: _, ...others }) => others)).toEqual([
      { ...first, step: 'step-2' },
      { ...first, images: 300, perClass },
    ]);
    expect(await readMeasurements(database.pool, database.systemSchema, { digest: 'f'.repeat(64) })).toEqual([]);
  });

  it('lists models that were measured before their latest figures were kept beside them', async () => {
    const table = (name: string) => quoteTable({ database: database.systemSchema, table: name });
    for (const name of ['early-a', 'early-b', 'early-c']) await add(model(name));
    const record = (modelName: string, others: Partial<Measurement>) =>
      recordMeasurement(database.pool, database.systemSchema, measurement({ modelName, ...others }));
    await record('early-a', { accuracy: { map: 0.5 }, totalMs: 50 });
    await record('early-a', { accuracy: { map: 0.25 }, totalMs: 25 });
    await record('early-b', { accuracy: { map: null }, totalMs: 0 });
    await database.pool.query(`UPDATE ${table('model_versions')} SET map = NULL, total_ms = NULL`);
    await database.pool.query(`DELETE FROM ${table('migrations')} WHERE version >= 12`);
    await migrate(database.pool, database.systemSchema);
    const listed = await listModels(database.pool, database.systemSchema, 'early-%');
    expect(listed.map(({ name, map, imagesPerSecond }) => [name, map, imagesPerSecond])).toEqual([
      ['early-a', 0.25, 40],
      ['early-b', null, null],
      ['early-c', null, null],
    ]);
  });

  it('takes on the models of an earlier registry as version 1', async () => {
    const table = (name: string) => quoteTable({ database: database.systemSchema, table: name });
    await database.pool.query(`DELETE FROM ${table('migrations')} WHERE version >= 10`);
    await database.pool.query(`DROP TABLE ${table('models')}`);
    await database.pool.query(
      `CREATE TABLE ${table('models')} (name VARCHAR(255) NOT NULL PRIMARY KEY, file VARCHAR(1024) NOT NULL, sha256 BINARY(32) NOT NULL,
        family VARCHAR(64) NOT NULL, classes LONGTEXT NOT NULL, input_size INT UNSIGNED NULL,
        created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6))
       ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
    );
    await database.pool.query(
      `INSERT INTO ${table('models')} (name, file, sha256, family, classes, input_size)
       VALUES ('old', '/models/old.onnx', REPEAT(0xab, 32), 'yolov5', '["cup"]', 640)`,
    );
    await migrate(database.pool, database.systemSchema);
    expect(await read('old', 1)).toMatchObject({
      ...{ kind: 'detector', digest: 'ab'.repeat(32), location: 'path', file: '/models/old.onnx', isCurrent: true },
      facts: { family: 'yolov5', classNames: ['cup'], namesAreGiven: false, width: 640, height: 640, inputs: [] },
    });
    const [rows] = await database.pool.query<RowDataPacket[]>(`SELECT * FROM ${table('models')}`);
    expect(Object.keys(rows[0]!)).toEqual(['name', 'created_at', 'current_version', 'owner']);
  });
});

describe.each(servers)('ten thousand registered models on $name', (server) => {
  const database = useDatabase(server);
  const models = 10_000;

  beforeAll(async () => {
    await migrate(database.pool, database.systemSchema);
    const table = (name: string) => quoteTable({ database: database.systemSchema, table: name });
    const facts = JSON.stringify({ classNames: Array.from({ length: 80 }, (_, id) => `class number ${id}`) });
    const names = Array.from({ length: models }, (_, index) => `model-${String(index).padStart(5, '0')}`);
    for (let start = 0; start < models; start += 2000) {
      const batch = names.slice(start, start + 2000);
      await database.pool.query(`INSERT INTO ${table('models')} (name, owner, current_version) VALUES ?`, [
        batch.map((name) => [name, 'ada', 1]),
      ]);
      await database.pool.query(
        `INSERT INTO ${table('model_versions')} (model_name, version, kind, location, file, classes, facts, made_by, state) VALUES ?`,
        [batch.map((name) => [name, 1, 'detector', 'path', `/models/${name}.onnx`, 80, facts, 'ada', 'active'])],
      );
    }
  });

  it('are listed by one query, without the names of their classes or the measurements', async () => {
    const sent: string[] = [];
    const noting = new Proxy(database.pool, {
      get(pool, key) {
        if (key !== 'query') return Reflect.get(pool, key);
        return (query: { readonly sql: string }) => {
          sent.push(query.sql);
          return pool.query(query);
        };
      },
    });
    const listed = await listModels(noting, database.systemSchema, null);
    expect(sent).toHaveLength(1);
    expect(sent[0]).not.toMatch(/facts|model_measurements/);
    expect(listed.map(({ name }) => name)).toEqual(listed.map(({ name }) => name).sort());
    expect(listed).toHaveLength(models);
    expect(listed[1234]).toMatchObject({ name: 'model-01234', classes: 80 });
    expect(listed[1234]).not.toHaveProperty('facts');
  });

  it('are not read for a program that names one of them', async () => {
    const sent: string[] = [];
    const returned: number[] = [];
    const counting = new Proxy(database.pool, {
      get(pool, key) {
        if (key !== 'query') return Reflect.get(pool, key);
        return async (sql: string, values: unknown[]) => {
          const [rows, fields] = await pool.query<RowDataPacket[]>(sql, values);
          sent.push(sql);
          returned.push(rows.length);
          return [rows, fields];
        };
      },
    });
    const places = { pool: counting, schema: database.systemSchema, folder: undefined };
    const { models: found, knownNames } = await namedModels(places, ['model-07777', 'model-07777']);
    expect(found.map(({ name }) => name)).toEqual(['model-07777']);
    expect(knownNames).toEqual(['model-07777']);
    expect(sent).toHaveLength(1);
    expect(returned).toEqual([1]);
  });
});
