import { tableFromIPC } from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { openCommandLine } from '../../src/cli/commands/command-line.ts';
import { readConfig } from '../../src/config.ts';
import type { Rows } from '../../src/formats/format.ts';
import { formatNames, formats } from '../../src/formats/formats.ts';
import { writeLine } from '../../src/formats/json.ts';

const { arrow, csv, json, ndjson } = formats;

function rowsOf(names: readonly string[], values: readonly (readonly unknown[])[]): Rows {
  async function* batches() {
    for (let from = 0; from < values.length; from += 700) yield values.slice(from, from + 700);
  }
  return {
    step: 'step-1',
    columns: names.map((name) => ({ name, type: 'string' })),
    batches: batches(),
    truncated: false,
  };
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

it('NDJSON escapes as JSON.stringify does', async () => {
  const values = [
    '"',
    '\\',
    '\n',
    '\u0000',
    '\u001f',
    '\u007f',
    '\u2028',
    '\ud800',
    'é',
    '😀',
    -0,
    1e300,
    true,
    null,
    { a: ['"'] },
  ];
  const written = await text(
    ndjson.write(
      rowsOf(
        ['x'],
        values.map((value) => [value]),
      ),
    ),
  );
  expect(written).toBe(values.map((value) => `${JSON.stringify({ x: value })}\n`).join(''));
  expect(await text(ndjson.write(rowsOf([], [[]])))).toBe('{}\n');
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

describe('arrow', () => {
  const typed = (types: Readonly<Record<string, string>>, values: readonly (readonly unknown[])[]): Rows => ({
    ...rowsOf([], values),
    columns: Object.entries(types).map(([name, type]) => ({ name, type })),
  });
  const read = async (rows: Rows) => tableFromIPC(Buffer.concat(await all(arrow.write(rows))));

  it('keeps every digit, byte and microsecond, and NULLs, over several batches', async () => {
    const types = {
      i: 'integer',
      b: 'bigint',
      m: 'decimal',
      x: 'double',
      d: 'date',
      t: 'time',
      at: 'datetime',
      utc: 'timestamp',
      j: 'json',
      bytes: 'binary',
      s: 'string',
    };
    const row = [
      4294967295,
      '-9223372036854775808',
      '0.10',
      1.5e300,
      '0099-12-31',
      '-838:59:59.000001',
      '2024-02-29T23:59:59.000001',
      '1969-12-31T23:59:59Z',
      '{"a":1}',
      Buffer.from([0, 255]).toString('base64'),
      'é😀',
    ];
    const values = Array.from({ length: 1500 }, (_, index) => (index % 3 === 1 ? row.map(() => null) : row));
    const table = await read(typed(types, values));
    expect(table.numRows).toBe(1500);
    expect(Object.fromEntries(table.schema.fields.map(({ name, type }) => [name, String(type)]))).toEqual({
      i: 'Int64',
      b: 'Int64',
      m: 'Utf8',
      x: 'Float64',
      d: 'Date32<DAY>',
      t: 'Utf8',
      at: 'Timestamp<MICROSECOND>',
      utc: 'Timestamp<MICROSECOND, UTC>',
      j: 'Utf8',
      bytes: 'Binary',
      s: 'Utf8',
    });
    const stored = (name: string) => table.getChild(name)!.data.flatMap(({ values }) => [...values]);
    for (const at of [0, 2, 1499]) {
      expect(table.get(at)!.toJSON()).toMatchObject({
        i: 4294967295n,
        b: -9223372036854775808n,
        m: '0.10',
        x: 1.5e300,
        t: '-838:59:59.000001',
        j: '{"a":1}',
        bytes: new Uint8Array([0, 255]),
        s: 'é😀',
      });
      expect(stored('at')[at]).toBe(BigInt(Date.parse('2024-02-29T23:59:59Z')) * 1000n + 1n);
      expect(stored('utc')[at]).toBe(-1_000_000n);
      expect(stored('d')[at]).toBe(Date.parse('0099-12-31T00:00:00Z') / 86_400_000);
    }
    expect(Object.values(table.get(1)!.toJSON())).toEqual(row.map(() => null));
  });

  it.each([
    ['bigint', '18446744073709551615', 'an int64'],
    ['date', '0000-00-00', 'a date'],
    ['datetime', '2023-02-30T00:00:00', 'a date'],
  ])('refuses the %s %s instead of changing it', async (type, value, what) => {
    const message = `the column 'v' has the value "${value}", which is not ${what} in Arrow`;
    await expect(read(typed({ v: type }, [[value]]))).rejects.toMatchObject({ code: 'NOT_IN_FORMAT', message });
  });

  it('has its schema without rows, and distinct names', async () => {
    const table = await read(rowsOf(['id', 'id'], []));
    expect(table.schema.fields.map(({ name }) => name)).toEqual(['id', 'id_2']);
    expect(table.numRows).toBe(0);
  });
});
