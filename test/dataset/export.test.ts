import { spawnSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { access, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { dumpDataset } from '../../src/dataset/export/dump-dataset.ts';
import { exportCoco, exportVoc, exportYolo } from '../../src/dataset/export/export-dataset.ts';
import { importDataset } from '../../src/dataset/import/import-dataset.ts';
import { cocoSource } from '../../src/dataset/sources/coco-source.ts';
import type { Source } from '../../src/dataset/sources/source.ts';
import { vocSource } from '../../src/dataset/sources/voc-source.ts';
import { yoloSource } from '../../src/dataset/sources/yolo-source.ts';
import type { ParsedDsn } from '../../src/datasource/dsn.ts';
import { servers, useDatabase } from '../database.ts';
import { usePictures } from '../pictures.ts';

const coco = {
  info: { description: 'by "hand";\n-- \\g it\'s /* \u001a\nDELIMITER $$\n😀', version: '1.0', year: 2026 },
  licenses: [{ id: 1, name: 'ours', url: 'http://localhost' }],
  images: [
    { id: 3, file_name: 'val/a "b".jpg', height: 480, width: 640, license: 1, date_captured: '2013-11-19 20:40:11' },
    { id: 1, file_name: 'ä.jpg', height: 333, width: 7 },
  ],
  annotations: [
    {
      id: 7,
      image_id: 3,
      category_id: 90,
      bbox: [0.1, 61.87, 296.42, 103.18],
      area: 91138.37400000005,
      iscrowd: 0,
      segmentation: [[1.5, 2, 3]],
    },
    {
      id: 5,
      image_id: 3,
      category_id: 1,
      bbox: [1, 2, 3, 4],
      area: 1,
      iscrowd: 1,
      segmentation: { size: [2, 3], counts: [1, 2] },
    },
    { id: 6, image_id: 1, category_id: 1, bbox: [-1, 2, 30, 0], area: 0, iscrowd: 0 },
  ],
  categories: [
    { id: 90, name: 'R&B <x>', supercategory: "it's" },
    { id: 1, name: 'person' },
  ],
};

describe.each(servers)('an export from $name', { timeout: 120_000 }, (server) => {
  const database = useDatabase(server);
  const pictures = usePictures();
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(inject('serversFolder'), 'export-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const load = (source: Source) =>
    importDataset(database.pool, { format: 'x', source, into: database.name, replace: true, onProgress: () => {} });
  const loadCoco = async (file: string) => load(await cocoSource(file, { segmentations: true }));
  const all = () => ({ dataset: database.name, boxes: null });
  const filesOf = async (path: string) => {
    const names = (await readdir(path, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    return Object.fromEntries(
      await Promise.all(names.sort().map(async (name) => [name.slice(path.length), await readFile(name, 'utf8')])),
    );
  };
  const start = async () => {
    const file = join(folder, 'coco.json');
    await writeFile(file, JSON.stringify(coco));
    await loadCoco(file);
  };

  it('to COCO has everything, in the order of the ids, and is the same after an import', async () => {
    await start();
    const [first, second] = ['1.json', '2.json'].map((name) => join(folder, name)) as [string, string];
    await exportCoco(database.pool, all(), first);
    const byId = (a: { id: number }, b: { id: number }) => a.id - b.id;
    const sorted = { ...coco, images: coco.images.toSorted(byId), annotations: coco.annotations.toSorted(byId) };
    expect(JSON.parse(await readFile(first, 'utf8'))).toEqual({
      ...sorted,
      categories: coco.categories.toSorted(byId),
    });
    await loadCoco(first);
    await exportCoco(database.pool, all(), second);
    expect(await readFile(second, 'utf8')).toBe(await readFile(first, 'utf8'));
  });

  it('to PASCAL VOC is the same after an import', async () => {
    await start();
    const [first, second] = [join(folder, 'voc-1'), join(folder, 'voc-2')];
    await exportVoc(database.pool, all(), first);
    const files = await filesOf(first);
    expect(Object.keys(files)).toEqual(['/val/a "b".xml', '/ä.xml']);
    expect(files['/val/a "b".xml']).toBe(`<annotation>
\t<filename>val/a "b".jpg</filename>
\t<size>
\t\t<width>640</width>
\t\t<height>480</height>
\t\t<depth>3</depth>
\t</size>
\t<segmented>0</segmented>
\t<object>
\t\t<name>person</name>
\t\t<bndbox>
\t\t\t<xmin>2</xmin>
\t\t\t<ymin>3</ymin>
\t\t\t<xmax>4</xmax>
\t\t\t<ymax>6</ymax>
\t\t</bndbox>
\t</object>
\t<object>
\t\t<name>R&amp;B &lt;x&gt;</name>
\t\t<bndbox>
\t\t\t<xmin>1.1</xmin>
\t\t\t<ymin>62.87</ymin>
\t\t\t<xmax>296.52</xmax>
\t\t\t<ymax>165.05</ymax>
\t\t</bndbox>
\t</object>
</annotation>
`);
    await load(await vocSource(first));
    await exportVoc(database.pool, all(), second);
    expect(await filesOf(second)).toEqual(files);
  });

  it('to YOLO is the same after an import, with class numbers without the holes of the ids', async () => {
    const names = (await readdir(pictures.folder)).sort();
    const images = names.map((file_name, index) => ({ id: index + 1, file_name, width: 160, height: 120 }));
    const file = join(folder, 'yolo.json');
    await writeFile(
      file,
      JSON.stringify({
        ...coco,
        images: images.map((image) => (image.file_name === 'blank.jpg' ? { ...image, width: 40, height: 30 } : image)),
        annotations: [
          { id: 1, image_id: 2, category_id: 90, bbox: [40, 30, 80, 60] },
          { id: 2, image_id: 2, category_id: 1, bbox: [1 / 3, 61.87, 29.642, 10.318] },
        ],
      }),
    );
    await loadCoco(file);
    const [first, second] = [join(folder, 'yolo-1'), join(folder, 'yolo-2')];
    await exportYolo(database.pool, all(), first);
    const files = await filesOf(first);
    expect(Object.keys(files)).toEqual(['/data.yaml', `/labels/${names[1]!.replace('.jpg', '.txt')}`]);
    expect(files['/data.yaml']).toBe('names:\n  0: "person"\n  1: "R&B <x>"\n');
    expect(Object.values(files)[1]).toMatch(
      /^1 0\.5 0\.5 0\.5 0\.5\n0 0\.0947\d+ 0\.5585\d+ 0\.1852625 0\.0859833333\n$/,
    );
    await load(await yoloSource({ annotations: join(first, 'labels'), images: pictures.folder, names: null }));
    await exportYolo(database.pool, all(), second);
    expect(await filesOf(second)).toEqual(files);
  });

  it("writes a result table in COCO's form of results, and as labels", async () => {
    await start();
    await database.pool.query(
      `CREATE TABLE found (image_id INT, class_name VARCHAR(255), score DOUBLE, x1 DOUBLE, y1 DOUBLE, x2 DOUBLE, y2 DOUBLE)`,
    );
    await database.pool.query(
      `INSERT INTO found VALUES (3, 'person', 0.75, 64, 48, 128, 96), (3, 'R&B <x>', 0.5, 1.1, 2, 3, 4)`,
    );
    const from = { dataset: database.name, boxes: { database: database.name, table: 'found' } };
    await exportCoco(database.pool, from, join(folder, 'found.json'));
    expect(JSON.parse(await readFile(join(folder, 'found.json'), 'utf8'))).toEqual([
      { image_id: 3, category_id: 1, bbox: [64, 48, 64, 48], score: 0.75 },
      { image_id: 3, category_id: 90, bbox: [1.1, 2, 1.9, 2], score: 0.5 },
    ]);
    await database.pool.query(`INSERT INTO found VALUES (3, 'unicorn', 0.5, 1, 2, 3, 4)`);
    await expect(exportYolo(database.pool, from, join(folder, 'found'))).rejects.toMatchObject({
      code: 'DATASET_REFERENCE',
    });
    await expect(access(join(folder, 'found'))).rejects.toThrow();
    await database.pool.query('DROP TABLE found');
  });

  it('never overwrites, and never leaves a part', async () => {
    await start();
    await mkdir(join(folder, 'there'));
    const before = await readdir(folder);
    await expect(exportVoc(database.pool, all(), join(folder, 'there'))).rejects.toMatchObject({
      code: 'DATASET_OUTPUT',
    });
    await expect(exportCoco(database.pool, all(), join(folder, 'no/folder.json'))).rejects.toMatchObject({
      code: 'DATASET_OUTPUT',
      message: expect.stringContaining('its folder does not exist'),
    });
    await database.pool.query("UPDATE images SET file_name = '../../x.jpg' WHERE image_id = 1");
    for (const write of [exportVoc, exportYolo])
      await expect(write(database.pool, all(), join(folder, 'new'))).rejects.toMatchObject({
        code: 'DATASET_NAME_UNSAFE',
      });
    await database.pool.query('UPDATE images SET file_name = \'val/a "b".png\' WHERE image_id = 1');
    await expect(exportVoc(database.pool, all(), join(folder, 'new'))).rejects.toMatchObject({
      code: 'DATASET_DUPLICATE',
    });
    expect(await readdir(folder)).toEqual(before);
  });

  it('as SQL creates the same tables in another database', async () => {
    await start();
    const [plain, compressed, again] = ['a.sql', 'b.sql.gz', 'c.json'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await exportCoco(database.pool, all(), join(folder, 'before.json'));
    await dumpDataset(database.pool, database.name, plain);
    await dumpDataset(database.pool, database.name, compressed);
    const script = await readFile(plain, 'utf8');
    expect(await text(createReadStream(compressed).pipe(createGunzip()))).toBe(script);
    const tables = 'annotations, categories, images, info, licenses';
    await database.pool.query(`DROP TABLE ${tables}`);
    runByClient(database.datasource, script);
    await exportCoco(database.pool, all(), again);
    expect(await readFile(again, 'utf8')).toBe(await readFile(join(folder, 'before.json'), 'utf8'));
    const source = await cocoSource(join(folder, 'coco.json'), { segmentations: true });
    const options = { format: 'x', source, into: database.name, replace: false, onProgress: () => {} };
    expect(await importDataset(database.pool, options)).toBe(null);
    await database.pool.query(`DROP TABLE ${tables}`);
  });
});

/** Runs a script as the images of MySQL and MariaDB do: https://github.com/docker-library/mysql, docker_process_sql of docker-entrypoint.sh. */
function runByClient({ host, port, user, password }: ParsedDsn, script: string): void {
  const words = ['--comments', '--protocol=tcp', `--host=${host}`, `--port=${port}`, `--user=${user}`];
  const env = { PATH: process.env.PATH, MYSQL_PWD: password, LC_ALL: 'C' };
  const { status, stderr } = spawnSync('mariadb', words, { input: script, encoding: 'utf8', env });
  expect([status, stderr]).toEqual([0, '']);
}
