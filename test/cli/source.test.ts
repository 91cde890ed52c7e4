import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { millrace } from './millrace.ts';

describe('the text of a program', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-source-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const parse = (bytes: Buffer, ...options: readonly string[]) => {
    writeFileSync(join(folder, 'p.sql'), bytes);
    return millrace(['parse', '-f', join(folder, 'p.sql'), ...options], {});
  };

  it.each([
    ['Latin-1', Buffer.from("SELECT 1;\nINSERT INTO t VALUES ('M\xe1laga');\n", 'latin1'), '0xE1', 34, 2, 25],
    ['GBK', Buffer.from('53454c4543542027c3e827', 'hex'), '0xC3', 8, 1, 9],
    ['a binary string of a dump', Buffer.from('0001ff5c27', 'hex'), '0xFF', 2, 1, 3],
    ['a character cut off at the end', Buffer.from("SELECT 'é", 'utf8').subarray(0, 9), '0xC3', 8, 1, 9],
    [
      'a byte after real replacement characters',
      Buffer.from("'\ufffd\ufffd\xff", 'utf8').fill(0xff, 7),
      '0xFF',
      7,
      1,
      4,
    ],
    ['a byte after a byte order mark', Buffer.from('\ufeffab\u00ff', 'utf8').fill(0xfe, 5), '0xFE', 5, 1, 4],
  ])('in %s is refused, with the place of the byte', async (_, bytes, byte, offset, line, column) => {
    const { code, stdout } = await parse(bytes, '--json');
    expect(code).toBe(2);
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'PROGRAM_NOT_UTF8',
      message: `the byte ${byte} at offset ${offset} is not UTF-8`,
      line,
      column,
    });
  });

  it('is reported with the place of the byte', async () => {
    const { stderr } = await parse(Buffer.from("SELECT 'M\xe1laga'", 'latin1'));
    expect(stderr).toContain(`p.sql:1:10\n   1 | SELECT 'M\ufffdlaga'\n     |          ^ convert it (iconv -f LATIN1 `);
  });

  it('is rejected if it is UTF-16', async () => {
    const { code, stderr } = await parse(Buffer.from('\ufeffSELECT 1', 'utf16le'));
    expect(code).toBe(2);
    expect(stderr).toMatch(/p\.sql is UTF-16, not UTF-8: it starts with the bytes 0xFF 0xFE\n {2}convert it: iconv /);
  });

  it('may start with a byte order mark, and have Windows line ends', async () => {
    const program = '\ufeffSELECT id FROM t\r\nTO RUN i\r\nCMD "x"\r\nINTO r;\r\nSELECT 2;\r\n';
    const { code, stdout } = await parse(Buffer.from(program), '--json');
    const statements = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect({ code, kinds: statements.map(({ kind }) => kind) }).toEqual({ code: 0, kinds: ['run', 'standard'] });
    expect(statements[0].parts).toMatchObject({ query: 'SELECT id FROM t', command: ['x'], into: [{ table: 'r' }] });
  });

  it('is rejected as an argument that was not UTF-8; the same U+FFFD is accepted in a file', async () => {
    const { code, stderr } = await millrace(['parse', "SELECT '\ufffd'"], {});
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `error[PROGRAM_NOT_UTF8]: the statement contains U+FFFD, which replaces bytes that are not UTF-8
  give the statement in a file: -f FILE
`,
    });
    expect((await parse(Buffer.from("SELECT '\ufffd'"))).code).toBe(0);
  });
});
