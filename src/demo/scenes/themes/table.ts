import type { SceneClass } from '../icon-names.ts';
import { rect } from '../landscape.ts';
import type { Random } from '../random.ts';
import type { Stage } from '../stage.ts';
import { wallWindow, woodGrain } from './interior.ts';

const edge = 176;

/** Height on the table, and whether it lies on a plate. */
const dishes: readonly (readonly [className: SceneClass, height: number, plate: boolean])[] = [
  ['sandwich', 66, true],
  ['pizza', 76, true],
  ['hot dog', 66, true],
  ['donut', 54, true],
  ['cake', 82, true],
  ['broccoli', 62, true],
  ['banana', 68, false],
  ['apple', 58, false],
  ['orange', 58, false],
  ['carrot', 64, true],
  ['cup', 68, false],
  ['wine glass', 96, false],
];

const tall: readonly (readonly [className: SceneClass, height: number])[] = [
  ['bottle', 122],
  ['bottle', 116],
  ['vase', 112],
  ['wine glass', 98],
  ['potted plant', 108],
  ['cake', 96],
  ['cup', 74],
  ['teddy bear', 96],
];

export function table(stage: Stage): string {
  const { random } = stage;
  row(stage, 5, 252, 0.92, tall);
  row(stage, 5, 344, 1, dishes);
  row(stage, 4, 444, 1.16, dishes);
  return background(random);
}

/** Objects side by side at about the same depth; one place in six stays empty. */
function row(
  stage: Stage,
  places: number,
  base: number,
  size: number,
  choices: readonly (readonly [SceneClass, number, boolean?])[],
): void {
  const { random } = stage;
  const step = 590 / places;
  for (let place = 0; place < places; place++) {
    if (random.chance(0.16)) continue;
    const [className, height, plate] = random.pick(choices);
    const x = 25 + step * (place + 0.5) + random.between(-14, 14);
    const wish = {
      x,
      base: base + random.between(-16, 16),
      height: height * size * random.between(0.9, 1.1),
      maxWidth: step * 0.82,
    };
    const sprite = stage.sprite(className, { ...wish, shadow: !plate });
    if (!sprite || !stage.place(sprite, 0.2) || !plate) continue;
    stage.scenery.push(plateUnder(random, sprite.x, sprite.base, Math.min(sprite.width * 0.72 + 8, step * 0.52)));
  }
}

function plateUnder(random: Random, x: number, base: number, rx: number) {
  const ry = rx * 0.34;
  const y = base - ry * 0.35;
  const rim = random.pick(['#fff', '#fdfaf3', '#eef4fa', '#f7efe3']);
  const ellipse = (dy: number, scale: number, fill: string, rest = '') =>
    `<ellipse cx="${x}" cy="${y + dy}" rx="${rx * scale}" ry="${ry * scale}" fill="${fill}" ${rest}/>`;
  const svg = ellipse(4, 1.03, '#000', 'opacity=".18"') + ellipse(0, 1, rim) + ellipse(0, 0.72, '#dfe3e6');
  return { svg, depth: base - 0.5, covers: { x, y, rx, ry } };
}

function background(random: Random): string {
  const wall = random.pick(['#f2e6d6', '#dfe8e2', '#e7dff0', '#d9e6ef', '#f6dfd3', '#efe9c9']);
  const decor = random.chance(0.6) ? wallWindow(random, random.between(60, 400), 18, 170, 120) : '';
  return `${rect(0, 0, 640, 480, wall)}${rect(0, 118, 640, 60, '#000', 'opacity=".06"')}${decor}${random.chance(0.5) ? cloth(random) : planks(random)}`;
}

function planks(random: Random): string {
  const wood = random.pick(['#c99a6b', '#b98255', '#d8b184', '#a8734a']);
  const seams = [232, 300, 382].map((y) => rect(0, y, 640, 2, '#000', 'opacity=".13"'));
  const grain = woodGrain(random, { lines: 26, top: edge + 8, lengths: [30, 110], rounded: true });
  return `${rect(0, edge, 640, 304, wood)}${rect(0, edge, 640, 5, '#fff', 'opacity=".25"')}${seams.join('')}${grain}`;
}

function cloth(random: Random): string {
  const colour = random.pick(['#c9584f', '#4f7fae', '#5f9b78', '#d09b45', '#8c7bb0']);
  const columns = Array.from({ length: 10 }, (_, index) =>
    rect(index * 68 - 12, edge, 34, 304, colour, 'opacity=".3"'),
  );
  const rows = [184, 228, 282, 348, 426].map((y, index) => rect(0, y, 640, 18 + index * 6, colour, 'opacity=".3"'));
  return `${rect(0, edge, 640, 304, '#faf5ec')}${columns.join('')}${rows.join('')}${rect(0, edge, 640, 4, colour)}`;
}
