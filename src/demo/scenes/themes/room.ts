import { rect } from '../landscape.ts';
import type { Random } from '../random.ts';
import type { Stage } from '../stage.ts';
import { painting, wallWindow } from './interior.ts';

const floor = 318;

export function room(stage: Stage): string {
  const { random } = stage;
  const wall = wallDecor(stage);
  furniture(stage);
  onTheFloor(stage);
  return shell(random) + wall;
}

/** Window, clock and painting share the upper wall; furniture stays below them. */
function wallDecor(stage: Stage): string {
  const { random } = stage;
  const parts: string[] = [];
  for (const [index, kind] of random.shuffle(['window', 'clock', 'painting', 'none']).entries()) {
    const x = 90 + index * 153;
    if (kind === 'window') parts.push(wallWindow(random, x - 62, 34, 124, 108));
    if (kind === 'painting') parts.push(painting(random, x - 40, 48, 80, 62));
    if (kind === 'clock') {
      const wish = {
        x,
        base: random.between(92, 118),
        height: random.between(50, 66),
        icons: ['ten-oclock', 'three-oclock'],
        shadow: false,
        flip: false,
      };
      stage.place(stage.sprite('clock', wish));
    }
  }
  return parts.join('');
}

function furniture(stage: Stage): void {
  const { random } = stage;
  const [first, second, third] = random.shuffle(['couch', 'tv', 'side'] as const);
  const widths = { couch: 240, tv: 170, side: 160 } as const;
  let left = random.between(8, 40);
  for (const kind of [first, second, third]) {
    if (!kind) continue;
    const x = left + widths[kind] / 2;
    left += widths[kind] + random.between(8, 22);
    if (kind === 'couch')
      stage.place(stage.sprite('couch', { x, base: random.between(352, 366), height: 172, maxWidth: 215 }));
    if (kind === 'tv') television(stage, x);
    if (kind === 'side') sideCorner(stage, x);
  }
}

function television(stage: Stage, x: number): void {
  const base = 346;
  const tv = stage.sprite('tv', {
    x,
    base: base - 42,
    height: stage.random.between(88, 104),
    shadow: false,
    flip: false,
  });
  if (stage.place(tv, 0)) stage.scenery.push(cabinet(stage.random, x, base, 150, 44));
}

function sideCorner(stage: Stage, x: number): void {
  const { random } = stage;
  if (random.chance(0.35)) {
    stage.place(stage.sprite('potted plant', { x, base: 350, height: random.between(120, 150) }));
    return;
  }
  const base = 346;
  const height = 74;
  stage.scenery.push(cabinet(random, x, base, 138, height));
  const things = [
    ['vase', 70],
    ['potted plant', 74],
    ['book', 44],
    ['clock', 54],
    ['teddy bear', 62],
    ['bottle', 64],
    ['cup', 42],
  ] as const;
  for (const [index, [className, size]] of random.shuffle(things).slice(0, 2).entries()) {
    const wish = { x: x - 34 + index * 68, base: base - height + 2, height: size, maxWidth: 60, shadow: false };
    const icons =
      className === 'clock'
        ? ['alarm-clock', 'mantelpiece-clock']
        : className === 'book'
          ? ['books', 'closed-book', 'blue-book', 'green-book']
          : undefined;
    const thing = stage.sprite(className, icons ? { ...wish, icons } : wish);
    if (thing) stage.sprites.push(thing);
  }
}

function cabinet(random: Random, x: number, base: number, width: number, height: number) {
  const wood = random.pick(['#a8774f', '#8a6246', '#d9c2a0', '#e9e4da', '#6f5646']);
  const left = x - width / 2;
  const svg =
    `<ellipse cx="${x}" cy="${base + 4}" rx="${width * 0.54}" ry="7" opacity=".18"/>` +
    rect(left + 6, base - 6, 8, 12, '#4d3a2c') +
    rect(left + width - 14, base - 6, 8, 12, '#4d3a2c') +
    rect(left, base - height, width, height - 2, wood, 'rx="3"') +
    rect(left - 3, base - height - 2, width + 6, 7, '#000', 'opacity=".18" rx="2"') +
    rect(left + 6, base - height + 10, width / 2 - 9, height - 18, '#fff', 'opacity=".16"') +
    rect(left + width / 2 + 3, base - height + 10, width / 2 - 9, height - 18, '#fff', 'opacity=".16"');
  return { svg, depth: base - height - 1 };
}

function onTheFloor(stage: Stage): void {
  const { random } = stage;
  const things = [
    ['cat', 72],
    ['cat', 70],
    ['dog', 88],
    ['dog', 86],
    ['teddy bear', 84],
    ['sports ball', 48],
    ['chair', 128],
    ['chair', 124],
    ['person', 196],
    ['book', 42],
    ['potted plant', 110],
    ['vase', 84],
    ['laptop', 56],
    ['person', 190],
  ] as const;
  const wanted = random.count(3, 5);
  for (let tries = 0, placed = 0; placed < wanted && tries < 22; tries++) {
    const [className, size] = random.pick(things);
    const base = random.between(404, 470);
    const height = size * (0.88 + (base - 404) * 0.003);
    const icons =
      className === 'person'
        ? ['person-standing', 'man-standing', 'woman-standing', 'man-walking', 'woman-walking']
        : undefined;
    const wish = { x: random.between(45, 595), base, height };
    const exact = icons ? { ...wish, icons } : wish;
    if (stage.place(stage.sprite(className, exact), 0.16)) placed++;
  }
}

function shell(random: Random): string {
  const wall = random.pick(['#e8d9c5', '#cfdcd3', '#d5dbe6', '#ecd5cc', '#e3e0d3', '#bfd0d6']);
  const boards = random.pick(['#c79f73', '#a97f5b', '#d6b48c', '#9c8672']);
  const seams = [348, 384, 428].map((y) => rect(0, y, 640, 1.5, '#000', 'opacity=".12"'));
  const stripes = random.chance(0.4)
    ? Array.from({ length: 16 }, (_, index) => rect(index * 42, 0, 20, floor, '#fff', 'opacity=".16"')).join('')
    : '';
  const rug = random.pick(['#b4656f', '#6f8fae', '#7ba088', '#c9a35d', '#8d7ea8']);
  const rugSvg = `<ellipse cx="320" cy="420" rx="235" ry="48" fill="${rug}" opacity=".8"/><ellipse cx="320" cy="420" rx="205" ry="39" fill="none" stroke="#fff" stroke-width="3" opacity=".5"/>`;
  return `${rect(0, 0, 640, floor, wall)}${stripes}${rect(0, floor, 640, 162, boards)}${seams.join('')}${rect(0, floor - 10, 640, 12, '#fff', 'opacity=".75"')}${random.chance(0.75) ? rugSvg : ''}`;
}
