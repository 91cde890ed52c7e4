import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/errors.ts';
import { readServerConfig } from '../../src/server/config.ts';

const hash = `sha256:${'0a'.repeat(32)}`;
const other = `sha256:${'0b'.repeat(32)}`;
const ada = `- {name: ada, token: "${hash}", role: user}`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-config-'));
});
afterAll(() => rm(folder, { recursive: true }));

let files = 0;
async function write(text: string): Promise<string> {
  files += 1;
  const path = join(folder, `${files}.yaml`);
  await writeFile(path, text);
  return path;
}

async function read(text: string, environment: NodeJS.ProcessEnv = {}) {
  return readServerConfig({ MILLRACE_SERVER_CONFIG: await write(text), ...environment });
}

/** `code: message (hint)`, without the folder's name. */
async function refusal(config: Promise<unknown>): Promise<string> {
  const error = await config.then(
    () => 'nothing is refused',
    (each) => each,
  );
  if (!(error instanceof MillraceError)) return String(error);
  return `${error.code}: ${error.message} (${error.hint})`.replaceAll(/\S*[/\\]\d+\.yaml/g, 'FILE');
}

const one = (dsn: string) => ({ dsn, systemDsn: dsn, readerDsn: dsn });
const none = {
  secret: null,
  systemSecret: null,
  readerSecret: null,
  foreignSecret: null,
  namespace: null,
  serviceAccount: null,
};

describe('the configuration of a server', () => {
  it('listens on loopback, with limits on everything, by default', async () => {
    expect(await readServerConfig({ MILLRACE_SERVER_CONFIG: await write('# nothing\n') })).toEqual({
      host: '127.0.0.1',
      port: 8080,
      mysql: null,
      datasources: [],
      users: [],
      limits: {
        bodyBytes: 1_048_576,
        statementBytes: 1_048_576,
        requestsPerMinute: 600,
        picturesPerMinute: 6000,
        runningStatementsPerUser: 10,
        runningStatements: 32,
        queuedStatementsPerUser: 10_000,
        serverDeaths: 3,
        resultBytes: 67_108_864,
        resultBytesPerUser: 2 ** 30,
        resultBytesTotal: 10 * 2 ** 30,
        requestSeconds: 30,
        idleStreamSeconds: 60,
        maxWaitSeconds: 60,
        streams: 2000,
        streamsPerUser: 200,
        mysqlConnections: 1000,
        mysqlConnectionsPerUser: 100,
        maxStatementSeconds: { reader: 60, user: 3600 },
      },
      links: { argo: null, grafana: null },
      images: {},
      profiles: [],
      buckets: {},
      stop: { seconds: 30 },
      retentionDays: 30,
    });
  });

  it('finds a datasource of several accounts, each DSN in the same three ways', async () => {
    const { datasources } = await read(
      'datasources: {main: {dsn: "mysql://a:b@main/", systemDsnEnvironment: SYSTEM, readerDsn: "mysql://r:b@main/"}}',
      { SYSTEM: 'mysql://s:b@main/' },
    );
    expect(datasources).toMatchObject([
      { dsn: 'mysql://a:b@main/', systemDsn: 'mysql://s:b@main/', readerDsn: 'mysql://r:b@main/' },
    ]);
    const ofEnvironment = await readServerConfig({
      MILLRACE_DATASOURCE: 'mysql://a:b@main/',
      MILLRACE_SYSTEM_DATASOURCE: 'mysql://s:b@main/',
      MILLRACE_READER_DATASOURCE: 'mysql://r:b@main/',
    });
    expect(ofEnvironment.datasources).toMatchObject([
      { dsn: 'mysql://a:b@main/', systemDsn: 'mysql://s:b@main/', readerDsn: 'mysql://r:b@main/' },
    ]);
  });

  it('is read from the file, with defaults for the rest', async () => {
    const config = await read(`
limits: {bodyBytes: 4096, streams: 7}
links: {grafana: "https://grafana.example/d/statement?var-id={id}"}
stop: {seconds: 5}
retentionDays: 90
`);
    expect(config.limits).toMatchObject({ bodyBytes: 4096, streams: 7, maxWaitSeconds: 60 });
    expect(config.links).toEqual({ argo: null, grafana: 'https://grafana.example/d/statement?var-id={id}' });
    expect([config.stop.seconds, config.retentionDays]).toEqual([5, 90]);
  });

  it('reads the buckets of each role, and refuses what is no bucket', async () => {
    const { buckets } = await read('buckets: {user: [datasets/team/, models], reader: []}');
    expect(buckets).toEqual({ user: ['datasets/team', 'models'], reader: [] });
    await expect(read('buckets: {user: ["*"]}')).rejects.toMatchObject({ code: 'BUCKETS_INVALID' });
    await expect(read('', { MILLRACE_BUCKETS: '../datasets' })).rejects.toMatchObject({ code: 'BUCKETS_INVALID' });
  });

  it('finds DSNs in the file, in other files and in the environment; the first datasource is the default', async () => {
    await writeFile(join(folder, 'archive.dsn'), 'mysql://a:b@archive:3306/\n');
    const config = await read(
      `
datasources:
  main: {dsn: "mysql://a:b@main:3306/", secret: main-dsn/dsn}
  archive: {dsnFile: archive.dsn, schema: jobs}
  lab: {dsnEnvironment: LAB_DSN}
`,
      { LAB_DSN: 'mysql://a:b@tcp(lab:3306)/', MILLRACE_DATASOURCE: 'mysql://a:b@first/', MILLRACE_SCHEMA: 'system' },
    );
    expect(config.datasources).toEqual([
      { name: 'default', ...one('mysql://a:b@first/'), ...none, schema: 'system' },
      {
        name: 'main',
        ...one('mysql://a:b@main:3306/'),
        ...none,
        secret: { secret: 'main-dsn', key: 'dsn' },
        schema: 'system',
      },
      { name: 'archive', ...one('mysql://a:b@archive:3306/'), ...none, schema: 'jobs' },
      { name: 'lab', ...one('mysql://a:b@tcp(lab:3306)/'), ...none, schema: 'system' },
    ]);
  });

  it('has the users of both files', async () => {
    const users = await write(`- {name: bob, token: "${other}", role: reader, datasources: [main]}`);
    const config = await read(`datasources: {main: {dsn: "mysql://a:b@main/"}}\nusers:\n${ada}\n`, {
      MILLRACE_USERS_FILE: users,
      MILLRACE_HOST: '0.0.0.0',
      MILLRACE_PORT: '0',
    });
    expect([config.host, config.port]).toEqual(['0.0.0.0', 0]);
    expect(config.users).toEqual([
      { name: 'ada', token: hash, role: 'user', datasources: null },
      { name: 'bob', token: other, role: 'reader', datasources: ['main'] },
    ]);
  });

  it.each(['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1', 'localhost'])(
    'needs no users on %s',
    async (MILLRACE_HOST) => {
      expect((await readServerConfig({ MILLRACE_HOST })).users).toEqual([]);
    },
  );

  it.each(['0.0.0.0', '::', '10.0.0.1', 'millrace.example', '127.0.0.1.example', '128.0.0.1', '127.1'])(
    'needs users on %s, even if the file of users is empty',
    async (MILLRACE_HOST) => {
      const MILLRACE_USERS_FILE = await write('# none yet\n');
      expect(await refusal(readServerConfig({ MILLRACE_HOST, MILLRACE_USERS_FILE }))).toBe(
        `ANONYMOUS_REFUSED: the server would listen on ${MILLRACE_HOST}, and no users are configured (create a token with \`millrace token\` and add its user to MILLRACE_USERS_FILE, or set MILLRACE_HOST=127.0.0.1)`,
      );
    },
  );
});

describe('an invalid configuration is rejected with the place, what was found and what is allowed', () => {
  it.each([
    ['limts: {}', 'FILE: there is an unknown key "limts" (write limits)'],
    ['limits: {bodybytes: 5}', 'FILE: limits has an unknown key "bodybytes" (write bodyBytes)'],
    [
      'colour: red',
      'FILE: there is an unknown key "colour" (remove it; the keys here are datasources, users, limits, links, profiles, images, buckets, stop, retentionDays)',
    ],
    ['limits: {bodyBytes: 12}', 'FILE: limits.bodyBytes is 12 (write a whole number from 1024 to 67108864)'],
    ['limits: {streams: 1.5}', 'FILE: limits.streams is 1.5 (write a whole number from 1 to 100000)'],
    ['limits: {streams: "12"}', 'FILE: limits.streams is an invalid string (write a whole number from 1 to 100000)'],
    ['limits: [1]', 'FILE: limits is a list (write a mapping)'],
    ['stop: {}\n---\nlimits: {}', 'FILE holds 2 YAML documents (keep one of them)'],
    ['- 1', 'FILE: the file is a list (write a mapping)'],
    ['stop: {seconds: -1}', 'FILE: stop.seconds is -1 (write a whole number from 0 to 3600)'],
    ['retentionDays: 0', 'FILE: retentionDays is 0 (write a whole number from 1 to 36500)'],
    [
      'links: {argo: "http://argo/{name}"}',
      'FILE: links.argo is "http://argo/{name}" (write a URL of http:// or https:// with {id} in place of the statement\'s id)',
    ],
    ['users:\n- {name: ada}', 'FILE: users[0] lacks token and role (add token and role)'],
    [
      `users: [{name: ada, token: "${hash}", role: boss}]`,
      'FILE: users[0].role is "boss" (write reader, user or admin)',
    ],
    [
      `users: [{name: "a b", token: "${hash}", role: user}]`,
      'FILE: users[0].name is "a b" (write a name of at most 63 letters, digits and . _ @ -)',
    ],
    [`users:\n${ada}\n${ada}`, 'two users have the name "ada" (remove or rename one of them)'],
    [
      `users:\n${ada}\n- {name: bob, token: "${hash}", role: admin}`,
      'the users "ada" and "bob" have the same token (create a token for each)',
    ],
    [
      `users: [{name: ada, token: "${hash}", role: user, datasources: [min]}]\ndatasources: {main: {dsn: "mysql://a:b@c/"}}`,
      'the user "ada" has the datasource "min", which does not exist (use one of main)',
    ],
    [
      `users: [{name: ada, token: "${hash}", role: user, datasources: []}]`,
      'FILE: users[0].datasources is an empty list (write a list of at least one datasource name)',
    ],
    [
      'datasources: {main: {}}',
      'FILE: datasources.main names no database (add one of dsn, dsnFile and dsnEnvironment)',
    ],
    [
      'datasources: {main: {dsn: "mysql://a:b@c/", dsnFile: x}}',
      'FILE: datasources.main has dsn and dsnFile (keep one of dsn, dsnFile and dsnEnvironment)',
    ],
    [
      'datasources: {main: {dsnEnvironment: NOT_THERE}}',
      'FILE: datasources.main.dsnEnvironment: NOT_THERE is not set (set NOT_THERE to the DSN)',
    ],
    [
      'datasources: {"a/b": {dsn: "mysql://a:b@c/"}}',
      'FILE: datasources has an unknown key (not shown: it may be a secret) (write a name of at most 63 letters, digits and . _ @ -)',
    ],
    [
      'datasources: {main: {dns: x}}',
      'FILE: datasources.main has an unknown key "dns" (remove it; the keys here are dsn, dsnFile, dsnEnvironment, secret, systemDsn, systemDsnFile, systemDsnEnvironment, systemSecret, readerDsn, readerDsnFile, readerDsnEnvironment, readerSecret, foreignSecret, namespace, serviceAccount, schema)',
    ],
    [
      'a: [1',
      'FILE, line 1, column 6, is not valid YAML: unexpected end of the stream within a flow collection (correct the file)',
    ],
  ])('%s', async (text, message) => {
    expect(await refusal(read(text))).toBe(`SERVER_CONFIG_INVALID: ${message}`);
  });

  it('names a file that does not exist', async () => {
    const path = join(folder, 'nowhere.yaml');
    const expected = `SERVER_CONFIG_INVALID: the file ${path} cannot be read (ENOENT) (correct its path or its permissions)`;
    expect(await refusal(readServerConfig({ MILLRACE_SERVER_CONFIG: path }))).toBe(expected);
    expect(await refusal(readServerConfig({ MILLRACE_USERS_FILE: path }))).toBe(expected);
  });

  it('names a missing file of a DSN', async () => {
    expect(await refusal(read('datasources: {main: {dsnFile: nowhere.dsn}}'))).toBe(
      `SERVER_CONFIG_INVALID: FILE: datasources.main.dsnFile: ${join(folder, 'nowhere.dsn')} cannot be read (ENOENT) (correct its path or its permissions)`,
    );
  });

  it.each(['http', '80801', '-1', '1e3'])('rejects the port %s', async (MILLRACE_PORT) => {
    expect(await refusal(readServerConfig({ MILLRACE_PORT }))).toBe(
      `SERVER_CONFIG_INVALID: MILLRACE_PORT is "${MILLRACE_PORT}" (set it to a number from 0 to 65535; 0 means any free port)`,
    );
  });

  it('needs a Secret from which pods read the DSN', async () => {
    const text = 'datasources: {main: {dsn: "mysql://a:b@c/"}}';
    expect(await refusal(read(text, { MILLRACE_ENGINE: 'argo' }))).toBe(
      'SERVER_CONFIG_INVALID: FILE: datasources.main names no Secret from which pods read the DSN (add secret: NAME/KEY, a Secret of the namespace that holds the same DSN)',
    );
  });

  it.each([
    ['Millrace', 'millrace'],
    ['millrace_work', 'millrace_work'],
  ])('rejects a DSN whose database belongs to the system schema if there are users: %s', async (database, named) => {
    const text = `datasources: {main: {dsn: "mysql://a:b@c/${database}"}}`;
    expect((await read(text)).datasources.length).toBe(1);
    expect(await refusal(read(`${text}\nusers:\n${ada}`))).toBe(
      `SERVER_CONFIG_INVALID: the DSN of the datasource "main" names the system schema ${named} as its database (name the database of your own tables in the DSN, or none)`,
    );
  });

  it('rejects a second datasource "default"', async () => {
    const text = 'datasources: {default: {dsn: "mysql://a:b@c/"}}';
    expect(await refusal(read(text, { MILLRACE_DATASOURCE: 'mysql://a:b@d/' }))).toBe(
      'SERVER_CONFIG_INVALID: FILE and MILLRACE_DATASOURCE both define the datasource "default" (remove one of them)',
    );
  });
});

describe('no message contains a secret', () => {
  const secret = 'gE7heim-Wort';
  it.each([
    [`datasources: {main: {dsn: "postgres://ada:${secret}@host/"}}`],
    [`datasources: {main: {dsn: "mysql://ada:${secret}@host:99999/"}}`],
    [`datasources: {main: {dsn: "mysql://${secret}"}}`],
    [`datasources: {main: "mysql://ada:${secret}@host/"}`],
    [`datasources: "mysql://ada:${secret}@host/"`],
    [`datasources: {main: {"mysql://ada:${secret}@host/": 1}}`],
    [`users: [{name: ada, token: "${secret}", role: user}]`],
    [`users: [{name: ada, token: {"${secret}": 1}, role: user}]`],
    [`users: [{name: ada, token: *${secret}, role: user}]`],
    [`users: [{name: ada, token: !${secret} x, role: user}]`],
    [`users: "${secret}"`],
    [`users:\n  - token: "${secret}\n  - b`],
    [`${secret}: 1\n${secret}: 2`],
    [`"${secret}`],
    [secret],
  ])('%s', async (text) => {
    const message = await refusal(read(text));
    expect(message).toMatch(/^SERVER_CONFIG_INVALID: /);
    expect(message).not.toContain(secret);
  });
});
