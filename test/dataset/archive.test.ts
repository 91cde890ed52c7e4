import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseFiles } from '../../src/dataset/archive/choose-files.ts';
import { type UnpackOptions, withUnpacked } from '../../src/dataset/archive/unpack.ts';
import { type ZipEntry, zipFile } from './zip-file.ts';

const instances = (name: string) =>
  JSON.stringify({ images: [{ id: 1, file_name: name, width: 4, height: 3 }], categories: [], annotations: [] });

interface Packed {
  readonly name: string;
  readonly data?: string | Buffer;
  readonly type?: 'symlink' | 'link' | 'character-device' | 'fifo';
}

async function tarFile(entries: readonly Packed[]): Promise<Buffer> {
  const archive = pack();
  for (const { name, data = '', type } of entries)
    if (type === undefined) archive.entry({ name }, data as string);
    else archive.entry({ name, type, linkname: '/etc/passwd' });
  archive.finalize();
  return buffer(archive as never);
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'archive-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

let count = 0;
/** A folder with the archive in it. */
async function placed(archive: Buffer) {
  const place = join(folder, String(count++));
  await mkdir(place);
  await writeFile(join(place, 'archive'), archive);
  const options = (more: Partial<UnpackOptions> = {}): UnpackOptions => ({
    archives: [join(place, 'archive')],
    format: 'coco',
    annotations: null,
    images: join(place, 'pictures'),
    replace: false,
    onProgress: () => {},
    ...more,
  });
  return { place, options };
}

const filesBelow = async (path: string) =>
  (await readdir(path, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .sort();

const usual = [
  { name: 'x/annotations/instances_val.json', data: instances('a.jpg') },
  { name: 'x/annotations/captions_val.json', data: '{}' },
  { name: 'x/val/a.jpg', data: 'picture a' },
  { name: 'x/val/sub/b.PNG', data: 'picture b' },
  { name: '__MACOSX/x/val/._a.jpg', data: 'rubbish' },
  { name: 'x/readme.txt', data: 'read me' },
];

describe('an archive', () => {
  const kinds = [
    ['zip', (entries: readonly Packed[]) => Promise.resolve(zipFile(entries as readonly ZipEntry[]))],
    [
      'zip without compression',
      async (entries: readonly Packed[]) => zipFile(entries.map((entry) => ({ ...entry, method: 0 }) as ZipEntry)),
    ],
    ['tar', tarFile],
    ['tar.gz', async (entries: readonly Packed[]) => gzipSync(await tarFile(entries))],
    [
      "tar with names that begin with './'",
      (entries: readonly Packed[]) =>
        tarFile([{ name: './' }, ...entries.map((entry) => ({ ...entry, name: `./${entry.name}` }))]),
    ],
  ] as const;

  it.each(kinds)('in the form of a %s gives its annotations, and its pictures their folder', async (_, write) => {
    const { place, options } = await placed(await write(usual));
    await withUnpacked(options(), async ({ annotations, images, publish }) => {
      expect(await readFile(annotations, 'utf8')).toBe(usual[0]?.data);
      expect(await filesBelow(images!)).toEqual(['a.jpg', 'sub/b.PNG']);
      expect((await readdir(place)).filter((name) => !name.startsWith('.'))).toEqual(['archive']);
      expect(await publish()).toBe(2);
    });
    expect((await readdir(place)).sort()).toEqual(['archive', 'pictures']);
    expect(await filesBelow(join(place, 'pictures'))).toEqual(['.millrace-archive', 'a.jpg', 'sub/b.PNG']);
    expect(await readFile(join(place, 'pictures/sub/b.PNG'), 'utf8')).toBe('picture b');
  });

  it('is not unpacked again, and replaced only if asked', async () => {
    const { place, options } = await placed(zipFile(usual));
    const run = (more: Partial<UnpackOptions> = {}) => withUnpacked(options(more), ({ publish }) => publish());
    expect(await run()).toBe(2);
    expect(await run()).toBe(null);
    await writeFile(join(place, 'archive'), zipFile(usual.slice(0, 3)));
    await expect(run()).rejects.toMatchObject({
      code: 'DATASET_OUTPUT',
      message: expect.stringContaining('another archive'),
    });
    expect(await run({ replace: true })).toBe(1);
    expect(await filesBelow(join(place, 'pictures'))).toEqual(['.millrace-archive', 'a.jpg']);
    expect((await readdir(place)).sort()).toEqual(['archive', 'pictures']);
  });

  it('never touches a folder of others, but may fill an empty one', async () => {
    const { place, options } = await placed(zipFile(usual));
    await mkdir(join(place, 'pictures'));
    await writeFile(join(place, 'pictures/mine.jpg'), 'x');
    const run = () => withUnpacked(options({ replace: true }), ({ publish }) => publish());
    await expect(run()).rejects.toMatchObject({ code: 'DATASET_OUTPUT' });
    expect(await filesBelow(join(place, 'pictures'))).toEqual(['mine.jpg']);
    await rm(join(place, 'pictures/mine.jpg'));
    expect(await run()).toBe(2);
  });

  it('leaves nothing if the import fails, and what a killed one left is removed', async () => {
    const { place, options } = await placed(zipFile(usual));
    await mkdir(join(place, '.pictures.importing-killed/x'), { recursive: true });
    const failing = withUnpacked(options(), async () => {
      throw new Error('no database');
    });
    await expect(failing).rejects.toThrow('no database');
    expect(await readdir(place)).toEqual(['archive']);
  });

  it('may have its annotations and pictures in two files', async () => {
    const { place, options } = await placed(zipFile(usual.slice(0, 2)));
    await writeFile(join(place, 'pictures.tar'), await tarFile(usual.slice(2)));
    const archives = ['archive', 'pictures.tar'].map((name) => join(place, name));
    expect(await withUnpacked(options({ archives }), ({ publish }) => publish())).toBe(2);
  });

  it('without pictures leaves the folder of pictures alone', async () => {
    const { place, options } = await placed(zipFile(usual.slice(0, 2)));
    await mkdir(join(place, 'pictures'));
    await writeFile(join(place, 'pictures/a.jpg'), 'x');
    const found = await withUnpacked(options(), async ({ images, publish }) => ({
      images,
      published: await publish(),
    }));
    expect(found).toEqual({ images: null, published: null });
    expect(await filesBelow(join(place, 'pictures'))).toEqual(['a.jpg']);
  });

  it('makes the folders above that of the pictures', async () => {
    const { place, options } = await placed(zipFile(usual));
    await withUnpacked(options({ images: join(place, 'new/deep/pictures') }), ({ publish }) => publish());
    expect(await readdir(join(place, 'new/deep'))).toEqual(['pictures']);
  });

  it("has COCO's pictures where their names in the annotations lead", async () => {
    const { place, options } = await placed(
      zipFile([{ name: 'd/instances.json', data: instances('val/a.jpg') }, { name: 'd/val/a.jpg' }]),
    );
    await withUnpacked(options(), ({ publish }) => publish());
    expect(await filesBelow(join(place, 'pictures'))).toContain('val/a.jpg');
  });
});

describe('a bad archive', () => {
  const zip = (...entries: readonly ZipEntry[]) => Promise.resolve(zipFile([...usual, ...entries]));
  const tar = (...entries: readonly Packed[]) => tarFile([...usual, ...entries]);
  const cut = (archive: Buffer, bytes: number) => archive.subarray(0, archive.length - bytes);
  it.each<[string, () => Promise<Buffer>, string, string | RegExp]>([
    [
      'has a name that leads out',
      () => zip({ name: '../../evil.jpg' }),
      'DATASET_NAME_UNSAFE',
      /'\.\.\/\.\.\/evil\.jpg' in .* leads out of the folder: it contains '\.\.'/,
    ],
    [
      'has a name that leads out, in a tar',
      () => tar({ name: 'a/../../evil.jpg' }),
      'DATASET_NAME_UNSAFE',
      /it contains '\.\.'/,
    ],
    ['has an absolute name', () => zip({ name: '/etc/evil.jpg' }), 'DATASET_NAME_UNSAFE', /it is absolute/],
    ['has an absolute name, in a tar', () => tar({ name: '/etc/evil.jpg' }), 'DATASET_NAME_UNSAFE', /it is absolute/],
    ['has a name of Windows', () => zip({ name: 'C:\\evil.jpg' }), 'DATASET_NAME_UNSAFE', /it is a path of Windows/],
    ['has a name with a NUL', () => zip({ name: 'a\0.jpg' }), 'DATASET_NAME_UNSAFE', /it contains a NUL/],
    [
      'has a symbolic link',
      () => tar({ name: 'x/val/c.jpg', type: 'symlink' }),
      'DATASET_ARCHIVE_UNSAFE',
      /'x\/val\/c\.jpg' in .* is a link/,
    ],
    ['has a hard link', () => tar({ name: 'x/val/c.jpg', type: 'link' }), 'DATASET_ARCHIVE_UNSAFE', /is a link/],
    [
      'has a symbolic link, in a zip',
      () => zip({ name: 'x/c.jpg', mode: 0o120777, data: '/etc/passwd' }),
      'DATASET_ARCHIVE_UNSAFE',
      /is a link/,
    ],
    [
      'has a device',
      () => tar({ name: 'x/null', type: 'character-device' }),
      'DATASET_ARCHIVE_UNSAFE',
      /is a device or a pipe/,
    ],
    ['has a pipe', () => tar({ name: 'x/pipe', type: 'fifo' }), 'DATASET_ARCHIVE_UNSAFE', /is a device or a pipe/],
    [
      'has a pipe, in a zip',
      () => zip({ name: 'x/pipe', mode: 0o010644 }),
      'DATASET_ARCHIVE_UNSAFE',
      /is a device or a pipe/,
    ],
    [
      'has a name twice',
      () => zip({ name: 'x/val/a.jpg' }),
      'DATASET_DUPLICATE',
      /has a second entry 'x\/val\/a\.jpg'/,
    ],
    [
      'has a name twice, in a tar',
      () => tar({ name: './x/val/a.jpg' }),
      'DATASET_DUPLICATE',
      /has a second entry 'x\/val\/a\.jpg'/,
    ],
    [
      'is encrypted',
      () => zip({ name: 'x/secret.jpg', flags: 0x801 }),
      'DATASET_ARCHIVE',
      /'x\/secret\.jpg' in .* is encrypted/,
    ],
    [
      'has another compression',
      () => zip({ name: 'x/c.jpg', method: 93 }),
      'DATASET_ARCHIVE',
      /is stored in a way that is not supported/,
    ],
    [
      'unpacks to far more',
      () => zip({ name: 'x/c.jpg', data: Buffer.alloc(80 * 2 ** 20) }),
      'DATASET_ARCHIVE_UNSAFE',
      /unpacks to more than 100 times its size/,
    ],
    [
      'unpacks to far more, in a tar.gz',
      async () => gzipSync(await tar({ name: 'x/c.jpg', data: Buffer.alloc(80 * 2 ** 20) })),
      'DATASET_ARCHIVE_UNSAFE',
      /unpacks to more than 100 times its size/,
    ],
    [
      'says less than it unpacks to',
      () => zip({ name: 'x/val/c.jpg', data: 'a'.repeat(10_000), size: 5 }),
      'DATASET_ARCHIVE',
      /is damaged/,
    ],
    [
      'has a wrong checksum',
      () => zip({ name: 'x/val/c.jpg', data: 'abc', crc: 5 }),
      'DATASET_ARCHIVE',
      /x\/val\/c\.jpg in .* is damaged: its checksum is another/,
    ],
    ['is a zip that is cut off', async () => cut(await zip(), 60), 'DATASET_TRUNCATED', /ends too early/],
    [
      'is a tar that is cut off in an entry',
      async () => cut(await tar({ name: 'x/val/c.jpg', data: 'abc'.repeat(999) }), 2000),
      'DATASET_TRUNCATED',
      /ends too early/,
    ],
    [
      'is a tar that is cut off between entries',
      async () => cut(await tar(), 1024),
      'DATASET_TRUNCATED',
      /ends too early: it has no end of archive/,
    ],
    ['is a tar.gz that is cut off', async () => cut(gzipSync(await tar()), 20), 'DATASET_TRUNCATED', /ends too early/],
    [
      'is a tar.gz with a flipped bit',
      async () => {
        const bytes = gzipSync(await tar());
        bytes[60]! ^= 64;
        return bytes;
      },
      'DATASET_ARCHIVE',
      /is damaged/,
    ],
    [
      'is a tar with a wrong header',
      async () => {
        const bytes = await tar();
        bytes[5] = 0x7a;
        return bytes;
      },
      'DATASET_ARCHIVE',
      /is damaged/,
    ],
    ['is empty', async () => Buffer.alloc(0), 'DATASET_TRUNCATED', /is empty/],
    [
      'is of another kind',
      async () => Buffer.from('7z\xbc\xaf'),
      'DATASET_ARCHIVE',
      /is not a zip, tar or tar\.gz archive/,
    ],
    ['has no annotations', () => tarFile(usual.slice(2)), 'DATASET_ARCHIVE_FILES', /no annotations of coco were found/],
    [
      'has several',
      () => zip({ name: 'x/instances_train.json' }),
      'DATASET_ARCHIVE_FILES',
      /several annotations: x\/annotations\/instances_val\.json, x\/instances_train\.json/,
    ],
  ])('that %s is refused, and leaves nothing', async (_, write, code, message) => {
    const { place, options } = await placed(await write());
    const unpacking = withUnpacked(options(), ({ publish }) => publish());
    await expect(unpacking).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(await readdir(place)).toEqual(['archive']);
  });

  it('that is cut off anywhere is refused, and leaves nothing', async () => {
    const archives = [zipFile(usual), await tarFile(usual.slice(0, 3)), gzipSync(await tarFile(usual))];
    for (const whole of archives)
      for (let end = 1; end < whole.length - 1024; end += 97) {
        const { place, options } = await placed(whole.subarray(0, end));
        await expect(withUnpacked(options(), ({ publish }) => publish())).rejects.toMatchObject({
          code: expect.stringMatching(/^DATASET_(TRUNCATED|ARCHIVE)$/),
        });
        expect(await readdir(place)).toEqual(['archive']);
      }
  });
});

describe('the files of an archive', () => {
  const voc = [
    'V/2012/Annotations/a.xml',
    'V/2012/Annotations/b.xml',
    'V/2012/JPEGImages/a.jpg',
    'V/2012/SegmentationClass/a.png',
    'V/readme.xml.txt',
  ];
  const yolo = [
    'c/labels/train/a.txt',
    'c/images/train/a.jpg',
    'c/images/train/b.jpg',
    'c/README.txt',
    'c/data.yaml',
    'c/LICENSE',
  ];
  const roboflow = [
    'train/labels/a.txt',
    'train/images/a.jpg',
    'valid/labels/b.txt',
    'valid/images/b.jpg',
    'data.yaml',
    'README.dataset.txt',
  ];
  const darknet = ['obj.names', 'd/a.jpg', 'd/a.txt', 'd/b.jpg', 'd/b.txt', 'train.txt'];
  const choose = (names: readonly string[], format: 'coco' | 'voc' | 'yolo', annotations: string | null = null) =>
    chooseFiles(names, format, { annotations, withPictures: true });

  it.each([
    [
      'PASCAL VOC',
      'voc',
      voc,
      null,
      { annotations: 'V/2012/Annotations', images: 'V/2012/JPEGImages', files: voc.slice(0, 3) },
    ],
    [
      'VOC without its folders',
      'voc',
      ['a.xml', 'a.jpg'],
      null,
      { annotations: '', images: '', files: ['a.xml', 'a.jpg'] },
    ],
    [
      'YOLO',
      'yolo',
      yolo,
      null,
      { annotations: 'c/labels', images: 'c/images', files: [...yolo.slice(0, 3), 'c/data.yaml'] },
    ],
    [
      'one of several parts',
      'yolo',
      roboflow,
      'valid/labels',
      {
        annotations: 'valid/labels',
        images: 'valid/images',
        files: ['valid/labels/b.txt', 'valid/images/b.jpg', 'data.yaml'],
      },
    ],
    [
      'a part of a folder',
      'yolo',
      yolo,
      'c/labels/train',
      { annotations: 'c/labels/train', images: 'c/images/train', files: [...yolo.slice(0, 3), 'c/data.yaml'] },
    ],
    [
      'labels beside their pictures',
      'yolo',
      darknet,
      null,
      { annotations: 'd', images: 'd', files: darknet.slice(0, 5) },
    ],
    [
      'COCO by its path',
      'coco',
      ['a/x.json', 'a/instances.json'],
      'x.json',
      { annotations: 'a/x.json', images: null, files: ['a/x.json'] },
    ],
  ] as const)('of %s are found', (_, format, names, annotations, expected) => {
    expect(choose(names, format, annotations)).toEqual(expected);
  });

  it('that are ambiguous or absent are named', () => {
    expect(() => choose(roboflow, 'yolo')).toThrow('the archive has several annotations: train/labels, valid/labels');
    expect(() => choose(voc, 'voc', 'Labels')).toThrow(
      'the archive has no annotations named Labels: V/2012/Annotations',
    );
  });
});
