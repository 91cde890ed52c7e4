import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { mariadb } from '../database.ts';
import { slowRows } from '../slow-rows.ts';
import { detect, ended, useSession } from '../use-session.ts';
import { onnxModel } from '../worker/onnx-model.ts';
import { isRunning, workersOf } from '../workers.ts';
import { environmentOf, millrace, start } from './millrace.ts';

const patience = { timeout: 60_000, interval: 50 };

describe('millrace run', { timeout: 120_000 }, () => {
  const test = useSession(mariadb);
  const linesOf = (output: string) =>
    output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));

  it('runs a program given in quotes and shows what its statements return', async () => {
    const sql = "SELECT id, file_name AS 'the file', NULL AS n FROM shot WHERE id < 3; DO 1";
    expect(await millrace(['run', sql], environmentOf(test))).toEqual({
      code: 0,
      stdout: ` id   the file         n
─────────────────────────
  1   scene-1.jpg   NULL
  2   scene-2.jpg   NULL
`,
      stderr: expect.stringMatching(/^succeeded in \d+\.\d s {2}[0-9a-f-]{36}\n$/),
    });
  });

  it('prints how many rows a statement changed', async () => {
    await test.query('CREATE TABLE kept (n INT)');
    const { stderr } = await millrace(['run', 'INSERT INTO kept VALUES (1), (2)'], environmentOf(test));
    expect(stderr).toMatch(/^2 rows affected\nsucceeded in /);
    const several = 'UPDATE kept SET n = 2; DELETE FROM kept; DO 1';
    expect((await millrace(['run', several], environmentOf(test))).stderr).toMatch(
      /^step-1: 1 row affected\nstep-2: 2 rows affected\nsucceeded in /,
    );
  });

  it('runs a program of a file, and prints the number of detections', async () => {
    const file = join(test.pictures.folder, 'program.sql');
    await writeFile(file, detect(12, 'from_file', 'partitions = 2, commit_rows = 1'));
    const { code, stdout, stderr } = await millrace(['run', '-f', file], environmentOf(test));
    const [counted] = await test.query('SELECT COUNT(*) AS n FROM from_file');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^from_file: ${counted?.n} detections in 12 images\\nsucceeded in `, 'm'));
  });

  it('counts the outputs of another program under the name in its contract', async () => {
    const model = { input: ['batch', 3, 32, 32], outputs: [{ dims: [1, 3] }], chain: ['GlobalAveragePool', 'Flatten'] };
    await writeFile(join(test.pictures.folder, 'colours.onnx'), onnxModel(model));
    const sql = `SELECT * FROM shot WHERE id <= 6 TO RUN millrace/worker
      CMD "classify", "--model=/datasets/colours.onnx", "--image_dir=/datasets", "--top=2" WITH partitions = 2 INTO coloured`;
    const { code, stderr } = await millrace(['run', sql], environmentOf(test));
    expect(stderr).toMatch(/^coloured: 12 classes in 6 images\nsucceeded in /m);
    expect(code).toBe(0);
    const counted = 'SELECT COUNT(*) AS n, COUNT(DISTINCT id) AS images, MAX(class_rank) AS most FROM coloured';
    expect(await test.query(counted)).toEqual([{ n: '12', images: '6', most: 2 }]);
  });

  it('prints JSON lines with --json', async () => {
    const { code, stdout } = await millrace(
      ['run', '--json', '-'],
      environmentOf(test),
      `SELECT 1 AS one; ${detect(2, 'as_json')}`,
    );
    expect(code).toBe(0);
    expect(linesOf(stdout)).toEqual([
      { step: 'step-1', columns: [{ name: 'one', type: 'integer' }], rows: [[1]], truncated: false },
      expect.objectContaining({ state: 'succeeded', error: null, submittedAt: expect.any(String) }),
    ]);
  });

  it.each([
    [
      'a wrong statement',
      'SELECT * FROM shot TO RUM x',
      { error: expect.objectContaining({ code: 'UNKNOWN_VERB', line: 1, column: 23 }) },
    ],
    [
      'a failed statement',
      'SELECT * FROM absent',
      expect.objectContaining({ state: 'failed', error: expect.objectContaining({ code: 'QUERY_REFUSED' }) }),
    ],
  ])('prints %s as a JSON line with --json', async (_, sql, line) => {
    const { code, stdout, stderr } = await millrace(['run', '--json', sql], environmentOf(test));
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    expect(linesOf(stdout)).toEqual([line]);
  });

  it('shows the place of the error', async () => {
    expect(await millrace(['run', '-'], environmentOf(test), 'SELECT *\nFROM shot\nTO RUM x')).toEqual({
      code: 2,
      stdout: '',
      stderr: `error[UNKNOWN_VERB]: TO must be followed by RUN, TRAIN, PREDICT, EXPLAIN, EVALUATE, FIND, MAXIMIZE or MINIMIZE, not by 'RUM'
  --> stdin:3:4
   2 | FROM shot
   3 | TO RUM x
     |    ^ did you mean RUN?
`,
    });
  });

  it.each([
    [
      'no program',
      ['run'],
      'error[USAGE]: no program is given\n  give a program in quotes, -f FILE, or - for standard input\n',
    ],
    [
      'two programs',
      ['run', 'SELECT 1', '-f', 'x.sql'],
      'error[USAGE]: both a program and a file are given\n  give only one of them\n',
    ],
    [
      'a file that is not there',
      ['run', '-f', '/absent.sql'],
      'error[USAGE]: the file /absent.sql cannot be read\n  give the path of a readable SQL file\n',
    ],
    [
      'an unknown option',
      ['run', '--jsn', 'SELECT 1'],
      "error: unknown option '--jsn'\n(Did you mean --json?)\n(millrace --help lists the commands)\n",
    ],
    [
      'an unknown command',
      ['rnu'],
      "error: unknown command 'rnu'\n(Did you mean run?)\n(millrace --help lists the commands)\n",
    ],
    [
      'a superfluous argument',
      ['run', 'SELECT', '1'],
      "error: too many arguments for 'run'. Expected 1 argument but got 2: SELECT, 1.\n(millrace --help lists the commands)\n",
    ],
  ])('refuses a command line with %s', async (_, args, stderr) => {
    expect(await millrace(args, {})).toEqual({ code: 2, stdout: '', stderr });
  });

  it('is cancelled by Ctrl-C; another process resumes it', async () => {
    await slowRows(test.database, 1);
    const { child, ended: end } = start(
      ['run', detect(40, 'interrupted', 'partitions = 2, commit_rows = 1')],
      environmentOf(test),
    );
    const workers = await partitionsOf(child.pid!);
    // As a terminal does: to the workers too.
    process.kill(-child.pid!, 'SIGINT');
    const { code, stdout, stderr } = await end;
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(workers.filter(({ pid }) => isRunning(pid))).toEqual([]);
    const id = /^cancelled in .* {2}(\S{36})$/m.exec(stderr)?.[1] ?? stderr;
    expect(await test.session.engine.status(id)).toMatchObject({ state: 'cancelled', error: { code: 'CANCELLED' } });
    expect(await test.query("SHOW TABLES LIKE 'interrupted'")).toEqual([]);
    await slowRows(test.database, 0);
    const retried = await millrace(['retry', id], environmentOf(test));
    expect(retried.code).toBe(0);
    expect(await test.query('SELECT DISTINCT id FROM interrupted')).toHaveLength(40);
  });

  it('leaves no worker behind when it is killed; its statement is interrupted, and a retry resumes it', async () => {
    await slowRows(test.database, 1);
    const { child, ended: end } = start(
      ['run', detect(40, 'orphaned', 'partitions = 2, commit_rows = 1')],
      environmentOf(test),
    );
    const workers = await partitionsOf(child.pid!);
    const [newest] = await test.session.engine.list();
    const id = newest!.id;
    expect(newest?.state).toBe('running');
    child.kill('SIGKILL');
    await end;
    await vi.waitFor(() => expect(workers.filter(({ pid }) => isRunning(pid))).toEqual([]), patience);
    await vi.waitFor(async () => expect((await test.session.engine.status(id)).state).toBe('interrupted'), patience);
    await slowRows(test.database, 0);
    await test.session.engine.retry(id);
    expect((await ended(test.session, id)).state).toBe('succeeded');
    expect(await test.query('SELECT DISTINCT id FROM orphaned')).toHaveLength(40);
  });

  it('is cancelled from another terminal', async () => {
    await slowRows(test.database, 1);
    const { child, ended: end } = start(
      ['run', '--json', detect(40, 'elsewhere', 'partitions = 2, commit_rows = 1')],
      environmentOf(test),
    );
    await partitionsOf(child.pid!);
    const [newest] = await test.session.engine.list();
    const id = newest!.id;
    const cancelling = await millrace(['cancel', id], environmentOf(test));
    expect(cancelling).toEqual({
      code: 0,
      stdout: '',
      stderr: `${id} is being cancelled; to resume it, run millrace retry ${id}\n`,
    });
    const { code, stdout } = await end;
    expect(code).toBe(130);
    expect(linesOf(stdout).at(-1)).toMatchObject({ id, state: 'cancelled' });
  });

  it('reports an unknown statement', async () => {
    const id = '01900000-0000-7000-8000-000000000000';
    for (const command of ['status', 'logs', 'cancel', 'retry'])
      expect(await millrace([command, id], environmentOf(test))).toEqual({
        code: 2,
        stdout: '',
        stderr: `error[UNKNOWN_STATEMENT]: there is no statement ${id}\n  list the statements to find its id\n`,
      });
  });

  /** Both, once each of them works on its rows. */
  function partitionsOf(engine: number) {
    return vi.waitFor(async () => {
      const workers = await workersOf(engine);
      expect(workers.map(({ command }) => command)).toEqual(['partitions', 'partitions']);
      const [newest] = await test.session.engine.list();
      expect(newest?.steps[0]?.partitions.map(({ done }) => done > 0)).toEqual([true, true]);
      return workers;
    }, patience);
  }
});
