import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findPictures } from '../../src/demo/find-pictures.ts';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-pictures-'));
});

afterEach(() => rm(folder, { recursive: true }));

async function put(...files: readonly string[]): Promise<void> {
  for (const file of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), '');
  }
}

test("macOS's metadata files are not pictures; ignored files are counted by kind", async () => {
  await put('IMG_1.JPG', '._IMG_1.JPG', 'sub/b.webp', 'sub/c.BMP', 'sub/._b.webp', '__MACOSX/sub/b.webp', '.DS_Store');
  await put('drawing.svg', 'sub/other.SVG', 'README', 'folder.jpg/c.png');
  expect(await findPictures(folder)).toEqual({
    fileNames: ['IMG_1.JPG', 'folder.jpg/c.png', 'sub/b.webp', 'sub/c.BMP'],
    note: '4 pictures found, ignored: macOS metadata files (4), files without extension (1), .svg files (2)',
  });
});

test('a folder without pictures is rejected, with the kinds of files that it contains', async () => {
  await put('a.xyz', '._a.jpg');
  await expect(findPictures(folder)).rejects.toMatchObject({
    code: 'USAGE',
    message: `the folder ${folder} contains no pictures, ignored: macOS metadata files (1), .xyz files (1)`,
  });
});
