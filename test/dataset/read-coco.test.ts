import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCoco } from '../../src/dataset/coco/read-coco.ts';
import type { DatasetRow } from '../../src/dataset/tables.ts';

const images = [
  { id: 9, file_name: 'a.jpg', width: 640, height: 480, license: 3, date_captured: '2013-11-19 20:40:11' },
];
const categories = [
  { id: 1, name: 'person', supercategory: 'person' },
  { id: 90, name: 'toothbrush' },
];
const annotation = {
  segmentation: [[1, 2, 3, 4, 5, 6]],
  area: 7.5,
  iscrowd: 0,
  image_id: 9,
  bbox: [1.5, 2, 3, 4.25],
  category_id: 90,
  id: 1774,
};
const whole = { info: { year: 2017, version: '1.0' }, licenses: [], images, annotations: [annotation], categories };

/** In chunks of so many bytes. */
async function read(text: string, { chunk = 7, segmentations = false } = {}): Promise<readonly DatasetRow[]> {
  const encoding = text.startsWith('\x1f\x8b') ? 'latin1' : 'utf8';
  return readBytes(Buffer.from(text, encoding), { chunk, segmentations });
}

async function readBytes(bytes: Uint8Array, { chunk = 7, segmentations = false } = {}): Promise<readonly DatasetRow[]> {
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  }
  const rows: DatasetRow[] = [];
  for await (const some of readCoco(chunks(), { segmentations })) rows.push(...some);
  return rows;
}

const reading = (value: object) => read(JSON.stringify(value));

describe('an instance file of COCO', () => {
  const rows = [
    { table: 'info', values: [null, null, '1.0', 2017, null, null] },
    { table: 'images', values: [9, 'a.jpg', 480, 640, 3, null, '2013-11-19 20:40:11'] },
    { table: 'annotations', values: [1774, 9, 90, 1.5, 2, 3, 4.25, 7.5, 0] },
    { table: 'categories', values: [1, 'person', 'person'] },
    { table: 'categories', values: [90, 'toothbrush', null] },
  ];

  it.each([1, 2, 3, 5, 64, 100_000])('gives its rows in chunks of %i bytes', async (chunk) => {
    expect(await read(JSON.stringify(whole), { chunk })).toEqual(rows);
    expect(await read(JSON.stringify(whole, null, 2), { chunk })).toEqual(rows);
  });

  it('keeps segmentations if asked: polygons and masks', async () => {
    const mask = { counts: [1, 2, 3], size: [480, 640] };
    const annotations = [
      annotation,
      { ...annotation, id: 2, iscrowd: 1, segmentation: mask },
      { ...annotation, segmentation: undefined },
    ];
    const found = await read(JSON.stringify({ ...whole, annotations }), { segmentations: true });
    const segmentations = found.filter(({ table }) => table === 'annotations').map(({ values }) => values.at(-1));
    expect(segmentations).toEqual(['[[1,2,3,4,5,6]]', JSON.stringify(mask), null]);
  });

  it.each([null, 5, 'x', [], {}, [[]], { segmentation: [1] }])('skips the segmentation %j', async (segmentation) => {
    const annotations = [
      { ...annotation, id: 1, segmentation },
      { ...annotation, segmentation, id: 2 },
    ];
    const found = await reading({ ...whole, annotations });
    expect(found.filter(({ table }) => table === 'annotations').map(({ values }) => values[0])).toEqual([1, 2]);
  });

  it('reads what only looks like the key of a segmentation', async () => {
    const odd = 'a "segmentation": [1, \\';
    const images = [{ id: 9, file_name: odd, width: 640, height: 480, segmentation: [5] }];
    const annotations = [{ ...annotation, extra: { segmentation: [1], text: '"segmentation"' }, area: 3 }];
    const found = await read(JSON.stringify({ ...whole, images, annotations }).replaceAll('\\\\', '-'), {
      chunk: 100_000,
    });
    expect(found.map(({ table }) => table)).toEqual(['info', 'images', 'annotations', 'categories', 'categories']);
    expect(found[2]?.values).toEqual([1774, 9, 90, 1.5, 2, 3, 4.25, 3, 0]);
  });

  it('names the place of an error behind skipped segmentations', async () => {
    const text = JSON.stringify({ ...whole, images: [], annotations: [annotation, annotation, 'HERE'] }).replace(
      '"HERE"',
      'HERE',
    );
    const message = expect.stringContaining(`at byte ${text.indexOf('HERE')}`);
    for (const chunk of [9, 64, 100_000]) await expect(read(text, { chunk })).rejects.toMatchObject({ message });
  });

  it('may have its parts in any order, other parts, and no annotations', async () => {
    const { info, licenses } = whole;
    const found = await reading({ categories, other: { images: [5] }, type: 'instances', images, licenses, info });
    expect(found.map(({ table }) => table)).toEqual(['categories', 'categories', 'images', 'info']);
  });

  it('has defaults where others leave out what COCO has', async () => {
    const found = await reading({
      ...whole,
      annotations: [{ id: 1, image_id: 9, category_id: 1, bbox: [0, 0, 2, 3] }],
    });
    expect(found[2]?.values).toEqual([1, 9, 1, 0, 0, 2, 3, 6, 0]);
  });
});

describe('any instance file', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 20 });
  const outline = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.array(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }))),
  );
  const entry = fc.record(
    {
      id: fc.nat(),
      image_id: fc.nat(),
      category_id: fc.nat(),
      bbox: fc.constant([1, 2, 3, 4]),
      segmentation: outline,
      other: fc.jsonValue(),
    },
    { requiredKeys: ['id', 'image_id', 'category_id', 'bbox'] },
  );
  const file = fc.record({
    licenses: fc.array(fc.record({ id: fc.nat(), name: text })),
    other: fc.jsonValue(),
    images: fc.array(
      fc.record({
        width: fc.integer({ min: 1, max: 99 }),
        height: fc.constant(5),
        id: fc.nat(),
        file_name: fc.constant('ä" \u{1f600}'),
      }),
    ),
    annotations: fc.array(entry),
    categories: fc.array(fc.record({ id: fc.nat(), name: text, supercategory: text })),
  });

  it('has the rows that JSON.parse finds, in chunks of any size', async () => {
    await fc.assert(
      fc.asyncProperty(
        file,
        fc.integer({ min: 1, max: 300 }),
        fc.constantFrom(0, 1, '\t'),
        async (value, chunk, indent) => {
          const found = await readBytes(Buffer.from(JSON.stringify(value, null, indent)), {
            chunk,
            segmentations: false,
          });
          const parsed = JSON.parse(JSON.stringify(value)) as typeof value;
          const idsOf = (table: string) => found.filter((row) => row.table === table).map(({ values }) => values[0]);
          for (const table of ['licenses', 'images', 'annotations', 'categories'] as const)
            expect(idsOf(table)).toEqual(parsed[table].map(({ id }) => id));
          expect(found.filter(({ table }) => table === 'categories').map(({ values }) => values.slice(1))).toEqual(
            parsed.categories.map(({ name, supercategory }) => [name, supercategory]),
          );
        },
      ),
    );
  });

  it('keeps its segmentations, in chunks of any size', async () => {
    const withOutlines = fc.array(entry.map((value) => ({ ...value, segmentation: [[value.id, -0.5, 1e-7]] })));
    await fc.assert(
      fc.asyncProperty(withOutlines, fc.integer({ min: 1, max: 99 }), async (annotations, chunk) => {
        const found = await readBytes(Buffer.from(JSON.stringify({ ...whole, annotations })), {
          chunk,
          segmentations: true,
        });
        expect(found.filter(({ table }) => table === 'annotations').map(({ values }) => values.at(-1))).toEqual(
          annotations.map(({ segmentation }) => JSON.stringify(segmentation)),
        );
      }),
    );
  });
});

describe('the encoding of an instance file', () => {
  const bytes = Buffer.from(JSON.stringify(whole).replace('a.jpg', 'ä.jpg'));

  it.each([1, 2, 3, 100])('may begin with a byte order mark, in chunks of %i bytes', async (chunk) => {
    const found = await readBytes(Buffer.concat([Buffer.from('\ufeff'), bytes]), { chunk });
    expect(found[1]?.values[1]).toBe('ä.jpg');
  });

  it.each([1, 5, 1000])('must be UTF-8, in chunks of %i bytes', async (chunk) => {
    const wrong = Buffer.from(bytes);
    wrong[wrong.indexOf('ä')] = 0xff;
    const message = `the annotations are not valid JSON: images[0], from byte ${bytes.indexOf('{"id":9')}, is not text in UTF-8`;
    await expect(readBytes(wrong, { chunk })).rejects.toMatchObject({ code: 'DATASET_INVALID', message });
    const found = await readBytes(Buffer.from(JSON.stringify(whole).replace('a.jpg', '\ufffd.jpg')), { chunk });
    expect(found[1]?.values[1]).toBe('\ufffd.jpg');
  });

  it('of Windows is named', async () => {
    const message = expect.stringContaining('are in UTF-16');
    await expect(readBytes(Buffer.from('\ufeff{}', 'utf16le'))).rejects.toMatchObject({ message });
  });
});

describe('a file that is cut off', () => {
  it('at any byte is an error', async () => {
    const text = JSON.stringify(whole);
    for (let end = 0; end < text.length; end += 3) {
      await expect(read(text.slice(0, end))).rejects.toMatchObject({ code: 'DATASET_TRUNCATED' });
    }
  });
});

describe('a wrong file', () => {
  const one = (change: object) => ({ ...whole, annotations: [{ ...annotation, ...change }] });
  it.each([
    ['[{"image_id": 1}]', 'the annotations are a list; expected an object with "images" and "annotations"'],
    ['"x"', 'the annotations are a single value; expected an object with "images" and "annotations"'],
    ['{"images": nope}', /^the annotations are not valid JSON: unexpected "ope}" at byte 12, in images$/],
    ['{"images": [],, }', 'the annotations are not valid JSON: unexpected ", }" at byte 14'],
    ['{"images": [], "categories": []} x', 'the annotations are not valid JSON: unexpected "x" at byte 33'],
    ['{"images": [], }', 'the annotations are not valid JSON: unexpected "}" at byte 15'],
    ['{"images" []}', 'the annotations are not valid JSON: unexpected "[]}" at byte 10'],
    ['{images: []}', 'the annotations are not valid JSON: unexpected "images: []}" at byte 1'],
    ['{"other": [{},]}', /unexpected "\]}" at byte 14$/],
    ['{"other": [{} {}]}', /unexpected "{}\]}" at byte 14$/],
    ['{"images": [], "images": []}', /the name "images" occurs twice in the file's object$/],
    ['{"annotations": [{"id": NaN}]}', /unexpected "NaN}\]}" at byte 24, in annotations\[0\]$/],
    ['{"other": [{}, {"id": [1}', /unexpected "}" at byte 24, in other\[1\]$/],
    ['{"images": [{"a": 1 "b": 2}, {"id', /unexpected "\\"b\\": 2}, {\\"i" at byte 20, in images\[0\]$/],
    ['{"images": [{"a": tru, "b', /unexpected ", \\"b" at byte 21, in images\[0\]$/],
    ['{"other": [1, nope]}', /unexpected "ope\]}" at byte 15, in other\[1\]$/],
    ['<html>', 'the annotations are not valid JSON: unexpected "<html>" at byte 0'],
    ['\x1f\x8b\b\0', 'the annotations are compressed with gzip; expected an object with "images" and "annotations"'],
    ['PK\x03\x04', 'the annotations are a zip archive; expected an object with "images" and "annotations"'],
    ['{"annotations": []}', 'images is missing; it must be a list'],
    ['{"images": []}', 'categories is missing; it must be a list'],
    ['{"images": 5}', 'images is 5; it must be a list'],
    ['{"annotations": {"1": {}}}', 'annotations is an object; it must be a list'],
    ['{"info": [1]}', 'info is a list of 1; it must be an object'],
    [`{"images": ${'['.repeat(200)}`, 'the annotations are nested deeper than 100'],
    [JSON.stringify({ ...whole, images: [5] }), 'images[0] is 5; it must be an object'],
    [
      JSON.stringify({ ...whole, images: [{ ...images[0], id: '9' }] }),
      "images[0].id is '9'; it must be a whole number, 0 or more",
    ],
    [
      JSON.stringify({ ...whole, images: [{ ...images[0], width: 0 }] }),
      'images[0].width is 0; it must be a whole number, 1 or more',
    ],
    [JSON.stringify({ ...whole, categories: [{ id: 1 }] }), 'categories[0].name is missing; it must be a text'],
    [JSON.stringify(one({ bbox: [1, 2, 3] })), 'annotations[0].bbox is a list of 3; it must be a list of 4 numbers'],
    [JSON.stringify(one({ bbox: [1, 2, null, 4] })), 'annotations[0].bbox[2] is null; it must be a number'],
    [JSON.stringify(one({ bbox: [-1, 2, 3, -4] })), 'annotations[0].bbox[3] is -4; it must be 0 or more'],
    [JSON.stringify(one({ id: 2 ** 60 })), /^annotations\[0\]\.id is 1152921504606847000; it must be a whole number/],
    [JSON.stringify(one({ iscrowd: 2 })), 'annotations[0].iscrowd is 2; it must be 0 or 1'],
    [JSON.stringify(one({ area: 'big' })), "annotations[0].area is 'big'; it must be a number"],
  ])('is refused: %.60s', async (text, message) => {
    const expected = typeof message === 'string' ? message : expect.stringMatching(message);
    await expect(read(text, { chunk: 1000 })).rejects.toMatchObject({ code: 'DATASET_INVALID', message: expected });
  });

  it.each(['../a.jpg', 'a/../../b.jpg', '/etc/passwd', 'C:\\a.jpg', '..', 'a\\..\\b', '', 'a\0.jpg', 'folder/'])(
    'whose file name could lead out of its folder is refused: %j',
    async (name) => {
      const found = reading({ ...whole, images: [{ ...images[0], file_name: name }] });
      await expect(found).rejects.toMatchObject({ code: 'DATASET_NAME_UNSAFE' });
    },
  );

  it.each(['a..b.jpg', 'val2017/a.jpg', '...jpg', 'ä b.jpg'])('may have the file name %j', async (name) => {
    const found = await reading({ ...whole, images: [{ ...images[0], file_name: name }] });
    expect(found[1]?.values[1]).toBe(name);
  });
});
