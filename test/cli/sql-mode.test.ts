import { expect, it } from 'vitest';
import { millrace } from './millrace.ts';

const text = 'SELECT "a\\"; SELECT 2';

it.each(['ANSI_QUOTES', 'strict_trans_tables, ansi'])(
  'parse and format read a program in the mode %s',
  async (mode) => {
    const parsed = await millrace(['parse', '--json', `--sql-mode=${mode}`, '-'], {}, text);
    expect(parsed.stdout.trimEnd().split('\n')).toHaveLength(2);
    const answered = await millrace(
      ['parse', '--lines', `--sql-mode=${mode}`],
      {},
      `${JSON.stringify({ id: 1, sql: text })}\n`,
    );
    expect(JSON.parse(answered.stdout).statements).toHaveLength(2);
    const formatted = await millrace(['format', `--sql-mode=${mode}`, '-'], {}, text);
    expect(formatted).toMatchObject({ code: 0, stdout: 'SELECT "a\\";\nSELECT 2;\n' });
  },
);

it('without --sql-mode they assume the default mode', async () => {
  for (const command of ['parse', 'format'])
    expect(await millrace([command, '-'], {}, text)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error\[UNCLOSED_STRING\]/),
    });
});

it('a misspelt mode is refused', async () => {
  expect(await millrace(['parse', '--sql-mode=ANSI_QUOTE', '-'], {}, text)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Unknown mode ANSI_QUOTE.'),
  });
});
