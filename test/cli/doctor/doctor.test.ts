import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatDsn } from '../../../src/datasource/dsn.ts';
import { freePort } from '../../../src/datasource/free-port.ts';
import { latestVersion, migrate } from '../../../src/ledger/migrate.ts';
import { servers, useDatabase } from '../../database.ts';
import { useServer } from '../../server/use-server.ts';
import { millrace } from '../millrace.ts';

interface Line {
  readonly name: string;
  readonly state: string;
  readonly detail: string;
  readonly fix: string | null;
}

async function doctor(environment: Readonly<Record<string, string>>) {
  const { code, stdout } = await millrace(['doctor', '--json'], environment);
  const checks: Line[] = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  return { code, checks, of: (name: string) => checks.find((check) => check.name === name) };
}

const models = join(import.meta.dirname, '../../../models');

describe.each(servers)('millrace doctor on $name', { timeout: 60_000 }, (server) => {
  const database = useDatabase(server);
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-doctor-'));
    await mkdir(join(folder, 'datasets'));
    await mkdir(join(folder, 'empty'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const environment = (others: Readonly<Record<string, string>> = {}) => ({
    MILLRACE_DATASOURCE: database.accounts.dsn,
    MILLRACE_SYSTEM_DATASOURCE: database.accounts.systemDsn,
    MILLRACE_SCHEMA: database.systemSchema,
    MILLRACE_STATE: folder,
    MILLRACE_VOLUMES: `/models=${models}`,
    ...others,
  });
  /** A check of its own, without the models, each of which starts a process. */
  const checkOf = async (name: string, others: Readonly<Record<string, string>> = {}) =>
    (await doctor(environment({ MILLRACE_VOLUMES: `/models=${join(folder, 'empty')}`, ...others }))).of(name);
  const tables = async () => {
    const [rows] = await database.pool.query(
      'SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA IN (?, ?)',
      [database.name, database.systemSchema],
    );
    return rows;
  };

  /** As an administrator who is told so. */
  const follow = async (fix: string | null | undefined) => {
    const [, statements] = /^as an administrator of the database, run: (.*);$/.exec(fix ?? '') ?? [];
    expect(statements).toBeDefined();
    for (const sql of statements!.split('; ')) await database.admin.query(sql);
  };

  it('finds nothing to fix if everything exists, and leaves nothing behind', async () => {
    await database.admin.query(`DROP DATABASE ${database.systemSchema}`);
    expect(await tables()).toEqual([]);
    const { code, stdout, stderr } = await millrace(['doctor'], environment());
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'all checks passed\n' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => line.slice(0, 26).trim())).toEqual([
      'ok      node',
      'ok      database',
      'ok      database settings',
      'ok      system schema',
      'ok      result tables',
      'ok      accounts',
      'ok      volume /datasets',
      'ok      volume /models',
      'ok      model demo',
      'skipped gpu',
    ]);
    expect(lines[3]).toContain(`${database.systemSchema} does not exist yet; the account may create it`);
    expect(lines[8]).toContain('YOLOv8, 80 classes, 320×320 px');
    expect(await tables()).toEqual([]);
  });

  it('requires of the account of the system schema only the rights of docs/server.md', async () => {
    const { dsn, systemDsn } = database.accounts;
    const separate = environment({ MILLRACE_DATASOURCE: dsn, MILLRACE_SYSTEM_DATASOURCE: systemDsn });
    expect(await millrace(['doctor'], separate)).toMatchObject({ code: 0, stderr: 'all checks passed\n' });
  });

  it('shows the version of the system schema', async () => {
    await migrate(database.pool, database.systemSchema);
    expect(await checkOf('system schema')).toEqual({
      name: 'system schema',
      state: 'ok',
      detail: `${database.systemSchema}, version ${latestVersion}`,
      fix: null,
    });
  });

  it('warns if the database does not keep the SQL of users out of foreign schemas', async () => {
    const { admin, dsn, systemSchema } = database;
    const one = await doctor(environment({ MILLRACE_DATASOURCE: dsn, MILLRACE_SYSTEM_DATASOURCE: '' }));
    expect(one.code).toBe(0);
    expect(one.of('accounts')).toEqual({
      name: 'accounts',
      state: 'warning',
      detail: `the system schema ${systemSchema} does not have its own account`,
      fix: 'run the SQL that `millrace accounts` prints as an administrator of the database, then set its DSNs',
    });
    const [user, password] = [`wide${database.name}`, 'hunter2'];
    await admin.query(`CREATE USER ${user}@'%' IDENTIFIED BY '${password}'`);
    const wide = formatDsn({ ...database.datasource, user, password });
    const found = () => checkOf('accounts', { MILLRACE_DATASOURCE: wide });
    await admin.query(`GRANT FILE, SUPER ON *.* TO ${user}@'%'`);
    for (const schema of [database.name, systemSchema]) await admin.query(`GRANT SELECT ON ${schema}.* TO ${user}@'%'`);
    expect((await found())?.detail).toBe(
      `the account that runs the SQL of users has FILE, SUPER, rights on the system schema ${systemSchema}`,
    );
    await admin.query(`GRANT ALL ON *.* TO ${user}@'%'`);
    expect((await found())?.detail).toContain('FILE, SUPER, rights on mysql.*, rights on the system schema');
    await follow((await found())?.fix);
    expect((await found())?.state).toBe('ok');
    await admin.query(`GRANT ALL ON \`%\`.* TO ${user}@'%'`);
    expect((await found())?.detail).toContain('rights on mysql.*, rights on the system schema');
    expect(await doctor(environment({ MILLRACE_DATASOURCE: wide }))).toMatchObject({ code: 0 });
    // Of two patterns that match, the servers use the one without wildcards.
    for (const schema of [systemSchema, 'mysql']) await admin.query(`GRANT LOCK TABLES ON ${schema}.* TO ${user}@'%'`);
    expect((await found())?.state).toBe('ok');
    await admin.query(`DROP USER ${user}@'%'`);
    expect((await checkOf('accounts'))?.detail).toBe(
      `the database keeps the SQL of users out of ${systemSchema} and mysql`,
    );
  });

  it('prints the SQL that grants the missing rights of an account', async () => {
    const user = `reader${database.name}`;
    await database.admin.query(`CREATE USER ${user}@'%' IDENTIFIED BY 'hunter2'`);
    await database.admin.query(`GRANT SELECT ON ${database.name}.* TO ${user}@'%'`);
    const dsn = formatDsn({ ...database.datasource, user, password: 'hunter2' });
    const one = { MILLRACE_DATASOURCE: dsn, MILLRACE_SYSTEM_DATASOURCE: '', MILLRACE_SCHEMA: 'absent_schema' };
    const { code, of } = await doctor(environment(one));
    expect(code).toBe(3);
    expect(of('database')?.state).toBe('ok');
    for (const name of ['system schema', 'result tables']) {
      expect(of(name)).toMatchObject({
        state: 'failed',
        detail: expect.stringMatching(/^the database says: .*denied/),
        fix: `as an administrator of the database, run: ${['absent\\_schema', database.name]
          .map((place) => `GRANT ALL ON \`${place}\`.* TO '${user}'@'%';`)
          .join(' ')}`,
      });
    }
    const migrated = await millrace(['migrate'], environment(one));
    expect(migrated).toMatchObject({ code: 4, stderr: expect.stringContaining(of('system schema')!.fix!) });
    await follow(of('system schema')!.fix);
    expect((await millrace(['migrate'], environment(one))).code).toBe(0);
    expect((await doctor(environment(one))).code).toBe(0);
    await database.admin.query('DROP DATABASE absent_schema');
    await database.admin.query(`DROP USER ${user}@'%'`);
  });

  it.each(['user', 'system'] as const)('prints the missing rights of the account %s if both exist', async (role) => {
    const user = `lacks${role}${database.name}`.slice(0, 32);
    await database.admin.query(`CREATE USER ${user}@'%' IDENTIFIED BY 'hunter2'`);
    await database.admin.query(`GRANT SELECT ON ${database.name}.* TO ${user}@'%'`);
    const setting = { user: 'MILLRACE_DATASOURCE', system: 'MILLRACE_SYSTEM_DATASOURCE' }[role];
    const settings = environment({ [setting]: formatDsn({ ...database.datasource, user, password: 'hunter2' }) });
    const failed = (await doctor(settings)).checks.filter(({ state }) => state === 'failed');
    expect(failed.map(({ name }) => name)).toEqual(
      role === 'user' ? ['result tables'] : ['system schema', 'result tables'],
    );
    await follow(failed[0]?.fix);
    expect(await millrace(['doctor'], settings)).toMatchObject({ code: 0, stderr: 'all checks passed\n' });
    await database.admin.query(`DROP USER ${user}@'%'`);
  });

  it('checks that the account of readers can read, and nothing else', async () => {
    const { admin, accounts, name, systemSchema } = database;
    const check = (dsn: string) => checkOf('reader account', { MILLRACE_READER_DATASOURCE: dsn });
    expect(await check(accounts.readerDsn)).toMatchObject({ state: 'ok', fix: null });
    expect(await checkOf('reader account')).toBeUndefined();
    const [user, password] = [`rd${name}`, 'hunter2'];
    const dsn = formatDsn({ ...database.datasource, user, password });
    expect(await check(dsn)).toMatchObject({ state: 'failed', detail: expect.not.stringContaining(password) });
    await admin.query(`CREATE USER ${user}@'%' IDENTIFIED BY '${password}'`);
    expect(await check(dsn)).toMatchObject({
      state: 'failed',
      fix: expect.stringContaining('GRANT SELECT, SHOW VIEW'),
    });
    await follow((await check(dsn))?.fix);
    expect(await check(dsn)).toMatchObject({ state: 'ok' });
    await admin.query(`GRANT INSERT ON ${name}.* TO ${user}@'%'`);
    await admin.query(`GRANT SELECT ON ${systemSchema}.* TO ${user}@'%'`);
    expect(await check(dsn)).toMatchObject({
      state: 'warning',
      detail: `the account of readers has rights on the system schema ${systemSchema}, rights to change ${name}`,
    });
    await follow((await check(dsn))?.fix);
    expect(await check(dsn)).toMatchObject({ state: 'ok' });
    await admin.query(`DROP USER ${user}@'%'`);
  });

  it('reports missing volumes and models that cannot be loaded', async () => {
    const broken = join(folder, 'broken');
    await mkdir(broken);
    await writeFile(join(broken, 'cut.onnx'), 'not a model');
    const { code, of } = await doctor(environment({ MILLRACE_VOLUMES: `/models=${broken},/more=/absent/folder` }));
    expect(code).toBe(3);
    expect(of('volume /more')).toMatchObject({
      state: 'failed',
      detail: 'the folder /absent/folder does not exist',
      fix: 'create it, or name another with MILLRACE_VOLUMES=/more=FOLDER',
    });
    expect(of('model cut')).toMatchObject({ state: 'failed', detail: expect.stringContaining('cut.onnx') });
  });

  it('reports that there are no models', async () => {
    expect(await checkOf('models')).toMatchObject({
      state: 'failed',
      detail: `there are no models in ${join(folder, 'empty')}`,
    });
  });

  it('with the engine argo, reports missing settings', async () => {
    const settings = { MILLRACE_ENGINE: 'argo', KUBECONFIG: join(folder, 'absent.kubeconfig') };
    const { code, of } = await doctor(environment(settings));
    expect(code).toBe(3);
    expect(of('worker image')).toMatchObject({ state: 'failed', detail: 'MILLRACE_WORKER_IMAGE is not set' });
    expect(of('kubernetes')).toMatchObject({ state: 'failed' });
    const latest = await doctor(environment({ ...settings, MILLRACE_WORKER_IMAGE: 'example/worker:latest' }));
    expect(latest.of('worker image')).toMatchObject({
      state: 'failed',
      detail: 'example/worker:latest has no version, so each node may run a different image',
    });
  });
});

describe('millrace doctor', { timeout: 60_000 }, () => {
  it('stops at a database that does not answer, without its password', async () => {
    const port = await freePort('127.0.0.1');
    const { code, checks } = await doctor({ MILLRACE_DATASOURCE: `mysql://ada:hunter2@127.0.0.1:${port}/demo` });
    expect(code).toBe(3);
    expect(checks.filter(({ name }) => /^(database|system)/.test(name))).toEqual([
      {
        name: 'database',
        state: 'failed',
        detail: `the database does not answer: connect ECONNREFUSED 127.0.0.1:${port}`,
        fix: 'start the database, or correct host and port in MILLRACE_DATASOURCE',
      },
    ]);
  });
});

describe('millrace doctor of a server', { timeout: 60_000 }, () => {
  const test = useServer();

  it('finds nothing to fix if the server answers', async () => {
    const { code, checks } = await doctor({ MILLRACE_URL: test.server.url, MILLRACE_TOKEN: test.tokens.ada });
    expect(code).toBe(0);
    expect(checks.map(({ name, state, detail }) => [name, state, detail])).toEqual([
      ['node', 'ok', process.versions.node],
      ['server', 'ok', `${test.server.url} answers`],
      ['server version', 'ok', 'API 1'],
      ['server readiness', 'ok', 'its databases and engines answer'],
      ['token', 'ok', 'accepted; datasources default (local)'],
    ]);
  });

  it('reports that the token is rejected', async () => {
    const { code, of } = await doctor({ MILLRACE_URL: test.server.url, MILLRACE_TOKEN: 'mlr_other' });
    expect(code).toBe(3);
    expect(of('token')).toMatchObject({
      state: 'failed',
      fix: 'set MILLRACE_TOKEN to a token that the server knows',
    });
  });

  it('stops at a server that does not answer', async () => {
    const port = await freePort('127.0.0.1');
    const { code, checks } = await doctor({ MILLRACE_URL: `http://127.0.0.1:${port}` });
    expect(code).toBe(3);
    expect(checks.map(({ name, state }) => [name, state])).toEqual([
      ['node', 'ok'],
      ['server', 'failed'],
    ]);
  });
});
