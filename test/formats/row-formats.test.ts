import { expect, it } from 'vitest';
import { jsonDocument as json } from '../../src/formats/json-document.ts';
import { csv, ndjson } from '../../src/formats/row-formats.ts';
import type { Rows } from '../../src/service/service.ts';

function rowsOf(names: readonly string[], values: readonly (readonly unknown[])[]): Rows {
  async function* rows() {
    yield* values;
  }
  return { step: 'step-1', columns: names.map((name) => ({ name, type: 'string' })), rows: rows(), truncated: false };
}

async function text(pieces: AsyncIterable<string>): Promise<string> {
  let whole = '';
  for await (const piece of pieces) whole += piece;
  return whole;
}

it('CSV quotes what it must; NULL is empty, an empty text is not', async () => {
  const rows = rowsOf(
    ['a', 'b,c'],
    [
      ['1', null],
      ['', 'x"y\nz'],
    ],
  );
  expect(await text(csv(rows))).toBe('a,"b,c"\r\n1,\r\n"","x""y\nz"\r\n');
});

it('NDJSON has an object for each row; columns of one name are numbered', async () => {
  expect(
    await text(
      ndjson(
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
  expect(JSON.parse(await text(json(rowsOf(['n', 'x'], values))))).toEqual({
    step: 'step-1',
    columns: [
      { name: 'n', type: 'string' },
      { name: 'x', type: 'string' },
    ],
    rows: values,
    truncated: false,
  });
});
