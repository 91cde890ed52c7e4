import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { program } from './millrace.ts';

/** Longer than any buffer on the way. */
const longProgram = `SELECT ${'1, '.repeat(60_000)}1;\n`.repeat(10);

describe('the output of a command', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-output-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  /** `$M` stands for the command. */
  const shell = (script: string, input = longProgram) => {
    const env = { ...process.env, M: `${process.execPath} ${program}` };
    const { status, stdout, stderr } = spawnSync('bash', ['-c', script], { env, input, cwd: folder });
    return { code: status, stdout: stdout.toString(), stderr: stderr.toString() };
  };

  it.runIf(existsSync('/dev/full')).each(['format -', 'parse --json -', 'parse -'])(
    'is told of by %s where a disk is full',
    (command) => {
      expect(shell(`$M ${command} > /dev/full`)).toEqual({
        code: 3,
        stdout: '',
        stderr: `error[OUTPUT_FAILED]: standard output cannot be written: no space left on device
  make room, or send the output elsewhere; millrace result ID shows the rows again
`,
      });
    },
  );

  it('is reported if only a part of it fits, and that part is written', () => {
    const { code, stderr } = shell('ulimit -f 1; $M format - > part', 'SELECT 1;\n'.repeat(200));
    expect({ code, stderr }).toMatchObject({ code: 3, stderr: expect.stringContaining('error[OUTPUT_FAILED]: ') });
    expect(readFileSync(join(folder, 'part'), 'utf8')).toMatch(/^SELECT 1;\n/);
  });

  it('ends silently when its reader exits', () => {
    const script = 'set -o pipefail; $M parse --json - | head -c 20';
    expect(shell(script)).toEqual({ code: 141, stdout: '{"kind":"standard","', stderr: '' });
  });

  it('is dropped if standard output is closed, as with /dev/null, which Node opens in its place', () => {
    for (const target of ['&-', '/dev/null']) {
      expect(shell(`$M format - >${target}`, 'select 1')).toEqual({ code: 0, stdout: '', stderr: '' });
    }
    expect(shell('$M format - >&-', 'SELECT 1 TO RUM').code).toBe(2);
  });

  it.runIf(existsSync('/dev/full'))('is complete even if standard error cannot be written', () => {
    expect(shell('$M format - 2> /dev/full', 'select 1')).toEqual({ code: 0, stdout: 'select 1;\n', stderr: '' });
    expect(shell('$M format - 2> /dev/full', 'SELECT 1 TO RUM').code).toBe(2);
  });
});
