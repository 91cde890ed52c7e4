import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { checkBoxes } from '../../src/dataset/check/check-boxes.ts';
import { checkPictures } from '../../src/dataset/check/check-pictures.ts';
import { exportCoco, exportVoc, exportYolo } from '../../src/dataset/export/export-dataset.ts';
import { importDataset } from '../../src/dataset/import/import-dataset.ts';
import { cocoSource } from '../../src/dataset/sources/coco-source.ts';
import type { Source } from '../../src/dataset/sources/source.ts';
import { vocSource } from '../../src/dataset/sources/voc-source.ts';
import { yoloSource } from '../../src/dataset/sources/yolo-source.ts';
import { servers, useDatabase } from '../database.ts';

const shared = join(import.meta.dirname, '../../../shared');
const real = join(shared, 'real');
const hasShared = existsSync(join(real, 'instances.json')) && existsSync(join(shared, 'data/coco_classes.csv'));

interface CocoClass {
  readonly yoloId: number;
  readonly id: number;
  readonly name: string;
  readonly images: number;
  readonly boxes: number;
}

async function cocoClasses(): Promise<readonly CocoClass[]> {
  const [, ...lines] = (await readFile(join(shared, 'data/coco_classes.csv'), 'utf8')).trim().split('\n');
  return lines.map((line) => {
    const [yoloId, id, name = '', images, , boxes] = line.split(',');
    return { yoloId: Number(yoloId), id: Number(id), name, images: Number(images), boxes: Number(boxes) };
  });
}

/** Instances of COCO val2017 as far as ../shared/data has them: all boxes to the pixel, but no sizes of images. */
async function val2017(classes: readonly CocoClass[]): Promise<object> {
  const lines = (await readFile(join(shared, 'data/coco_val2017_boxes.txt'), 'utf8')).trim().split('\n');
  const annotated = lines.map((line) => line.split(' '));
  const others = Array.from({ length: 5000 - annotated.length }, (_, index) => [`unannotated-${index}.jpg`]);
  const images = [...annotated, ...others].map(([file_name], index) => ({
    id: index + 1,
    file_name,
    width: 640,
    height: 640,
  }));
  const boxes = annotated.flatMap(([, ...written], index) =>
    written.map((box) => [index + 1, ...box.split(',').map(Number)]),
  );
  const annotations = boxes.map(([image_id, x1 = 0, y1 = 0, x2 = 0, y2 = 0, yoloId = 0], index) => ({
    id: index + 1,
    image_id,
    category_id: classes[yoloId]?.id,
    bbox: [x1, y1, x2 - x1, y2 - y1],
  }));
  return { images, annotations, categories: classes.map(({ id, name }) => ({ id, name })) };
}

const filesOf = async (path: string) => {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(names.sort().map(async (name) => [name.slice(path.length + 1), await readFile(name, 'utf8')])),
  );
};

describe.skipIf(!hasShared).each(servers)('a real dataset in $name', { timeout: 120_000 }, (server) => {
  const database = useDatabase(server);
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(inject('serversFolder'), 'real-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const load = (source: Source) =>
    importDataset(database.pool, { format: 'x', source, into: database.name, replace: true, onProgress: () => {} });
  const all = () => ({ dataset: database.name, boxes: null });
  const query = async (sql: string) => (await database.pool.query<RowDataPacket[]>(sql))[0];

  it('of COCO is the same file after each export', async () => {
    const [first, second] = [join(folder, '1.json'), join(folder, '2.json')];
    await load(await cocoSource(join(real, 'instances.json'), { segmentations: true }));
    await exportCoco(database.pool, all(), first);
    await load(await cocoSource(first, { segmentations: true }));
    await exportCoco(database.pool, all(), second);
    expect(await readFile(second, 'utf8')).toBe(await readFile(first, 'utf8'));
    const [before, after] = await Promise.all(
      [join(real, 'instances.json'), first].map(async (file) => JSON.parse(await readFile(file, 'utf8'))),
    );
    for (const part of ['licenses', 'categories', 'annotations'] as const) {
      const byId = (a: { id: number }, b: { id: number }) => a.id - b.id;
      expect(after[part]).toEqual(before[part].toSorted(byId));
    }
    const crowds = after.annotations.filter(({ iscrowd }: { iscrowd: number }) => iscrowd === 1);
    expect(crowds).toHaveLength(5);
    for (const { segmentation } of crowds)
      expect(segmentation).toEqual({ counts: expect.anything(), size: [expect.any(Number), expect.any(Number)] });
  });

  it('of COCO is the same as labels of YOLO after each export, with class numbers as YOLO has them', async () => {
    await load(await cocoSource(join(real, 'instances.json'), { segmentations: false }));
    expect(await checkPictures(database.pool, database.name, join(real, 'images'), () => {})).toMatchObject({
      checked: 64,
      missing: { count: 0 },
      unreadable: { count: 0 },
      otherSize: { count: 0 },
    });
    const boxes = await query(
      `SELECT a.x, a.y, a.width, a.height FROM annotations AS a JOIN images USING (image_id)
       ORDER BY file_name, annotation_id`,
    );
    const [first, second] = [join(folder, 'yolo-1'), join(folder, 'yolo-2')];
    await exportYolo(database.pool, all(), first);
    const files = await filesOf(first);
    expect(Object.keys(files)).toHaveLength(64);
    const names = (await cocoClasses()).map(({ yoloId, name }) => `  ${yoloId}: "${name}"\n`);
    expect(files['data.yaml']).toBe(`names:\n${names.join('')}`);
    expect(files['data.yaml']).toContain('  60: "dining table"\n');
    expect(files['data.yaml']).toContain('  78: "hair drier"\n');
    await load(await yoloSource({ annotations: join(first, 'labels'), images: join(real, 'images'), names: null }));
    await exportYolo(database.pool, all(), second);
    expect(await filesOf(second)).toEqual(files);
    expect(await query('SELECT x, y, width, height FROM annotations ORDER BY annotation_id')).toEqual(boxes);
  });

  it('of PASCAL VOC is the same files after each export', async () => {
    await load(await vocSource(join(real, 'voc')));
    const rows = await query('SELECT * FROM annotations ORDER BY annotation_id');
    const [first, second] = [join(folder, 'voc-1'), join(folder, 'voc-2')];
    await exportVoc(database.pool, all(), first);
    const files = await filesOf(first);
    expect(Object.keys(files)).toHaveLength(100);
    await load(await vocSource(first));
    expect(await query('SELECT * FROM annotations ORDER BY annotation_id')).toEqual(rows);
    await exportVoc(database.pool, all(), second);
    expect(await filesOf(second)).toEqual(files);
  });

  it("as large as COCO's val2017 keeps the holes of its ids, and the images without annotations", async () => {
    const classes = await cocoClasses();
    const file = join(folder, 'val.json');
    await writeFile(file, JSON.stringify(await val2017(classes)));
    expect(await load(await cocoSource(file, { segmentations: false }))).toMatchObject({
      images: 5000,
      annotations: 36_781,
    });
    expect(await checkBoxes(database.pool, database.name)).toMatchObject({
      annotations: 36_781,
      withoutAnnotations: 48,
    });
    const found = await query(
      `SELECT category_id AS id, name, COUNT(DISTINCT image_id) AS images, COUNT(annotation_id) AS boxes
       FROM categories LEFT JOIN annotations USING (category_id) GROUP BY category_id, name ORDER BY category_id`,
    );
    expect(found.map((row) => Object.values(row).map(String))).toEqual(
      classes.map(({ id, name, images, boxes }) => [id, name, images, boxes].map(String)),
    );
    expect(classes.at(-1)?.id).toBe(90);
    const holes = Array.from({ length: 91 }, (_, id) => id).filter(
      (id) => id > 0 && !found.some((row) => Number(row.id) === id),
    );
    expect(holes).toEqual([12, 26, 29, 30, 45, 66, 68, 69, 71, 83]);
  });
});
