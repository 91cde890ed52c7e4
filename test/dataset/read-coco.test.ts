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
  const bytes = new TextEncoder().encode(text);
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
    ['{"images": nope}', /^the annotations are not valid JSON: unexpected "ope}" at byte 12$/],
    ['{"images": [],, }', /^the annotations are not valid JSON: /],
    ['{"images": [], "categories": []} x', /^the annotations are not valid JSON: /],
    ['{"annotations": []}', 'images is missing; it must be a list'],
    ['{"images": []}', 'categories is missing; it must be a list'],
    ['{"images": 5}', 'images is 5; it must be a list'],
    ['{"annotations": {"1": {}}}', 'annotations is an object; it must be a list'],
    ['{"info": [1]}', 'info is a list of 0; it must be an object'],
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
