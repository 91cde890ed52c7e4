import { copyFile, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { importDataset } from '../../src/dataset/import/import-dataset.ts';
import { type NamedRow, rowsOfTable } from '../../src/dataset/read-rows.ts';
import { cocoSource } from '../../src/dataset/sources/coco-source.ts';
import type { Source } from '../../src/dataset/sources/source.ts';
import { vocSource } from '../../src/dataset/sources/voc-source.ts';
import { yoloSource } from '../../src/dataset/sources/yolo-source.ts';
import { openPool } from '../../src/datasource/pool.ts';
import { servers, useDatabase } from '../database.ts';
import { scenes, usePictures } from '../pictures.ts';

const image = (id: number) => ({ id, file_name: `${id}.jpg`, width: 640, height: 480 });
const box = (id: number, image_id = 1) => ({
  id,
  image_id,
  category_id: 90,
  bbox: [1, 2, 3, 4.5],
  area: 5,
  iscrowd: id % 2,
});
const coco = {
  info: { description: 'made by hand' },
  licenses: [{ id: 1, name: 'ours', url: 'http://localhost' }],
  images: [image(1), image(2)],
  categories: [{ id: 90, name: "it's `odd`?\\", supercategory: null }],
  annotations: [box(7), box(8, 2)],
};

describe.each(servers)('an import into $name', { timeout: 120_000 }, (server) => {
  const database = useDatabase(server);
  const pictures = usePictures();
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(inject('serversFolder'), 'dataset-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const rowsOf = async (table: string) => {
    const [rows] = await database.pool.query<RowDataPacket[]>({
      sql: `SELECT * FROM \`${database.name}\`.\`${table}\` ORDER BY 1`,
      rowsAsArray: true,
    });
    return rows as unknown as unknown[][];
  };
  const tables = async () => {
    const [rows] = await database.pool.query<RowDataPacket[]>('SHOW TABLES');
    return rows.map((row) => Object.values(row)[0]).sort();
  };
  const written = async (value: unknown) => {
    const file = join(folder, 'instances.json');
    await writeFile(file, JSON.stringify(value));
    return cocoSource(file, { segmentations: false });
  };
  const run = (source: Source, replace = true, format = 'coco') =>
    importDataset(database.pool, { format, source, into: database.name, replace, onProgress: () => {} });

  it('gives the rows of the file, with their keys', async () => {
    expect(await run(await written(coco))).toEqual({ info: 1, licenses: 1, categories: 1, images: 2, annotations: 2 });
    expect(await rowsOf('annotations')).toEqual([
      ['7', '1', '90', 1, 2, 3, 4.5, 5, 1],
      ['8', '2', '90', 1, 2, 3, 4.5, 5, 0],
    ]);
    expect(await rowsOf('categories')).toEqual([['90', "it's `odd`?\\", null]]);
    expect(await rowsOf('info')).toEqual([['made by hand', null, null, null, null, null]]);
    expect(await tables()).toEqual(['annotations', 'categories', 'images', 'info', 'licenses']);
    const [keys] = await database.pool.query<RowDataPacket[]>(
      `SELECT TABLE_NAME, COLUMN_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() ORDER BY 1, 2`,
    );
    expect(keys.map((key) => Object.values(key).join('.'))).toEqual([
      'annotations.annotation_id',
      'annotations.category_id',
      'annotations.image_id',
      'categories.category_id',
      'images.file_name',
      'images.image_id',
      'licenses.license_id',
    ]);
  });

  it('of the same files again changes nothing', async () => {
    await run(await written(coco));
    await database.pool.query('UPDATE images SET height = 1 WHERE image_id = 1');
    expect(await run(await written(coco), false)).toBe(null);
    expect((await rowsOf('images'))[0]?.[2]).toBe(1);
  });

  it('does not replace another dataset, unless asked', async () => {
    await run(await written(coco));
    const other = await written({ ...coco, images: [...coco.images, image(3)] });
    await expect(run(other, false)).rejects.toMatchObject({ code: 'DATASET_EXISTS' });
    expect(await rowsOf('images')).toHaveLength(2);
    expect(await run(other)).toMatchObject({ images: 3 });
    expect(await tables()).toEqual(['annotations', 'categories', 'images', 'info', 'licenses']);
  });

  it.each([
    ['DATASET_DUPLICATE', 'two entries of annotations have the id 7', { annotations: [box(7), box(8), box(7)] }],
    ['DATASET_DUPLICATE', 'two entries of images have the id 1', { images: [image(1), image(1)] }],
    [
      'DATASET_REFERENCE',
      'the annotation with id 9 names the image 3, which is not in the dataset',
      { annotations: [box(9, 3)] },
    ],
    [
      'DATASET_REFERENCE',
      'the annotation with id 7 names the category 90, which is not in the dataset',
      { categories: [{ id: 1, name: 'a' }] },
    ],
    [
      'DATASET_INVALID',
      'images[1].width is missing; it must be a whole number, 1 or more',
      { images: [image(1), { ...image(2), width: undefined }] },
    ],
    [
      'DATASET_NAME_UNSAFE',
      /images\[0\] has the file name '\.\.\/x\.jpg'/,
      { images: [{ ...image(1), file_name: '../x.jpg' }] },
    ],
  ])('that fails with %s leaves what was there: %s', async (code, message, change) => {
    await run(await written(coco));
    const before = await Promise.all((await tables()).map(rowsOf));
    const expected = typeof message === 'string' ? message : expect.stringMatching(message);
    await expect(run(await written({ ...coco, ...change }))).rejects.toMatchObject({ code, message: expected });
    expect(await tables()).toEqual(['annotations', 'categories', 'images', 'info', 'licenses']);
    expect(await Promise.all((await tables()).map(rowsOf))).toEqual(before);
  });

  it('of a file that is cut off after many rows leaves what was there', async () => {
    await run(await written(coco));
    const annotations = Array.from({ length: 20_000 }, (_, index) => box(index + 1));
    const file = join(folder, 'cut.json');
    await writeFile(file, JSON.stringify({ ...coco, annotations }).slice(0, -30));
    const cut = run(await cocoSource(file, { segmentations: false }));
    await expect(cut).rejects.toMatchObject({ code: 'DATASET_TRUNCATED' });
    expect(await tables()).toEqual(['annotations', 'categories', 'images', 'info', 'licenses']);
    expect(await rowsOf('annotations')).toHaveLength(2);
  });

  it('does not touch tables of others', async () => {
    await database.pool.query('DROP TABLE IF EXISTS annotations, categories, images, info, licenses');
    for (const name of ['images', 'importing_images', 'replaced_info']) {
      await database.pool.query(`CREATE TABLE ${name} (a INT)`);
      const message = expect.stringContaining(`${database.name}.${name}`);
      await expect(run(await written(coco))).rejects.toMatchObject({ code: 'DATASET_EXISTS', message });
      expect(await tables()).toEqual([name]);
      await database.pool.query(`DROP TABLE ${name}`);
    }
  });

  it('needs only the rights that docs/datasets.md names', async () => {
    await run(await written(coco));
    const user = `dataset_${database.name}`;
    await database.admin.query("CREATE USER ?@'%' IDENTIFIED BY 'secret'", [user]);
    await database.admin.query(`GRANT CREATE, INSERT, ALTER, DROP, SELECT ON \`${database.name}\`.* TO ?@'%'`, [user]);
    const pool = openPool({ ...database.datasource, user, password: 'secret' }, { connections: 1 });
    try {
      const source = await written({ ...coco, images: [...coco.images, image(3)] });
      const options = { format: 'coco', source, into: database.name, replace: true, onProgress: () => {} };
      expect(await importDataset(pool, options)).toMatchObject({ images: 3 });
      const elsewhere = importDataset(pool, { ...options, into: `${database.name}_other` });
      await expect(elsewhere).rejects.toMatchObject({ code: 'DATABASE_RIGHTS' });
    } finally {
      await pool.end();
      await database.admin.query("DROP USER ?@'%'", [user]);
    }
  });

  it('waits for another import of the same dataset, and gives up', async () => {
    const source = await written(coco);
    const held = Promise.withResolvers<void>();
    const reading = Promise.withResolvers<void>();
    const slow: Source = {
      ...source,
      async *rows(onProgress) {
        reading.resolve();
        await held.promise;
        yield* source.rows(onProgress);
      },
    };
    const first = run(slow);
    await reading.promise;
    await expect(run(source)).rejects.toMatchObject({ code: 'DATASET_BUSY' });
    held.resolve();
    expect(await first).toMatchObject({ annotations: 2 });
  });

  it('of PASCAL VOC numbers images and classes by their names', async () => {
    const voc = join(folder, 'voc');
    await mkdir(voc, { recursive: true });
    const file = (name: string, objects: string) =>
      writeFile(
        join(voc, `${name}.xml`),
        `<annotation><filename>${name}.jpg</filename><size><width>50</width><height>60</height></size>${objects}</annotation>`,
      );
    const object = (name: string, corners: readonly number[]) =>
      `<object><name>${name}</name><pose>Left</pose><difficult>1</difficult><bndbox>${['xmin', 'ymin', 'xmax', 'ymax']
        .map((side, index) => `<${side}>${corners[index]}</${side}>`)
        .join('')}</bndbox></object>`;
    await file('b', object('zebra', [30, 2, 11, 40]));
    await file('a', object('person', [1, 1, 50.5, 60]) + object('cat', [5, 5, 5, 5]));
    await file('c', '');
    const source = await vocSource(voc);
    expect(await run(source, true, 'voc')).toMatchObject({ images: 3, annotations: 3, categories: 3 });
    expect((await rowsOf('images')).map((row) => row.slice(0, 4))).toEqual([
      ['1', 'a.jpg', 60, 50],
      ['2', 'b.jpg', 60, 50],
      ['3', 'c.jpg', 60, 50],
    ]);
    expect(await rowsOf('annotations')).toEqual([
      ['1', '1', '2', 0, 0, 50.5, 60, 3030, 0, 'Left', null, 1, null],
      ['2', '1', '1', 4, 4, 1, 1, 1, 0, 'Left', null, 1, null],
      ['3', '2', '3', 10, 1, 20, 39, 780, 0, 'Left', null, 1, null],
    ]);
    expect(source.remarks()).toEqual(['1 boxes had xmin > xmax or ymin > ymax; their corners were exchanged']);
    await copyFile(join(voc, 'a.xml'), join(voc, 'd.xml'));
    await expect(vocSource(voc)).rejects.toMatchObject({ code: 'DATASET_DUPLICATE' });
    await truncate(join(voc, 'd.xml'), 40);
    await expect(vocSource(voc)).rejects.toMatchObject({ code: 'DATASET_TRUNCATED' });
  });

  it('of YOLO takes the sizes of the pictures, and leaves out what is broken', async () => {
    const labels = join(folder, 'labels');
    await mkdir(labels, { recursive: true });
    await writeFile(join(folder, 'data.yaml'), 'names: [a, b]\n');
    await writeFile(join(labels, 'scene-1.txt'), '1 0.5 0.5 0.5 0.25\n');
    await writeFile(join(labels, 'nothing.txt'), '1 0.5 0.5 0.5 0.25\n');
    await writeFile(join(pictures.folder, 'broken.jpg'), 'x');
    const source = await yoloSource({ annotations: labels, images: pictures.folder, names: null });
    expect(await run(source, true, 'yolo')).toMatchObject({ images: scenes.length + 1, annotations: 1, categories: 2 });
    expect(await rowsOf('annotations')).toEqual([['1', '2', '1', 40, 45, 80, 30, 2400, 0]]);
    expect(source.remarks()).toEqual([
      '1 unreadable pictures were left out: broken.jpg',
      '1 files of labels without a picture were left out: nothing.txt',
    ]);
    await writeFile(join(labels, 'scene-2.txt'), '2 0.5 0.5 0.5 0.25\n');
    const wrong = run(await yoloSource({ annotations: labels, images: pictures.folder, names: null }), true, 'yolo');
    await expect(wrong).rejects.toMatchObject({
      code: 'DATASET_REFERENCE',
      message: expect.stringContaining('scene-2.txt: line 1 names class 2'),
    });
    expect(await rowsOf('annotations')).toHaveLength(1);
    expect(await tables()).toEqual(['annotations', 'categories', 'images', 'info', 'licenses']);
  });
});

const real = join(import.meta.dirname, '../../../shared/real');
const hasReal = await readFile(join(real, 'voc/instances.json')).then(
  () => true,
  () => false,
);

describe.skipIf(!hasReal).each(servers)('real annotations in $name', { timeout: 120_000 }, (server) => {
  const database = useDatabase(server);
  const run = (source: Source) =>
    importDataset(database.pool, { format: 'x', source, into: database.name, replace: true, onProgress: () => {} });

  it('of 64 photos of COCO', async () => {
    const file = join(real, 'instances.json');
    const { images, annotations } = JSON.parse(await readFile(file, 'utf8'));
    const imported = await run(await cocoSource(file, { segmentations: true }));
    expect(imported).toMatchObject({ images: 64, annotations: 547, categories: 80, licenses: 8, info: 1 });
    const rows: NamedRow[] = [];
    for await (const row of rowsOfTable(database.pool, database.name, 'annotations')) rows.push(row);
    const sorted = annotations.toSorted((a: { id: number }, b: { id: number }) => a.id - b.id);
    for (const [index, { bbox, area, iscrowd, segmentation }] of sorted.entries()) {
      const row = rows[index]!;
      expect([row.x, row.y, row.width, row.height, row.area, row.iscrowd]).toEqual([...bbox, area, iscrowd]);
      expect(JSON.parse(String(row.segmentation))).toEqual(segmentation);
    }
    expect(images).toHaveLength(64);
  });

  it('of 100 files of PASCAL VOC, which are the boxes of their COCO form', async () => {
    expect(await run(await vocSource(join(real, 'voc')))).toMatchObject({
      images: 100,
      annotations: 173,
      categories: 20,
    });
    const [rows] = await database.pool.query<RowDataPacket[]>(
      'SELECT name, x, y, width, height, area FROM annotations JOIN categories USING (category_id)',
    );
    const form = JSON.parse(await readFile(join(real, 'voc/instances.json'), 'utf8'));
    const names = new Map(form.categories.map(({ id, name }: { id: number; name: string }) => [id, name]));
    const expected = form.annotations.map((a: Record<string, never>) =>
      [names.get(a.category_id!), ...(a.bbox as never as number[]), a.area].join(' '),
    );
    expect(rows.map((row) => Object.values(row).join(' ')).sort()).toEqual(expected.sort());
  });

  it('of a converter that gave images of one year the same id', async () => {
    const source = await cocoSource(join(real, 'voc/instances.json'), { segmentations: false });
    const message = expect.stringMatching(/^two entries of images have the id 20\d\d$/);
    await expect(run(source)).rejects.toMatchObject({ code: 'DATASET_DUPLICATE', message });
  });
});
