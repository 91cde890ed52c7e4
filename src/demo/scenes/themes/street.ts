import { fillSky, rect, sky, tree } from '../landscape.ts';
import type { Random } from '../random.ts';
import type { Stage } from '../stage.ts';

const horizon = 258;

/** Units per metre at a lower edge: nearer objects are larger. */
const metre = (base: number) => 20 + (base - horizon) * 0.235;

const vehicles = [
  {
    className: 'car',
    metres: 1.75,
    length: 3.4,
    share: 5,
    icons: ['automobile', 'sport-utility-vehicle', 'taxi', 'police-car', 'racing-car'],
  },
  { className: 'bus', metres: 3, length: 5.2, share: 2, icons: ['bus', 'trolleybus'] },
  { className: 'truck', metres: 2.9, length: 5.2, share: 2.4, icons: undefined },
  { className: 'motorcycle', metres: 1.65, length: 3, share: 2, icons: undefined },
  { className: 'bicycle', metres: 1.5, length: 3, share: 1.6, icons: undefined },
] as const;

const walkers = [
  { className: 'person', metres: 1.9, share: 6 },
  { className: 'dog', metres: 0.95, share: 1.4 },
  { className: 'cat', metres: 0.8, share: 1.2 },
  { className: 'bird', metres: 0.7, share: 0.6 },
  { className: 'bicycle', metres: 1.4, share: 1.4 },
  { className: 'potted plant', metres: 1.2, share: 1.2 },
  { className: 'umbrella', metres: 1.6, share: 0.9 },
  { className: 'sports ball', metres: 0.6, share: 0.6 },
] as const;

export function street(stage: Stage): string {
  const { random } = stage;
  fillSky(stage, 120, false);
  trafficLights(stage);
  lane(stage, 338, random.count(1, 3), false);
  lane(stage, 402, random.count(1, 2), true);
  pavement(stage, () => random.between(280, 292), random.count(1, 4));
  pavement(stage, () => random.between(440, 472), random.count(1, 3));
  return background(random);
}

function lane(stage: Stage, base: number, vehicleCount: number, toTheRight: boolean): void {
  const { random } = stage;
  for (let tries = 0, placed = 0; placed < vehicleCount && tries < 12; tries++) {
    const { className, metres, length, icons } = weighted(random, vehicles);
    const at = base + random.between(-6, 6);
    const height = metres * metre(at) * random.between(0.92, 1.08);
    const wish = { x: random.between(30, 610), base: at, height, flip: toTheRight, maxWidth: metre(at) * length };
    if (stage.place(stage.sprite(className, icons ? { ...wish, icons } : wish), 0.25)) placed++;
  }
}

function pavement(stage: Stage, where: () => number, walkerCount: number): void {
  const { random } = stage;
  for (let tries = 0, placed = 0; placed < walkerCount && tries < 12; tries++) {
    const { className, metres } = weighted(random, walkers);
    const base = where();
    const height = Math.max(26, metres * metre(base) * random.between(0.92, 1.08));
    const wish = { x: random.between(30, 610), base, height };
    const grounded = className === 'bird' ? { ...wish, icons: ['duck', 'rooster', 'bird'] } : wish;
    if (
      stage.place(
        stage.sprite(className, className === 'umbrella' ? { ...grounded, icons: ['umbrella'] } : grounded),
        0.2,
      )
    )
      placed++;
  }
}

function trafficLights(stage: Stage): void {
  const { random } = stage;
  for (const base of [296, 432]) {
    if (!random.chance(0.42)) continue;
    const x = random.chance(0.5) ? random.between(40, 180) : random.between(460, 600);
    const unit = metre(base);
    const icons = random.chance(0.75) ? ['vertical-traffic-light'] : ['horizontal-traffic-light'];
    const wish = {
      x,
      base: base - unit * 2.4,
      height: unit * 1.5,
      maxWidth: unit * 1.6,
      depth: base,
      icons,
      shadow: false,
      flip: false,
    };
    if (!stage.place(stage.sprite('traffic light', wish), 0)) continue;
    const pole = rect(x - unit * 0.06, base - unit * 2.5, unit * 0.12, unit * 2.5, '#4b5560');
    stage.scenery.push({
      depth: base - 0.5,
      svg: `<ellipse cx="${x}" cy="${base}" rx="${unit * 0.25}" ry="3" opacity=".25"/>${pole}`,
    });
  }
}

function background(random: Random): string {
  const road = random.pick(['#6b7178', '#757a80', '#5f666f']);
  const kerb = random.pick(['#c9c5bd', '#d3cec6', '#bfc3c6']);
  const dashes = Array.from({ length: 8 }, (_, index) => rect(index * 86 - 20, 352, 46, 5, '#f4f1e6'));
  const slabs = Array.from(
    { length: 14 },
    (_, index) =>
      `<path d="M${index * 52 - 10} 480L${index * 46 + 10} 424" stroke="#000" opacity=".08" stroke-width="2"/>`,
  );
  const trees = Array.from({ length: random.count(1, 4) }, () =>
    tree(random, random.between(10, 630), 270, random.between(80, 120)),
  );
  return (
    `${sky(random, horizon)}${houses(random)}${rect(0, horizon, 640, 40, kerb)}${trees.join('')}` +
    `${rect(0, 297, 640, 125, road)}${rect(0, 297, 640, 4, '#9b9890')}${dashes.join('')}` +
    `${rect(0, 422, 640, 58, kerb)}${rect(0, 420, 640, 5, '#9b9890')}${slabs.join('')}`
  );
}

function houses(random: Random): string {
  const walls = ['#e8c39e', '#d99a7c', '#c9d3c0', '#b9c7d6', '#e6dccb', '#cfa5a0', '#a9b7a2', '#dcc9e0', '#f0d9a8'];
  const parts: string[] = [];
  for (let x = -random.between(0, 50); x < 640; ) {
    const width = random.between(78, 132);
    parts.push(house(random, x, width, random.between(95, 185), random.pick(walls)));
    x += width;
  }
  return parts.join('');
}

function house(random: Random, x: number, width: number, height: number, wall: string): string {
  const top = horizon - height;
  const glass = random.pick(['#5d7f99', '#88aec4', '#f7e3a1', '#4f6272']);
  const columns = Math.max(2, Math.round(width / 34));
  const step = width / columns;
  const windows: string[] = [];
  for (let y = top + 18; y < horizon - 50; y += 36) {
    for (let column = 0; column < columns; column++) {
      windows.push(rect(x + step * (column + 0.5) - 8, y, 16, 22, glass, 'rx="1.5"'));
    }
  }
  const shop = random.chance(0.55)
    ? rect(x + 8, horizon - 34, width - 16, 34, '#6f8796') +
      rect(x + 4, horizon - 42, width - 8, 11, random.pick(['#b5544d', '#3f7d74', '#c98f3c', '#4d6591']))
    : rect(x + width / 2 - 9, horizon - 32, 18, 32, '#6b4c3b');
  return `${rect(x, top, width, height, wall)}${rect(x - 2, top - 5, width + 4, 8, '#000', 'opacity=".25"')}${windows.join('')}${shop}`;
}

function weighted<T extends { readonly share: number }>(random: Random, choices: readonly T[]): T {
  const whole = choices.reduce((sum, choice) => sum + choice.share, 0);
  let remaining = random.between(0, whole);
  for (const choice of choices) {
    remaining -= choice.share;
    if (remaining < 0) return choice;
  }
  return choices[0] as T;
}
