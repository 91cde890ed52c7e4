import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatDsn } from '../../src/datasource/dsn.ts';
import { runScript } from '../administrator.ts';
import { servers, useDatabase } from '../database.ts';
import { millrace } from './millrace.ts';

describe.each(servers)('millrace accounts on $name', { timeout: 120_000 }, (server) => {
  const database = useDatabase(server);
  let [schema, results] = ['', ''];
  const users = ['system', 'user', 'reader', 'foreign'];
  const own = (user: string) => `${user}_${database.name}`;

  beforeAll(() => {
    [schema, results] = [`system_${database.name}`, `my_${database.name}`];
  });
  afterAll(async () => {
    for (const name of [schema, `${schema}_work`, results])
      await database.admin.query(`DROP DATABASE IF EXISTS ${name}`);
    for (const user of users) await database.admin.query(`DROP USER IF EXISTS ?@'%'`, [own(user)]);
  });

  /** What is printed, with the names of accounts made the test's own. */
  async function printed(options: readonly string[], environment: Record<string, string>): Promise<string> {
    const { code, stdout, stderr } = await millrace(['accounts', ...options], {
      MILLRACE_SCHEMA: schema,
      ...environment,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout.replace(/millrace_(system|user|reader|foreign)/g, (_, user) => own(user));
  }

  const dsnsOf = (script: string) =>
    Object.fromEntries([...script.matchAll(/^-- {3}(\w+)=(.*)$/gm)].map(([, name, dsn]) => [name!, dsn!]));

  it('prints the SQL and the DSNs with which doctor has no warnings', async () => {
    // One account for everything, as before: none of the new ones is this one.
    const dsn = formatDsn({ ...database.datasource, database: results });
    const script = await printed([], { MILLRACE_DATASOURCE: dsn });
    expect(script).not.toContain(database.datasource.user);
    await runScript(server, script);
    const { foreignSecret, ...settings } = dsnsOf(script);
    expect(Object.keys(settings).sort()).toEqual([
      'MILLRACE_DATASOURCE',
      'MILLRACE_READER_DATASOURCE',
      'MILLRACE_SYSTEM_DATASOURCE',
    ]);
    const environment = { ...settings, MILLRACE_SCHEMA: schema };
    expect((await millrace(['migrate'], environment)).code).toBe(0);
    const { stdout } = await millrace(['doctor', '--json'], environment);
    const checks = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const found = (name: string) => checks.find((check) => check.name === name)?.state;
    expect(['database', 'system schema', 'result tables', 'accounts'].map(found)).toEqual(['ok', 'ok', 'ok', 'ok']);
  });

  it('keeps the accounts of DSNs that are set, and does not show their passwords', async () => {
    const given = ['user', 'system', 'reader'] as const;
    const dsns = given.map((user) =>
      formatDsn({ ...database.datasource, user: own(user), password: `secret-${user}` }),
    );
    const settings = ['MILLRACE_DATASOURCE', 'MILLRACE_SYSTEM_DATASOURCE', 'MILLRACE_READER_DATASOURCE'];
    const script = await printed(
      ['--database', results],
      Object.fromEntries(settings.map((setting, index) => [setting, dsns[index]!])),
    );
    for (const user of given) {
      expect(script).not.toContain(`secret-${user}`);
      await database.admin.query('CREATE USER IF NOT EXISTS ?@? IDENTIFIED BY ?', [own(user), '%', 'x']);
    }
    expect(script).toContain(
      `-- Create these accounts first if they do not exist: '${own('system')}'@'%' (MILLRACE_SYSTEM_DATASOURCE), `,
    );
    expect(Object.keys(dsnsOf(script))).toEqual(['foreignSecret']);
    await database.admin.query('DROP USER IF EXISTS ?@?', [own('foreign'), '%']);
    await runScript(server, script);
  });

  it('prints both as JSON', async () => {
    const { stdout } = await millrace(['accounts', '--json', '--database=a_b', '--from=10.0.0.%'], {});
    const { statements, dsns } = JSON.parse(stdout);
    expect(statements).toContain("GRANT SELECT, SHOW VIEW ON `a\\_b`.* TO 'millrace_reader'@'10.0.0.%'");
    expect(dsns.MILLRACE_DATASOURCE).toMatch(/^mysql:\/\/millrace_user:[\w-]{32}@HOST:3306\/a_b$/);
  });

  it('asks for the database if the DSN names none', async () => {
    expect(await millrace(['accounts'], {})).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('name the database of your tables and results with --database'),
    });
  });
});
