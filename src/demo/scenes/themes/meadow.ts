import { fillSky, gradient, hills, rect, sky, tree } from '../landscape.ts';
import type { Random } from '../random.ts';
import type { Stage } from '../stage.ts';

const horizon = 232;
const railBase = 268;

const metre = (base: number) => 15 + (base - horizon) * 0.24;

interface Country {
  readonly far: string;
  readonly near: string;
  readonly meadow: readonly [top: string, bottom: string];
  readonly animals: readonly (readonly [
    'cow' | 'horse' | 'sheep' | 'elephant' | 'zebra' | 'giraffe' | 'dog' | 'bird' | 'person',
    metres: number,
  ])[];
}

const pasture: Country = {
  far: '#8fb9a3',
  near: '#79b36b',
  meadow: ['#94c973', '#68a84f'],
  animals: [
    ['cow', 1.9],
    ['horse', 2],
    ['sheep', 1.4],
    ['dog', 1.05],
    ['bird', 0.8],
    ['person', 1.9],
  ],
};

const savannah: Country = {
  far: '#c2b489',
  near: '#c9b268',
  meadow: ['#dcc47a', '#bfa050'],
  animals: [
    ['elephant', 2.9],
    ['zebra', 1.9],
    ['giraffe', 3.4],
    ['bird', 0.8],
    ['elephant', 2.6],
    ['giraffe', 3.2],
    ['person', 1.9],
  ],
};

export function meadow(stage: Stage): string {
  const { random } = stage;
  const country = random.chance(0.36) ? savannah : pasture;
  fillSky(stage, horizon - 30, true);
  const way = random.pick(['along', 'towards', 'road'] as const);
  if (way === 'along') train(stage);
  else oncoming(stage, way);
  animals(stage, country);
  leisure(stage);
  return background(random, country, way);
}

function train(stage: Stage): void {
  const { random } = stage;
  const height = random.between(54, 66);
  const flip = random.chance(0.5);
  const away = flip ? -1 : 1;
  const wish = { base: railBase, flip, link: 1, shadow: false };
  const head = stage.sprite('train', { ...wish, x: random.between(180, 460), height, icons: ['locomotive'] });
  if (!head || !stage.place(head, 0)) return;
  let end = head.x + (away * head.width) / 2;
  for (let wagons = random.count(0, 3); wagons > 0; wagons--) {
    const wagon = stage.sprite('train', { ...wish, x: 0, height: height * 0.92, icons: ['railway-car'] });
    if (!wagon) return;
    stage.sprites.push({ ...wagon, x: end + (away * wagon.width) / 2 });
    end += away * (wagon.width - 1);
  }
}

/** A vehicle that approaches on the track or road in the middle, seen from the front. */
function oncoming(stage: Stage, way: 'towards' | 'road'): void {
  const { random } = stage;
  const base = random.between(300, 420);
  const wish = { x: roadMiddle(base), base, flip: false };
  if (way === 'towards') {
    stage.place(stage.sprite('train', { ...wish, height: metre(base) * 3, icons: ['train', 'tram'] }));
    return;
  }
  if (random.chance(0.3))
    stage.place(stage.sprite('bus', { ...wish, height: metre(base) * 2.9, icons: ['oncoming-bus'] }));
  else
    stage.place(
      stage.sprite('car', { ...wish, height: metre(base) * 1.9, icons: ['oncoming-automobile', 'oncoming-taxi'] }),
    );
}

/** The road runs from (330, horizon) to (250, 480). */
const roadMiddle = (base: number) => 330 - ((base - horizon) / (480 - horizon)) * 80;

function animals(stage: Stage, country: Country): void {
  const { random } = stage;
  const wanted = random.count(5, 8);
  for (let tries = 0, placed = 0; placed < wanted && tries < 30; tries++) {
    const [className, metres] = random.pick(country.animals);
    const base = random.between(292, 470);
    const height = Math.max(28, metres * metre(base) * random.between(0.9, 1.1));
    const wish = { x: random.between(35, 605), base, height, maxWidth: 190 };
    const ground =
      className === 'bird'
        ? { ...wish, icons: ['rooster', 'duck', 'baby-chick', 'penguin', 'owl', 'parrot', 'bird'] }
        : wish;
    if (stage.place(stage.sprite(className, ground), 0.15)) placed++;
  }
}

function leisure(stage: Stage): void {
  const { random } = stage;
  const extras = [
    ['sports ball', 0.75],
    ['umbrella', 1.8],
    ['bicycle', 1.5],
    ['teddy bear', 0.9],
  ] as const;
  for (const [className, metres] of random.shuffle(extras).slice(0, random.count(0, 2))) {
    const base = random.between(340, 470);
    const wish = { x: random.between(40, 600), base, height: Math.max(28, metres * metre(base)) };
    stage.place(stage.sprite(className, className === 'umbrella' ? { ...wish, icons: ['umbrella'] } : wish), 0.1);
  }
}

function background(random: Random, country: Country, way: 'along' | 'towards' | 'road'): string {
  const trees = Array.from({ length: random.count(2, 6) }, () =>
    tree(random, random.between(5, 635), random.between(236, 252), random.between(46, 84)),
  );
  const [top, bottom] = country.meadow;
  return (
    sky(random, horizon) +
    hills(random, 186, 22, 300, country.far) +
    hills(random, 214, 12, 300, country.near) +
    gradient('meadow', top, bottom) +
    rect(0, horizon, 640, 248, 'url(#meadow)') +
    trees.join('') +
    (way === 'along' ? railway() : approach(way)) +
    flowers(random)
  );
}

function railway(): string {
  const sleepers = Array.from({ length: 54 }, (_, index) => rect(index * 12, railBase - 1, 5, 6, '#6b4f3a'));
  return `${rect(0, railBase - 4, 640, 14, '#a39a8c')}${sleepers.join('')}${rect(0, railBase - 2, 640, 2.5, '#59616b')}${rect(0, railBase + 4, 640, 2, '#59616b')}`;
}

function approach(way: 'towards' | 'road'): string {
  const surface = (half: number, fill: string) =>
    `<path d="M324 ${horizon}L${250 - half} 480H${250 + half}L336 ${horizon}Z" fill="${fill}"/>`;
  if (way === 'road') {
    const lines = Array.from({ length: 6 }, (_, index) => {
      const y = horizon + 12 + index ** 1.6 * 14;
      return `<path d="M${roadMiddle(y)} ${y}L${roadMiddle(y + 5 + index * 3)} ${y + 5 + index * 3}" stroke="#f4f1e6" stroke-width="${1 + index * 0.8}"/>`;
    });
    return `${surface(105, '#858b90')}${lines.join('')}`;
  }
  const sleepers = Array.from({ length: 22 }, (_, index) => {
    const y = horizon + 4 + 0.52 * index ** 2;
    const half = 6 + ((y - horizon) / 248) * 66;
    return rect(roadMiddle(y) - half, y, 2 * half, 2 + index * 0.35, '#6b4f3a');
  });
  const rail = (side: number) =>
    `<path d="M${330 + side * 4} ${horizon}L${250 + side * 48} 480" stroke="#59616b" stroke-width="4"/>`;
  return `${surface(85, '#a39a8c')}${sleepers.join('')}${rail(-1)}${rail(1)}`;
}

function flowers(random: Random): string {
  const colours = ['#fff', '#ffe27a', '#f6b8d1', '#e9d5ff'];
  return Array.from({ length: random.count(15, 45) }, () => {
    const y = random.between(300, 478);
    return `<circle cx="${random.between(0, 640)}" cy="${y}" r="${1 + (y - 290) / 110}" fill="${random.pick(colours)}" opacity=".8"/>`;
  }).join('');
}
