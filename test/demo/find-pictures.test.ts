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

test('what macOS leaves beside pictures is none; what is left out is counted by kind', async () => {
  await put('IMG_1.JPG', '._IMG_1.JPG', 'sub/b.webp', 'sub/c.BMP', 'sub/._b.webp', '__MACOSX/sub/b.webp', '.DS_Store');
  await put('drawing.svg', 'sub/other.SVG', 'README', 'folder.jpg/c.png');
  expect(await findPictures(folder)).toEqual({
    fileNames: ['IMG_1.JPG', 'folder.jpg/c.png', 'sub/b.webp', 'sub/c.BMP'],
    note: '4 pictures found, left out: 4 of macOS (._*), 1 without extension, 2 of .svg',
  });
});

test('a folder without pictures says what it holds instead', async () => {
  await put('a.xyz', '._a.jpg');
  await expect(findPictures(folder)).rejects.toMatchObject({
    code: 'USAGE',
    message: `the folder ${folder} holds no pictures, left out: 1 of macOS (._*), 1 of .xyz`,
  });
});
