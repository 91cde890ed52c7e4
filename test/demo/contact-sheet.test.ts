import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawContactSheet } from '../../src/demo/contact-sheet.ts';
import { loadInter } from '../../src/demo/contact-sheet-text.ts';
import { bmpFile } from '../worker/image/bmp-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-sheet-'));
const file = join(folder, 'grey.png');
beforeAll(() =>
  sharp({ create: { width: 640, height: 480, channels: 3, background: '#808080' } })
    .png()
    .toFile(file),
);
afterAll(() => rmSync(folder, { recursive: true }));

const cat = { className: 'cat', score: 0.914, x1: 160, y1: 120, x2: 480, y2: 360 };

async function pixels(png: Buffer) {
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => [...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)];
  return { width: info.width, height: info.height, at };
}

describe('a contact sheet', () => {
  it('shows each picture with its boxes in the colour of their class', async () => {
    const sheet = await pixels(await drawContactSheet({ columns: 1, pictures: [{ file, detections: [cat] }] }));
    // One column of 420 px, so 315 px high, and a margin of 28 px around; the box at a quarter and three quarters.
    expect([sheet.width, sheet.height]).toEqual([476, 371]);
    expect(sheet.at(5, 5)).toEqual([0xf4, 0xf5, 0xf7]);
    expect(sheet.at(40, 200)).toEqual([0x80, 0x80, 0x80]);
    for (const [x, y] of [
      [133, 200],
      [343, 200],
      [238, 343 - 79],
    ] as const) {
      const [red, green, blue] = sheet.at(x, y);
      expect([red! > 200, green! < 80, blue! < 70]).toEqual([true, true, true]);
    }
  });

  it('shows what the detector reads and sharp alone does not: BMP', async () => {
    const bmp = join(folder, 'red.bmp');
    const rows = new Array(4).fill(new Array(4).fill([0, 0, 0xff]).flat());
    writeFileSync(bmp, bmpFile({ width: 4, height: 4, bits: 24, rows }));
    const sheet = await pixels(await drawContactSheet({ columns: 1, pictures: [{ file: bmp, detections: [] }] }));
    expect(sheet.at(100, 100)).toEqual([0xff, 0, 0]);
  });

  it('leaves space for a title above the pictures', async () => {
    const pictures = [{ file, detections: [] }];
    const sheet = await pixels(await drawContactSheet({ columns: 1, pictures, title: 'Cats', note: '1 picture' }));
    expect(sheet.height).toBe(371 + 58);
  });

  it('is the same for the same pictures', async () => {
    const sheet = { columns: 2, pictures: [{ file, detections: [cat] }], title: 'Cats' };
    expect((await drawContactSheet(sheet)).equals(await drawContactSheet(sheet))).toBe(true);
  });

  it('may be empty', async () => {
    expect(await pixels(await drawContactSheet({ columns: 2, pictures: [] }))).toMatchObject({
      width: 910,
      height: 56,
    });
  });
});

describe('text', () => {
  it('is drawn as outlines, so that no font of the system is needed', () => {
    const inter = loadInter(600);
    expect(inter.outline('l', 10, 20, 16)).toBe('M11.08 8.36L13.11 8.36L13.11 20L11.08 20');
    expect(inter.width('wide', 20)).toBeCloseTo(2 * inter.width('wide', 10), 9);
    expect(inter.width('ll', 10)).toBeCloseTo(2 * inter.width('l', 10), 9);
  });
});
