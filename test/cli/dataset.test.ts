import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { mariadb, useDatabase } from '../database.ts';
import { zipFile } from '../dataset/zip-file.ts';
import { usePictures } from '../pictures.ts';
import { millrace } from './millrace.ts';

const image = { id: 1, file_name: 'scene-1.jpg', width: 160, height: 120 };
const box = { id: 1, image_id: 1, category_id: 5, bbox: [1, 2, 300, 4] };
const coco = { images: [image], categories: [{ id: 5, name: 'bus' }], annotations: [box] };

describe('millrace dataset', { timeout: 120_000 }, () => {
  const database = useDatabase(mariadb);
  const pictures = usePictures();
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(inject('serversFolder'), 'dataset-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const run = (...args: readonly string[]) =>
    millrace(['dataset', ...args], {
      MILLRACE_DATASOURCE: database.dsn,
      MILLRACE_SCHEMA: database.systemSchema,
      MILLRACE_STATE: folder,
    });
  const written = async (text: string) => {
    const file = join(folder, 'instances.json');
    await writeFile(file, text);
    return file;
  };
  const importing = async (value: object | string, ...more: readonly string[]) => {
    const file = await written(typeof value === 'string' ? value : JSON.stringify(value));
    return run('import', 'coco', '--annotations', file, '--into', database.name, ...more);
  };

  it('imports, says what it did and what is wrong with the pictures, and does nothing the second time', async () => {
    await writeFile(join(pictures.folder, 'text.jpg'), 'not a picture');
    const others = ['none.jpg', 'blank.jpg', 'text.jpg'].map((file_name, index) => ({
      ...image,
      id: index + 2,
      file_name,
    }));
    const images = [image, ...others];
    const first = await importing({ ...coco, images }, '--images', pictures.folder);
    expect({
      ...first,
      stdout: first.stdout.replaceAll(database.name, 'DATASET').replace(/in \d+ s/, 'in 0 s'),
    }).toEqual({
      code: 0,
      stdout: `DATASET: 4 images, 1 annotations, 1 categories in 0 s
pictures missing: 1
  none.jpg
pictures unreadable: 1
  text.jpg
pictures of another size than in the table: 1
  blank.jpg (40×30, not 160×120)
`,
      stderr: 'importing  ████████████████████████  100 %\nchecking pictures  ████████████████████████  100 %\n',
    });
    expect((await importing({ ...coco, images })).stdout).toBe(
      `${database.name}: these files were imported before; nothing was changed\n`,
    );
    const checked = await run('check', database.name, '--images', pictures.folder);
    expect(checked.code).toBe(5);
    expect(checked.stdout).toMatch(
      /^boxes: 1, of which 0 around crowds, 1 beyond their image, 0 without width or height\nimages without annotations: 3\npictures missing: 1\n/,
    );
    const json = JSON.parse((await run('check', database.name, '--json')).stdout);
    expect(json).toEqual({
      dataset: database.name,
      boxes: { annotations: 1, empty: 0, beyond: 1, crowds: 0, withoutAnnotations: 3 },
      pictures: null,
    });
  });

  it('imports an archive of annotations and pictures, and does nothing the second time', async () => {
    const [place, target] = [join(folder, 'archive'), join(folder, 'archive/pictures')];
    await mkdir(place);
    const picture = await readFile(join(pictures.folder, 'scene-1.jpg'));
    const labels = { name: 'd/labels/train/scene-1.txt', data: '0 0.5 0.5 0.5 0.25\n' };
    const files = [
      labels,
      { name: 'd/images/train/scene-1.jpg', data: picture },
      { name: 'd/classes.txt', data: 'bus\n' },
    ];
    await writeFile(join(place, 'mine.zip'), zipFile(files));
    const importing = (...more: readonly string[]) =>
      run('import', 'yolo', '--archive', join(place, 'mine.zip'), '--images', target, '--into', database.name, ...more);
    const first = await importing('--replace');
    expect({ ...first, stdout: first.stdout.replaceAll(folder, '').replace(/in \d+ s/, 'in 0 s') }).toEqual({
      code: 0,
      stdout: `${database.name}: 1 images, 1 annotations, 1 categories in 0 s
/archive/pictures: 1 pictures unpacked
pictures: all 1 are readable and of the right size
`,
      stderr: expect.stringMatching(/^unpacking .*\nimporting .*\nchecking pictures .*\n$/s),
    });
    expect(await readFile(join(target, 'train/scene-1.jpg'))).toEqual(picture);
    const second = await importing();
    expect(second.stdout).toBe(
      `${database.name}: these files were imported before; nothing was changed\npictures: all 1 are readable and of the right size\n`,
    );
    expect(await readdir(place)).toEqual(['mine.zip', 'pictures']);
    await writeFile(join(place, 'mine.zip'), zipFile([...files, { ...labels, name: '../evil.txt' }]));
    expect((await importing('--replace')).stderr).toBe(
      `error[DATASET_NAME_UNSAFE]: the entry '../evil.txt' in ${join(place, 'mine.zip')} leads out of the folder: it contains '..'
  do not trust this file; correct the name, or use another source
`,
    );
    expect((await run('import', 'coco', '--into', database.name)).stderr).toContain(
      'neither --annotations nor --archive is given',
    );
  });

  it('exports and dumps what it imported, and never overwrites', async () => {
    await importing(coco, '--replace');
    const [file, script] = [join(folder, 'out.json'), join(folder, 'out.sql')];
    expect(await run('export', 'coco', '--from', database.name, '--to', file)).toEqual({
      code: 0,
      stdout: `${database.name}: written to ${file}\n`,
      stderr: '',
    });
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ images: [image], categories: coco.categories });
    expect((await run('dump', database.name, '--to', script)).code).toBe(0);
    expect(await readFile(script, 'utf8')).toContain(
      "INSERT INTO `categories` (`category_id`, `name`, `supercategory`) VALUES\n(5,'bus',NULL);",
    );
    const again = await run('export', 'coco', '--from', database.name, '--to', file);
    expect(again).toMatchObject({
      code: 2,
      stderr: `error[DATASET_OUTPUT]: ${file} exists already\n  name another path, or remove what is there\n`,
    });
  });

  it.each([
    [
      '{"images": [',
      'DATASET_TRUNCATED',
      'the JSON of the annotations ends too early, after 12 bytes\n  download or copy the file again',
    ],
    [
      JSON.stringify({ ...coco, images: [{ ...image, width: '1' }] }),
      'DATASET_INVALID',
      "images[0].width is '1'; it must be a whole number, 1 or more\n  correct the entry that the message names",
    ],
    [
      JSON.stringify({ ...coco, annotations: [box, box] }),
      'DATASET_DUPLICATE',
      'two entries of annotations have the id 1\n  give each entry an id and a name of its own',
    ],
    [
      JSON.stringify({ ...coco, annotations: [{ ...box, category_id: 6 }] }),
      'DATASET_REFERENCE',
      'the annotation with id 1 names the category 6, which is not in the dataset\n  add the image or category, or remove the annotation',
    ],
    [
      JSON.stringify({ ...coco, images: [{ ...image, file_name: '../\u001b[31m' }] }),
      'DATASET_NAME_UNSAFE',
      "images[0] has the file name '../␛[31m', which leads out of the folder: it contains '..'\n  do not trust this file; correct the name, or use another source",
    ],
  ])('says what is wrong with a file: %.40s', async (text, code, said) => {
    const { code: exit, stdout, stderr } = await importing(text, '--replace');
    expect({ exit, stdout, stderr: stderr.replace(/^importing .*\n/gm, '') }).toEqual({
      exit: 2,
      stdout: '',
      stderr: `error[${code}]: ${said}\n`,
    });
  });

  it('refuses arguments that do not fit together', async () => {
    await mkdir(join(folder, 'empty'), { recursive: true });
    const at = ['--annotations', join(folder, 'empty'), '--into', database.name];
    expect((await run('import', 'yolo', ...at)).stderr).toContain('--images is not given');
    expect((await run('import', 'voc', ...at, '--segmentations')).stderr).toContain(
      '--segmentations does not apply to voc',
    );
    expect((await run('import', 'voc', ...at, '--images', join(folder, 'nowhere'))).stderr).toContain(
      'nowhere does not exist',
    );
    expect((await run('import', 'voc', ...at)).stderr).toContain('empty contains no .xml files');
    expect((await run('import', 'coco', ...at)).stderr).toContain('empty is a folder; expected a file');
    expect((await run('import', 'coco', '--annotations', 'x', '--into', database.systemSchema)).stderr).toContain(
      'is the system schema of Millrace',
    );
    expect((await run('export', 'coco', '--from', 'a.b', '--to', 'x')).stderr).toContain(
      'name the dataset of its images with --dataset',
    );
    expect((await run('export', 'coco', '--from', 'nothing_here', '--to', 'x')).stderr).toContain(
      'error[DATASET_MISSING]',
    );
  });

  it('needs the database itself', async () => {
    const server = await millrace(['dataset', 'check', 'x'], { MILLRACE_URL: 'http://127.0.0.1:1' });
    expect(server).toMatchObject({ code: 2, stderr: expect.stringContaining('only MILLRACE_URL is set') });
  });
});
