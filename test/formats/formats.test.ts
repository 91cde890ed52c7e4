import { expect, it } from 'vitest';
import { openCommandLine } from '../../src/cli/commands/command-line.ts';
import { readConfig } from '../../src/config.ts';
import type { Rows } from '../../src/formats/format.ts';
import { formatNames, formats } from '../../src/formats/formats.ts';
import { writeLine } from '../../src/formats/json.ts';

const { csv, json, ndjson } = formats;

function rowsOf(names: readonly string[], values: readonly (readonly unknown[])[]): Rows {
  async function* rows() {
    yield* values;
  }
  return { step: 'step-1', columns: names.map((name) => ({ name, type: 'string' })), rows: rows(), truncated: false };
}

async function all(pieces: AsyncIterable<Uint8Array>): Promise<readonly Uint8Array[]> {
  const read: Uint8Array[] = [];
  for await (const piece of pieces) read.push(piece);
  return read;
}

async function text(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await all(pieces)).toString();
}

it('CSV quotes only if required; NULL is empty, an empty string is quoted', async () => {
  const rows = rowsOf(
    ['a', 'b,c'],
    [
      ['1', null],
      ['', 'x"y\nz'],
    ],
  );
  expect(await text(csv.write(rows))).toBe('a,"b,c"\r\n1,\r\n"","x""y\nz"\r\n');
});

it('NDJSON has an object for each row; columns with the same name are numbered', async () => {
  expect(
    await text(
      ndjson.write(
        rowsOf(
          ['id', 'id'],
          [
            [1, '2'],
            [null, 'ü'],
          ],
        ),
      ),
    ),
  ).toBe('{"id":1,"id_2":"2"}\n{"id":null,"id_2":"ü"}\n');
});

it.each([0, 1, 5000])('JSON is one document of %d rows', async (count) => {
  const values = Array.from({ length: count }, (_, index) => [index, 'x'.repeat(20)]);
  expect(JSON.parse(await text(json.write(rowsOf(['n', 'x'], values))))).toEqual({
    step: 'step-1',
    columns: [
      { name: 'n', type: 'string' },
      { name: 'x', type: 'string' },
    ],
    rows: values,
    truncated: false,
  });
});

it('JSON on one line has no line breaks inside', async () => {
  expect(await text(writeLine(rowsOf(['n'], [[1], [2]])))).toMatch(/^[^\n]*\n$/);
});

it('a long result is written in pieces', async () => {
  const values = Array.from({ length: 5000 }, () => ['x'.repeat(20)]);
  for (const { write } of Object.values(formats)) {
    const pieces = await all(write(rowsOf(['x'], values)));
    expect(pieces.length).toBeGreaterThan(3);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(40_000);
  }
});

it('the command line offers every format, and a table', () => {
  const { commands } = openCommandLine(readConfig({}), {});
  for (const name of ['run', 'result']) {
    const options = commands.find((command) => command.name() === name)?.options ?? [];
    const choices = options.find(({ long }) => long === '--format')?.argChoices;
    expect(choices).toEqual(['table', ...formatNames]);
  }
});
