import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { latestVersion } from '../../src/ledger/migrate.ts';
import { mariadb, useDatabase } from '../database.ts';
import { detect, ended, submit, useSession } from '../use-session.ts';
import { environmentOf, logLine, millrace } from './millrace.ts';

describe("millrace on this machine's own engine", { timeout: 120_000 }, () => {
  const test = useSession(mariadb);
  const run = (...args: readonly string[]) => millrace(args, environmentOf(test));
  const linesOf = (output: string) =>
    output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));

  it('does not submit a statement that would end with the command', async () => {
    expect(await run('submit', 'SELECT 1')).toEqual({
      code: 3,
      stdout: '',
      stderr: `error[SERVER_NEEDED]: the local engine and its statements end with this command
  set MILLRACE_URL and MILLRACE_TOKEN to use a server; millrace serve starts one
`,
    });
    expect((await run('run', '--label', 'a:b', 'SELECT 1')).stderr).toMatch(
      /^error\[SERVER_NEEDED\]: labels are stored only by a server\n/,
    );
    expect((await run('list', '--datasource', 'x')).stderr).toMatch(/^error\[USAGE\]: --datasource requires a server/);
  });

  it('shows and lists what ran, and its rows in each format', async () => {
    const id = await submit(test.session, "SELECT 1 AS n, x'00ff' AS b, NULL AS c UNION ALL SELECT 2, '', 'ü'; DO 1");
    await ended(test.session, id);
    expect((await run('status', id)).stdout).toMatch(
      new RegExp(
        `^${id} {2}succeeded {2}\\d+ s {2}by \\S+\\nstep-1 {2}sql {2}succeeded\\nstep-2 {2}sql {2}succeeded\\n$`,
      ),
    );
    const [status] = linesOf((await run('status', '--json', id)).stdout);
    expect(status).toMatchObject({
      id,
      state: 'succeeded',
      labels: {},
      submittedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      results: [{ step: 'step-1', kind: 'rows', rows: 2, truncated: false }],
    });
    expect((await run('result', id)).stdout).toBe(
      ' n   b        c\n───────────────────\n 1   0x00FF   NULL\n 2   0x       ü\n',
    );
    expect((await run('result', id, '--format=ndjson')).stdout).toBe(
      '{"n":1,"b":"AP8=","c":null}\n{"n":2,"b":"","c":"ü"}\n',
    );
    expect((await run('result', id, '--step=step-1', '--format=csv', '--limit=1')).stdout).toBe('n,b,c\r\n1,AP8=,\r\n');
    expect(await run('result', id, '--step=step-2')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error\[NO_RESULT\]: .*\n {2}use a step that has rows: step-1\n$/),
    });
    const failed = await submit(test.session, 'SELECT * FROM absent');
    await ended(test.session, failed);
    const ids = async (...filter: readonly string[]) =>
      linesOf((await run('list', '--json', ...filter)).stdout).map((statement) => statement.id);
    expect(await ids()).toEqual([failed, id]);
    expect(await ids('--state', 'succeeded')).toEqual([id]);
    expect(await ids('--limit', '1')).toEqual([failed]);
    expect((await run('list')).stdout).toContain(' SELECT * FROM absent\n');
  });

  it("prints the rows of a statement's table, and the logs of its workers", async () => {
    const id = await submit(test.session, detect(4, 'seen', 'partitions = 2'));
    await ended(test.session, id);
    const [counted] = await test.query('SELECT COUNT(*) AS n FROM seen');
    const rows = linesOf((await run('result', id, '--format', 'ndjson')).stdout);
    expect(rows).toHaveLength(Number(counted?.n));
    expect(rows[0]).toMatchObject({ id: 1, detection_no: 1 });
    const lines = linesOf((await run('logs', '--json', '--follow', id)).stdout);
    expect(new Set(lines.map(({ source }) => source))).toEqual(new Set(['prepare', 'worker-0', 'worker-1', 'finish']));
    const shown = (await run('logs', id)).stdout.trimEnd().split('\n');
    expect(shown.map((line) => logLine.exec(line)?.[1] ?? line).toSorted()).toEqual(
      lines.map(({ source }) => source).toSorted(),
    );
    await test.query('DROP TABLE seen');
    expect(await run('result', id)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error\[RESULT_GONE\]: /),
    });
  });

  it.each([
    [
      ['list', '--limit', 'many'],
      "error: option '--limit <number>' argument 'many' is invalid. Expected a whole number, 0 or more.\n",
    ],
    [
      ['list', '--state', 'over'],
      "error: option '--state <state>' argument 'over' is invalid. Allowed choices are queued, running, cancelling, succeeded, failed, cancelled, interrupted.\n",
    ],
    [
      ['list', '--label', 'x'],
      "error: option '--label <name:value>' argument 'x' is invalid. Expected the form name:value.\n",
    ],
  ])('%j is refused', async (args, stderr) => {
    expect(await run(...args)).toEqual({
      code: 2,
      stdout: '',
      stderr: `${stderr}(millrace --help lists the commands)\n`,
    });
  });

  it('stores a model of this machine in the database, and registers it', async () => {
    const file = fileURLToPath(new URL('../../models/demo.onnx', import.meta.url));
    const { code, stdout, stderr } = await run('models', 'create', 'kept', file);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^storing {2}█{24} {2}100 %\nsucceeded in .* s {2}[0-9a-f-]{36}\n$/m);
    expect(stdout).toMatch(/^ kept +1 {3}detector .* added *$/m);
    const [shown] = linesOf((await run('models', 'show', 'kept', '--json')).stdout);
    expect(shown.rows).toMatchObject([expect.arrayContaining([1, 'detector', 'database'])]);
    expect((await run('models', 'show', 'kept', '--datasource', 'x')).stderr).toMatch(
      /^error\[USAGE\]: --datasource requires a server/,
    );
  });
});

describe('millrace migrate', () => {
  const database = useDatabase(mariadb);

  it('creates the system schema, and prints its version', async () => {
    const environment = { MILLRACE_DATASOURCE: database.dsn, MILLRACE_SCHEMA: database.systemSchema };
    expect((await millrace(['migrate'], environment)).stdout).toBe(
      `${database.systemSchema}: created, version ${latestVersion}\n`,
    );
    expect((await millrace(['migrate'], environment)).stdout).toBe(
      `${database.systemSchema}: up to date, version ${latestVersion}\n`,
    );
    const table = `\`${database.systemSchema}\`.migrations`;
    await database.pool.query(`DELETE FROM ${table} WHERE version = ?`, [latestVersion]);
    expect((await millrace(['migrate', '--json'], environment)).stdout).toBe(
      `{"schema":"${database.systemSchema}","from":${latestVersion - 1},"to":${latestVersion}}\n`,
    );
  });
});
