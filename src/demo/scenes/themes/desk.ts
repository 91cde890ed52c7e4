import type { SceneClass } from '../icon-names.ts';
import { rect } from '../landscape.ts';
import type { Random } from '../random.ts';
import type { Stage } from '../stage.ts';
import { painting, wallWindow, woodGrain } from './interior.ts';

const edge = 236;

export function desk(stage: Stage): string {
  const { random } = stage;
  const shelfLeft = random.pick([30, 330]);
  shelf(stage, shelfLeft);
  const middle = random.between(250, 390);
  computer(stage, middle);
  besides(stage, middle);
  front(stage, middle);
  return background(random, shelfLeft);
}

function shelf(stage: Stage, left: number): void {
  const { random } = stage;
  const things = [
    ['book', 54],
    ['book', 52],
    ['clock', 58],
    ['vase', 66],
    ['potted plant', 70],
    ['teddy bear', 64],
    ['cup', 44],
    ['bottle', 64],
  ] as const;
  for (let place = 0; place < 3; place++) {
    if (random.chance(0.25)) continue;
    const [className, height] = random.pick(things);
    const wish = { x: left + 48 + place * 92, base: 103, height, maxWidth: 78, shadow: false };
    const icons =
      className === 'book'
        ? ['books', 'closed-book', 'green-book', 'blue-book', 'orange-book']
        : className === 'clock'
          ? ['alarm-clock', 'mantelpiece-clock']
          : undefined;
    stage.place(stage.sprite(className, icons ? { ...wish, icons } : wish), 0);
  }
}

function computer(stage: Stage, x: number): void {
  const { random } = stage;
  if (
    random.chance(0.55) &&
    stage.place(stage.sprite('laptop', { x, base: 322, height: random.between(120, 140), maxWidth: 170, flip: false }))
  ) {
    mouse(stage, x + random.pick([-1, 1]) * random.between(105, 125), 334);
    return;
  }
  stage.place(stage.sprite('tv', { x, base: 296, height: random.between(118, 134), flip: false }));
  stage.place(stage.sprite('keyboard', { x, base: 372, height: 60, maxWidth: 175, flip: false }), 0.05);
  mouse(stage, x + random.between(108, 124), 368);
}

function mouse(stage: Stage, x: number, base: number): void {
  stage.place(stage.sprite('mouse', { x, base, height: 54, flip: false }), 0);
}

function besides(stage: Stage, middle: number): void {
  const { random } = stage;
  const things = [
    ['cup', 66],
    ['potted plant', 112],
    ['vase', 96],
    ['bottle', 104],
    ['book', 62],
    ['clock', 72],
    ['teddy bear', 88],
    ['cup', 64],
    ['cat', 92],
  ] as const;
  for (const x of [70, 150, 490, 570]) {
    if (Math.abs(x - middle) < 120 || random.chance(0.25)) continue;
    const [className, height] = random.pick(things);
    const wish = { x: x + random.between(-14, 14), base: random.between(278, 320), height };
    const icons = className === 'clock' ? ['alarm-clock', 'mantelpiece-clock'] : undefined;
    stage.place(stage.sprite(className, icons ? { ...wish, icons } : wish), 0.08);
  }
}

function front(stage: Stage, middle: number): void {
  const { random } = stage;
  const flat: readonly (readonly [SceneClass, number, number])[] = [
    ['cell phone', 78, 22],
    ['cell phone', 80, 18],
    ['scissors', 72, 60],
    ['scissors', 70, 90],
    ['toothbrush', 70, 30],
    ['toothbrush', 72, 60],
    ['book', 80, 10],
    ['keyboard', 62, 4],
    ['mouse', 54, 12],
    ['apple', 54, 0],
    ['orange', 52, 0],
    ['banana', 60, 8],
    ['donut', 54, 0],
    ['cup', 70, 0],
    ['sandwich', 60, 0],
    ['carrot', 58, 40],
  ];
  const wanted = random.count(3, 5);
  for (let tries = 0, placed = 0; placed < wanted && tries < 22; tries++) {
    const [className, height, turn] = random.pick(flat);
    const base = random.between(396, 468);
    const x = random.chance(0.35) ? middle + random.between(-60, 60) : random.between(45, 595);
    const wish = {
      x,
      base,
      height: height * (0.92 + (base - 396) * 0.0025),
      tilt: random.between(-turn, turn),
      maxWidth: 165,
    };
    const icons =
      className === 'book' ? ['open-book', 'closed-book', 'blue-book', 'orange-book', 'green-book'] : undefined;
    if (stage.place(stage.sprite(className, icons ? { ...wish, icons } : wish), 0.02)) placed++;
  }
}

function background(random: Random, shelfLeft: number): string {
  const wall = random.pick(['#dfe6ea', '#efe3d0', '#d8e3d6', '#e6d9e4', '#cbd8e2', '#f0e6da']);
  const wood = random.pick(['#c08a5c', '#d9b78c', '#8f6848', '#e8dfd2', '#b5794a']);
  const other = shelfLeft < 200 ? 400 : 60;
  const decor = random.chance(0.55)
    ? wallWindow(random, other, 24, 170, 108)
    : painting(random, other + 20, 40, 110, 78);
  const grain = woodGrain(random, { lines: 22, top: edge + 12, lengths: [40, 130] });
  return (
    `${rect(0, 0, 640, 480, wall)}${decor}${rect(shelfLeft, 102, 280, 10, wood)}${rect(shelfLeft, 112, 280, 4, '#000', 'opacity=".2"')}` +
    `${rect(0, edge, 640, 250, wood)}${rect(0, edge, 640, 5, '#fff', 'opacity=".3"')}${grain}`
  );
}
