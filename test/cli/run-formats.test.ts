import { describe, expect, it } from 'vitest';
import { mariadb } from '../database.ts';
import { detect, useSession } from '../use-session.ts';
import { environmentOf, millrace, start } from './millrace.ts';

describe('the rows of millrace run', { timeout: 120_000 }, () => {
  const test = useSession(mariadb);
  const run = (...args: readonly string[]) => millrace(['run', ...args], environmentOf(test));
  const output = async (...args: readonly string[]) => (await run(...args)).stdout;

  it('can be written in each format', async () => {
    const sql = "SELECT 1 AS n, 'a,b' AS x UNION SELECT 2, NULL";
    expect(await output(sql, '--format=csv')).toBe('n,x\r\n1,"a,b"\r\n2,\r\n');
    expect(await output(sql, '--format=ndjson')).toBe('{"n":1,"x":"a,b"}\n{"n":2,"x":null}\n');
    expect(JSON.parse(await output(sql, '--format=json'))).toMatchObject({ step: 'step-1', truncated: false });
    expect(await output(sql, '--format=table')).toBe(await output(sql));
  });

  it('are written for each result of a program, also beside TO RUN', async () => {
    expect(await output('SELECT 1 AS a; DO 1; SELECT 2 AS b', '--format=csv')).toBe('a\r\n1\r\n\nb\r\n2\r\n');
    const program = `SELECT 1 AS a; ${detect(2, 'beside')} SELECT 2 AS b`;
    expect((await output(program, '--format=ndjson')).split('\n').sort()).toEqual(['', '{"a":1}', '{"b":2}']);
  });

  it('are limited by --limit', async () => {
    expect(await output('SELECT id FROM shot ORDER BY id', '--format=csv', '--limit=2')).toBe('id\r\n1\r\n2\r\n');
    expect((await output('SELECT id FROM shot ORDER BY id', '--limit=2')).split('\n')).toHaveLength(5);
  });

  it('are all shown as a table whose columns keep their width', async () => {
    const lines = (await output('SELECT id, file_name FROM shot ORDER BY id')).trimEnd().split('\n');
    expect(lines).toHaveLength(3002);
    expect(lines.at(-1)).toMatch(/^ 3000 {3}scene-\d+\.jpg$/);
  });

  it('are written up to the failure of the statement', async () => {
    const failing = 'SELECT id, IF(id < 2900, id, (SELECT id FROM shot)) AS v FROM shot ORDER BY id';
    const { code, stdout, stderr } = await run(failing, '--format=csv');
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('returns more than 1 row') });
    expect(stdout).toMatch(/^id,v\r\n/);
  });

  it('are all written, including those that are not stored; millrace result reports that it has not all of them', async () => {
    const sql = "SELECT id, REPEAT('x', 30000) AS v FROM shot ORDER BY id";
    const { code, stdout, stderr } = await start(['run', '--format=csv', sql], environmentOf(test)).ended;
    expect({ code, lines: stdout.split('\r\n').length }).toEqual({ code: 0, lines: 3002 });
    const id = /\S{36}$/.exec(stderr.trim())?.[0] ?? '';
    const kept = await start(['result', id, '--format=csv'], environmentOf(test)).ended;
    const rows = kept.stdout.split('\r\n').length - 2;
    expect(rows).toBeLessThan(3000);
    expect({ code: kept.code, stderr: kept.stderr }).toEqual({
      code: 5,
      stderr: `error[RESULT_CUT]: only the first ${rows} rows of step-1 are stored; the query returned more
  select fewer rows, or run the query alone with millrace run and the local engine, which streams all rows
`,
    });
    expect((await start(['result', id, '--format=csv', '--limit=5'], environmentOf(test)).ended).code).toBe(0);
    const table = await start(['result', id], environmentOf(test)).ended;
    expect({ code: table.code, stderr: table.stderr }).toEqual({ code: 5, stderr: kept.stderr });
  });
});

describe('the parameters of millrace run', { timeout: 60_000 }, () => {
  const test = useSession(mariadb);
  const run = (...args: readonly string[]) => millrace(['run', '--format=ndjson', ...args], environmentOf(test));

  it('are values for ?, with exactly the given digits', async () => {
    const sql = 'SELECT ? AS a, ? AS b, ? AS c, ? AS d, ? AS e';
    const values = ['9007199254740993', '-0.10', '007', "'12'", "it's"].flatMap((value) => ['--param', value]);
    expect((await run(sql, ...values)).stdout).toBe(
      '{"a":"9007199254740993","b":"-0.10","c":"007","d":"12","e":"it\'s"}\n',
    );
  });

  it('are values for :name', async () => {
    const { stdout } = await run('SELECT :x AS x, :y AS y', '--param=y=a=b', '--param', 'x=3');
    expect(stdout).toBe('{"x":3,"y":"a=b"}\n');
  });

  it.each([
    [['--param=1', '--param=a=2'], 'error[USAGE]: some --param options have a name and others do not'],
    [['--param=a=1', '--param=a=2'], 'error[USAGE]: --param a is given twice'],
    [['--param=1', '--param=2'], 'error[PARAMETER_UNUSED]: '],
  ])('%j are refused', async (args, message) => {
    const { code, stderr } = await run('SELECT ?', ...args);
    expect({ code, stderr: stderr.slice(0, message.length) }).toEqual({ code: 2, stderr: message });
  });

  it('are part of the text in which errors show their place', async () => {
    const { stderr } = await run('SELECT :id AS id TO RUN millrace/werker CMD "yolo" INTO t', '--param=id=12345678');
    expect(stderr).toContain(
      '   1 | SELECT 12345678 AS id TO RUN millrace/werker CMD "yolo" INTO t\n     |                              ^ did you',
    );
  });
});
