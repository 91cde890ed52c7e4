import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { useServer } from '../server/use-server.ts';
import { slowRows } from '../slow-rows.ts';
import { detect } from '../use-session.ts';
import { openFlakyProxy } from './flaky-proxy.ts';
import { millrace, start } from './millrace.ts';

const patience = { timeout: 60_000, interval: 50 };
const slow = 'partitions = 2, commit_rows = 1';

describe('millrace as the client of a server', { timeout: 120_000 }, () => {
  const test = useServer();
  const as = (user: 'ada' | 'bob' | 'rita' | 'root' = 'ada', url = test.server.url) => ({
    MILLRACE_URL: url,
    MILLRACE_TOKEN: test.tokens[user],
  });
  const linesOf = (output: string) =>
    output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  const submitted = async (sql: string, ...options: readonly string[]) => {
    const { code, stdout, stderr } = await millrace(['submit', sql, ...options], as());
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^[0-9a-f-]{36}\n$/);
    return stdout.trim();
  };
  const statusOf = async (id: string) => JSON.parse((await millrace(['status', id, '--json'], as())).stdout);
  /** An id whose statement has worked off some of its rows. */
  const inTheMiddle = async (id: string) => {
    await vi.waitFor(async () => {
      const { body } = await test.json('GET', `/v1/statements/${id}`);
      expect(body.progress?.done ?? 0).toBeGreaterThan(0);
    }, patience);
    return id;
  };

  it('runs a program on the server, and shows its rows', async () => {
    const sql = "SELECT 1 AS n, 'x' AS x, 18446744073709551615 AS big, x'00ff' AS b, NULL AS nothing; DO 1";
    expect(await millrace(['run', sql], as())).toEqual({
      code: 0,
      stdout: ` n   x                    big   b        nothing
─────────────────────────────────────────────────
 1   x   18446744073709551615   0x00FF      NULL
`,
      stderr: expect.stringMatching(/^succeeded in \d+\.\d s {2}[0-9a-f-]{36}\n$/),
    });
  });

  it('uploads a model, shows the progress, and registers it', async () => {
    const file = fileURLToPath(new URL('../../models/demo.onnx', import.meta.url));
    const { code, stdout, stderr } = await millrace(['models', 'create', 'sent', file], as());
    expect(code).toBe(0);
    expect(stderr).toMatch(/^uploading {2}█{24} {2}100 %\nsucceeded in .* s {2}[0-9a-f-]{36}\n$/m);
    expect(stdout).toMatch(/^ sent +1 {3}detector .* added *$/m);
    expect(await millrace(['models', 'create', 'sent', file, '--json'], as())).toMatchObject({ code: 0 });
    const { body } = await test.json('GET', '/v1/models/sent');
    expect(body).toMatchObject({
      owner: 'ada',
      versions: [{ version: 1, location: 'database', size: (await stat(file)).size }],
    });
    expect(await millrace(['models', 'drop', 'sent'], as())).toMatchObject({ code: 0 });
  });

  it('reports why a model is refused, even while its bytes are still being sent', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-upload-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'large.onnx');
    await writeFile(file, Buffer.alloc(24_000_000, 1));
    const create = (...args: readonly string[]) => ['models', 'create', ...args];
    const refused = await millrace(create('refused', file), as('rita'));
    // How much is sent before the refusal arrives is up to the machine; no progress may follow it.
    const lines = refused.stderr.trimEnd().split('\n');
    expect(lines.slice(0, -2).filter((line) => !line.startsWith('uploading  '))).toEqual([]);
    expect([refused.code, lines.at(-2)]).toEqual([2, expect.stringMatching(/^error\[READ_ONLY_ROLE\]/)]);
    const unknown = await millrace(create('refused', file), { ...as(), MILLRACE_TOKEN: 'mr_unknown' });
    expect(unknown).toMatchObject({ stderr: expect.stringContaining('error[SERVER_REFUSED]') });
    const noModel = await millrace(create('refused', file), as());
    expect(noModel).toMatchObject({ code: 2, stderr: expect.stringContaining('error[MODEL_UNREADABLE]') });
    const missing = await millrace(create('refused', join(folder, 'absent.onnx')), as());
    expect(missing).toMatchObject({ stderr: expect.stringContaining('error[MODEL_MISSING]') });
    expect((await test.json('GET', '/v1/models/refused')).body.code).toBe('UNKNOWN_MODEL');
  });

  it('follows a TO RUN to its end', async () => {
    const { code, stdout, stderr } = await millrace(['run', detect(24, 'followed', slow)], as());
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(/^step-1 {2}█{24} {2}24\/24 images {2}\d+\.\d images\/s( {2}0 s left)?$/m);
    expect(stderr).toMatch(/^followed: \d+ detections in 24 images\nsucceeded in .* s {2}[0-9a-f-]{36}\n$/m);
  });

  it('shows the place of an error as it does locally', async () => {
    expect(await millrace(['run', '-'], as(), 'SELECT 1;\nSELECT *\nFROM shot\nTO RUM x')).toEqual({
      code: 2,
      stdout: '',
      stderr: `error[UNKNOWN_VERB]: TO must be followed by RUN, TRAIN, PREDICT, EXPLAIN, EVALUATE, FIND, MAXIMIZE or MINIMIZE, not by 'RUM'
  --> stdin:4:4
   3 | FROM shot
   4 | TO RUM x
     |    ^ did you mean RUN?
`,
    });
    const json = await millrace(['run', '--json', 'SELECT 1 TO RUM x'], as());
    expect(linesOf(json.stdout)).toEqual([
      { error: expect.objectContaining({ code: 'UNKNOWN_VERB', line: 1, column: 13 }) },
    ]);
  });

  it('exits with the code of the statement', async () => {
    const { code, stderr } = await millrace(['run', 'SELECT * FROM absent'], as());
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^failed in .*\nerror\[QUERY_REFUSED\]: the database says: Table '.*absent' doesn't exist\n {2}correct the statement, then submit it again\n$/,
    );
  });

  it('submits, lists by label, state and user, and prints the rows in each format', async () => {
    const id = await submitted(
      "SELECT 1 AS n, 'a,b' AS x UNION SELECT 2, ''",
      '--label',
      'team:blue',
      '--label',
      'n:1',
    );
    const watched = await millrace(['watch', id], as());
    expect({ ...watched, stderr: watched.stderr.slice(-40) }).toEqual({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining(`${id}\n`),
    });
    expect((await statusOf(id)).labels).toEqual({ team: 'blue', n: '1' });
    const ids = async (...filter: readonly string[]) =>
      linesOf((await millrace(['list', '--json', ...filter], as())).stdout).map((statement) => statement.id);
    expect(await ids('--label', 'team:blue', '--label', 'n:1', '--state', 'succeeded', '--user', 'ada')).toEqual([id]);
    expect(await ids('--limit', '1')).toEqual([id]);
    expect((await millrace(['list', '--label', 'team:red', '--json'], as())).stdout).toBe('');
    const result = async (...options: readonly string[]) => (await millrace(['result', id, ...options], as())).stdout;
    expect(await result()).toBe(' n   x\n─────────\n 1   a,b\n 2\n');
    expect(await result('--format', 'csv')).toBe('n,x\r\n1,"a,b"\r\n2,""\r\n');
    expect(await result('--format=ndjson', '--limit=1')).toBe('{"n":1,"x":"a,b"}\n');
    expect(JSON.parse(await result('--json'))).toMatchObject({
      step: 'step-1',
      rows: [
        [1, 'a,b'],
        [2, ''],
      ],
    });
  });

  it('prints all pages of a result', async () => {
    const id = await submitted('SELECT a.id * 1000 + b.id AS n FROM shot a JOIN shot b WHERE b.id <= 50 ORDER BY 1');
    await millrace(['watch', id], as());
    const { stdout } = await millrace(['result', id, '--format', 'csv'], as());
    const numbers = stdout.trimEnd().split('\r\n').slice(1).map(Number);
    expect(numbers).toHaveLength(15_000);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    const { stdout: table } = await millrace(['result', id], as());
    expect(table).toContain(
      `\n… only the first 1000 rows are shown; millrace result ${id} --step=step-1 shows all stored rows\n`,
    );
  });

  it('is cancelled by Ctrl-C, and by another command; a retry resumes unfinished work', async () => {
    await slowRows(test.database, 1);
    const { child, ended } = start(['run', '--json', detect(40, 'interrupted', slow)], as());
    const id = await vi.waitFor(async () => {
      const { body } = await test.json('GET', '/v1/statements?limit=1');
      expect(body.statements[0].sql).toContain('INTO interrupted');
      return body.statements[0].id as string;
    }, patience);
    await inTheMiddle(id);
    process.kill(-child.pid!, 'SIGINT');
    const { code, stdout } = await ended;
    expect(code).toBe(130);
    expect(linesOf(stdout).at(-1)).toMatchObject({ id, state: 'cancelled', error: { code: 'CANCELLED' } });
    await slowRows(test.database, 0);
    const retried = await millrace(['retry', id], as());
    expect(retried.stderr).toMatch(/^interrupted: \d+ detections in 40 images\nsucceeded/m);
    expect(retried.code).toBe(0);

    await slowRows(test.database, 1);
    const other = await inTheMiddle(await submitted(detect(40, 'elsewhere', slow)));
    expect(await millrace(['cancel', other], as())).toMatchObject({
      code: 0,
      stderr: `${other} is being cancelled; to resume it, run millrace retry ${other}\n`,
    });
    expect((await millrace(['watch', other], as())).code).toBe(130);
  });

  it('does not cancel a statement that it only watches', async () => {
    await slowRows(test.database, 1);
    const id = await inTheMiddle(await submitted(detect(40, 'watched', slow)));
    const { child, ended, stderr } = start(['watch', id], as());
    await vi.waitFor(() => expect(stderr()).toMatch(/^step-1 .* images/), patience);
    process.kill(-child.pid!, 'SIGINT');
    expect((await ended).code).toBe(130);
    expect(['running', 'succeeded']).toContain((await statusOf(id)).state);
    await slowRows(test.database, 0);
    expect((await millrace(['watch', id], as())).code).toBe(0);
  });

  it('follows a statement and its logs over broken connections, and shows each line once', async () => {
    const proxy = await openFlakyProxy(test.server.url);
    await slowRows(test.database, 1);
    const sql = detect(40, 'over_broken_connections', slow);
    const run = start(['run', '--json', sql], as('ada', proxy.url));
    const id = await vi.waitFor(async () => {
      const { body } = await test.json('GET', '/v1/statements?limit=1');
      expect(body.statements[0].sql).toContain('INTO over_broken_connections');
      return body.statements[0].id as string;
    }, patience);
    const logs = start(['logs', '--follow', '--json', id], as('ada', proxy.url));
    for (const done of [1, 8, 20]) {
      await vi.waitFor(async () => {
        const { body } = await test.json('GET', `/v1/statements/${id}`);
        expect(body.progress?.done ?? 0).toBeGreaterThanOrEqual(done);
      }, patience);
      proxy.cut();
    }
    await slowRows(test.database, 0);
    const { code, stdout, stderr } = await run.ended;
    expect({ code, stderr: stderr.includes('error') }).toEqual({ code: 0, stderr: false });
    expect(linesOf(stdout).at(-1)).toMatchObject({ id, state: 'succeeded' });
    expect(proxy.requests()).toMatch(/GET \/v1\/statements\/\S+\/events HTTP[\s\S]*?last-event-id: \d+/i);
    const followed = await logs.ended;
    expect(followed.code).toBe(0);
    const direct = await millrace(['logs', '--json', id], as());
    expect(linesOf(followed.stdout).map(textOf).sort()).toEqual(linesOf(direct.stdout).map(textOf).sort());
    await proxy.close();
  });

  const textOf = ({ step, source, text }: { step: string; source: string; text: string }) =>
    `${step} ${source} ${text}`;

  it('explains without executing, and has no workflow if the engine is local', async () => {
    const explained = await millrace(['explain', detect(2, 'never')], as());
    expect(explained).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^step-1 {2}run {2}millrace\/worker yolo/),
    });
    expect(await millrace(['explain', '--format=workflow', 'SELECT 1'], as())).toEqual({
      code: 2,
      stdout: '',
      stderr: `error[NO_WORKFLOW]: the server's engine runs statements without workflows
  run explain without --format=workflow to see the plan
`,
    });
  });

  it('lists models', async () => {
    expect(linesOf((await millrace(['models', '--json'], as())).stdout)).toEqual([
      expect.objectContaining({ name: 'demo', file: '/models/demo.onnx', kind: 'unregistered' }),
    ]);
  });

  it("has the rights of the token's role", async () => {
    const refused = await millrace(['run', 'CREATE TABLE readers_own (n INT)'], as('rita'));
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringMatching(/^error\[READ_ONLY_ROLE\]: /) });
    const id = await submitted('SELECT 1');
    expect(await millrace(['status', id], as('bob'))).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error\[UNKNOWN_STATEMENT\]: .*\n {2}list the statements to find its id\n/),
    });
  });

  it.each([
    ['wrong', 'mlr_wrong'],
    ['absent', ''],
  ])('a token that is %s is rejected', async (_, token) => {
    expect(await millrace(['list'], { MILLRACE_URL: test.server.url, MILLRACE_TOKEN: token })).toEqual({
      code: 3,
      stdout: '',
      stderr: expect.stringMatching(
        /^error\[SERVER_REFUSED\]: .*\n {2}set MILLRACE_TOKEN to a token that the server knows\n$/,
      ),
    });
  });

  it('can name one of the datasources', async () => {
    expect((await millrace(['run', '--datasource', 'default', 'DO 1'], as())).code).toBe(0);
    expect(await millrace(['run', '--datasource', 'other', 'DO 1'], as())).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /^error\[UNKNOWN_DATASOURCE\]: there is no datasource 'other' that you may use\n {2}use one of default\n/,
      ),
    });
  });

  it('rejects --engine', async () => {
    expect(await millrace(['run', '--engine=local', 'DO 1'], as())).toEqual({
      code: 2,
      stdout: '',
      stderr: `error[USAGE]: --engine applies only to this machine, but MILLRACE_URL names a server
  change one of the two
`,
    });
  });
});
