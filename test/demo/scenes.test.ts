import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { annotate } from '../../src/demo/scenes/annotate.ts';
import { type Icon, loadArt } from '../../src/demo/scenes/art.ts';
import { type DatasetWish, drawDataset } from '../../src/demo/scenes/dataset.ts';
import { drawScene, themes } from '../../src/demo/scenes/draw-scene.ts';
import { iconNames, type Style } from '../../src/demo/scenes/icon-names.ts';
import { repaint } from '../../src/demo/scenes/paint.ts';
import { createRandom } from '../../src/demo/scenes/random.ts';
import { createStage, type Sprite } from '../../src/demo/scenes/stage.ts';
import { cocoClasses } from '../../src/programs/coco-classes.ts';

const styles: readonly Style[] = ['fluent', 'noto', 'noto-v1'];

/** A square that covers all of its view box. */
const square: Icon = {
  name: 'square',
  body: '<rect width="10" height="10"/>',
  viewBox: { x: 0, y: 0, width: 10, height: 10 },
  mask: { width: 1, height: 1, covers: Uint8Array.of(1) },
  hue: 0,
};

function squareAt(x: number, base: number, side: number, depth = base): Sprite {
  const still = { flip: false, tilt: 0, paint: undefined, shadow: false, link: undefined };
  return { className: 'car', icon: square, x, base, width: side, height: side, depth, ...still };
}

describe('a scene', () => {
  test.each(styles)('in the style %s is decided by its seed', async (style) => {
    const once = await drawScene(7, style);
    const again = await drawScene(7, style);
    const other = await drawScene(8, style);
    expect(again.annotations).toEqual(once.annotations);
    expect(other.annotations).not.toEqual(once.annotations);
  });

  test.each(styles)('in the style %s has boxes of COCO classes inside the picture', async (style) => {
    for (let seed = 0; seed < 12; seed++) {
      const { annotations } = await drawScene(seed, style, 320);
      expect(annotations.length).toBeGreaterThan(1);
      for (const { classId, className, box } of annotations) {
        expect(cocoClasses[classId]).toBe(className);
        const [x1, y1, x2, y2] = box;
        expect([x1 >= 0, y1 >= 0, x2 > x1, y2 > y1, x2 <= 320, y2 <= 240]).toEqual([
          true,
          true,
          true,
          true,
          true,
          true,
        ]);
      }
    }
  });

  test('is a JPEG of the requested size, and its boxes scale with it', async () => {
    const large = await drawScene(3, 'fluent');
    const small = await drawScene(3, 'fluent', 320);
    const { format, width, height } = await sharp(small.jpeg).metadata();
    expect({ format, width, height }).toEqual({ format: 'jpeg', width: 320, height: 240 });
    expect([large.width, large.height, small.width, small.height]).toEqual([640, 480, 320, 240]);
    expect(small.annotations.map(({ box }) => box.map((edge) => edge * 2))).toEqual(
      large.annotations.map(({ box }) => box),
    );
  });

  test.each(Object.entries(themes))('of the theme %s places objects', async (_, theme) => {
    const art = await loadArt('noto');
    const counts = Array.from({ length: 10 }, (_, seed) => {
      const stage = createStage(createRandom(seed), art);
      theme(stage);
      return stage.sprites.length;
    });
    expect(Math.min(...counts)).toBeGreaterThan(1);
    expect(counts.reduce((sum, count) => sum + count)).toBeGreaterThan(60);
  });
});

describe('an annotation', () => {
  const box = (sprites: readonly Sprite[]) => annotate(sprites, [], 1).map((annotation) => annotation.box);

  test('is the box of the pixels that the object covers', () => {
    expect(box([squareAt(100, 200, 40)])).toEqual([[80, 160, 120, 200]]);
    expect(annotate([squareAt(100, 200, 40)], [], 0.5)).toEqual([
      { classId: 2, className: 'car', box: [40, 80, 60, 100] },
    ]);
  });

  test('excludes what a nearer object hides', () => {
    expect(box([squareAt(100, 200, 40), squareAt(130, 200, 40, 201)])).toEqual([
      [80, 160, 110, 200],
      [110, 160, 150, 200],
    ]);
  });

  test('does not exist for an object of which less than 55 % is visible', () => {
    const nearer = squareAt(120, 200, 40, 300);
    expect(box([squareAt(100, 200, 40), nearer])).toEqual([[100, 160, 140, 200]]);
    expect(box([squareAt(97, 200, 40), nearer])).toEqual([
      [77, 160, 100, 200],
      [100, 160, 140, 200],
    ]);
  });

  test('counts what lies outside the picture as hidden', () => {
    expect(box([squareAt(0, 200, 40)])).toEqual([]);
    expect(box([squareAt(5, 200, 40)])).toEqual([[0, 160, 25, 200]]);
  });

  test('is shared by linked sprites', () => {
    const [locomotive, wagon] = [squareAt(100, 200, 40), squareAt(140, 200, 40)];
    expect(
      box([
        { ...locomotive, link: 1 },
        { ...wagon, link: 1 },
      ]),
    ).toEqual([[80, 160, 160, 200]]);
  });

  test('is that of the rotated object', () => {
    const turned = box([{ ...squareAt(100, 200, 40), height: 20, tilt: 90 }]);
    expect(turned).toEqual([[90, 170, 110, 210]]);
  });

  test('excludes what scenery hides', () => {
    const plate = { svg: '', depth: 300, covers: { x: 100, y: 200, rx: 60, ry: 10 } };
    expect(annotate([squareAt(100, 200, 40)], [plate], 1).map((annotation) => annotation.box)).toEqual([
      [80, 160, 120, 191],
    ]);
  });
});

describe('the art', () => {
  test.each(['fluent', 'noto'] as const)('of %s has icons for all 49 classes', async (style) => {
    const art = await loadArt(style);
    expect([...art.keys()]).toEqual(Object.keys(iconNames));
    expect(art.size).toBe(49);
  });

  test('changes only the colours near the main hue when painted', () => {
    const svg = '<path fill="#f00"/><path fill="#00ff00"/><path fill="#888888"/>';
    expect(repaint(svg, 0, { hue: 210, saturation: 1, lightness: 1 })).toBe(
      '<path fill="hsl(210,94%,50%)"/><path fill="#00ff00"/><path fill="#888888"/>',
    );
  });
});

describe('a dataset', () => {
  const wish: DatasetWish = { count: 4, firstSeed: 50, styles: ['fluent', 'noto'], width: 320 };
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'scenes-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('consists of JPEG files and one annotations.json in COCO layout', async () => {
    const progress: number[] = [];
    const dataset = await drawDataset(folder, wish, (done) => progress.push(done));
    expect(progress).toEqual([1, 2, 3, 4]);
    const names = ['scene-0000050.jpg', 'scene-0000051.jpg', 'scene-0000052.jpg', 'scene-0000053.jpg'];
    expect((await readdir(folder)).sort()).toEqual(['annotations.json', ...names]);
    expect(JSON.parse(await readFile(path.join(folder, 'annotations.json'), 'utf8'))).toEqual(dataset);
    expect(dataset.images.map((image) => image.file_name)).toEqual(names);
    expect(dataset.categories[79]).toEqual({ id: 79, name: 'toothbrush' });
    const { annotations } = await drawScene(50, 'fluent', 320);
    const boxes = dataset.annotations.filter((annotation) => annotation.image_id === 50);
    expect(boxes.map(({ bbox: [x, y, width, height] }) => [x, y, x + width, y + height])).toEqual(
      annotations.map(({ box }) => [...box]),
    );
  });

  test('that exists already is kept', async () => {
    const first = await drawDataset(folder, wish);
    const before = await stat(path.join(folder, 'scene-0000050.jpg'));
    expect(await drawDataset(folder, wish)).toEqual(first);
    expect((await stat(path.join(folder, 'scene-0000050.jpg'))).mtimeMs).toBe(before.mtimeMs);
  });
});
