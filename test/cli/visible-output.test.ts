import { describe, expect, it } from 'vitest';
import { mariadb } from '../database.ts';
import { ended, submit, useSession } from '../use-session.ts';
import { environmentOf, millrace } from './millrace.ts';
import { openTerminal } from './terminal.ts';

/** Shown as it stands, its end would read `fdp.exe`; the escape sequence would set the terminal's title. */
const hostile = 'a\u202eexe.pdf\u200b\u009b\u001b]0;x\u0007';
const shown = 'a\\u202eexe.pdf\\u200b\\u009b␛]0;x␇';

describe('a control character', { timeout: 60_000 }, () => {
  const test = useSession(mariadb);
  const run = (...args: readonly string[]) => millrace(args, environmentOf(test));

  it('is escaped in tables: in values and column names', async () => {
    const { stdout } = await run('run', `SELECT '${hostile}' AS \`n\u202ea\``);
    expect(stdout.split('\n').map((line) => line.trim())).toEqual(['n\\u202ea', expect.any(String), shown, '']);
  });

  it('is escaped in errors and lists', async () => {
    const failed = await run('run', `SELECT * FROM \`${hostile}\``);
    expect(failed.stderr).toContain('a\\u202eexe.pdf\\u200b');
    expect(failed.stderr).not.toMatch(/[\u001b\u202e\u200b\u009b]/);
    const { stdout } = await run('list');
    expect(stdout).toContain(shown);
  });

  it('is unchanged in csv, ndjson and json that are written to a file', async () => {
    const id = await submit(test.session, `SELECT '${hostile}' AS v`);
    await ended(test.session, id);
    expect((await run('result', id, '--format=csv')).stdout).toBe(`v\r\n${hostile}\r\n`);
    expect(JSON.parse((await run('result', id, '--format=ndjson')).stdout)).toEqual({ v: hostile });
    expect(JSON.parse((await run('result', id, '--json')).stdout).rows).toEqual([[hostile]]);
  });

  it('is escaped in each format on a terminal', async () => {
    const id = await submit(test.session, "SELECT 'a\u202eb' AS v");
    await ended(test.session, id);
    for (const format of ['csv', 'ndjson', 'json']) {
      const terminal = openTerminal(['result', id, `--format=${format}`], environmentOf(test));
      expect(await terminal.until(/a\S*b/)).toContain('a\\u202eb');
      expect(await terminal.ended).toBe(0);
    }
  });
});
