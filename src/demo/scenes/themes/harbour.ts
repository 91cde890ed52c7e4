import { fillSky, gradient, hills, rect, sky, tree } from '../landscape.ts';
import type { Random } from '../random.ts';
import type { Stage } from '../stage.ts';

const horizon = 176;
const shore = 372;

const metre = (base: number) => 9 + (base - horizon) * 0.2;

export function harbour(stage: Stage): string {
  const { random } = stage;
  const beach = random.chance(0.45);
  fillSky(stage, horizon - 20, beach);
  boats(stage);
  ducks(stage);
  landlings(stage, beach);
  return background(random, beach);
}

function boats(stage: Stage): void {
  const { random } = stage;
  const fleet = [
    ['sailboat', 3.9],
    ['sailboat', 3.4],
    ['speedboat', 1.7],
    ['motor-boat', 2],
    ['ferry', 4],
    ['ship', 4],
    ['passenger-ship', 4],
  ] as const;
  const wanted = random.count(2, 5);
  for (let tries = 0, placed = 0; placed < wanted && tries < 25; tries++) {
    const [icon, metres] = random.pick(fleet);
    const base = random.between(200, 352);
    const height = Math.max(32, metres * metre(base));
    const boat = stage.sprite('boat', {
      x: random.between(40, 600),
      base,
      height,
      icons: [icon],
      shadow: false,
      maxWidth: 230,
    });
    if (!boat || !stage.place(boat, 0.12)) continue;
    placed++;
    stage.scenery.push({ depth: base + 0.01, svg: wake(boat.x, base, boat.width) });
  }
}

/** A line of foam where the hull meets the water, thin enough not to change the boat's box. */
function wake(x: number, base: number, width: number): string {
  const left = x - width * 0.56;
  return `<path d="M${left} ${base + 1}q${width * 0.14} -3.4 ${width * 0.28} 0t${width * 0.28} 0t${width * 0.28} 0t${width * 0.28} 0" fill="none" stroke="#e8f6fb" stroke-width="3" stroke-linecap="round"/>`;
}

function ducks(stage: Stage): void {
  const { random } = stage;
  for (let left = random.count(0, 2); left > 0; left--) {
    const base = random.between(320, 358);
    stage.place(
      stage.sprite('bird', {
        x: random.between(40, 600),
        base,
        height: random.between(32, 44),
        icons: ['duck'],
        shadow: false,
      }),
      0.02,
    );
  }
}

function landlings(stage: Stage, beach: boolean): void {
  const { random } = stage;
  const both = [
    ['person', 105],
    ['person', 108],
    ['dog', 54],
    ['bird', 44],
    ['bicycle', 78],
    ['cat', 46],
  ] as const;
  const sand = [
    ['umbrella', 108],
    ['umbrella', 104],
    ['sports ball', 40],
    ['chair', 76],
    ['bottle', 56],
  ] as const;
  const quay = [
    ['truck', 116],
    ['car', 84],
    ['motorcycle', 80],
    ['potted plant', 66],
    ['chair', 74],
    ['bicycle', 78],
  ] as const;
  const wanted = random.count(3, 6);
  for (let tries = 0, placed = 0; placed < wanted && tries < 25; tries++) {
    const [className, size] = random.pick([...both, ...(beach ? sand : quay)]);
    const base = random.between(408, 472);
    const height = size * (0.82 + (base - 400) * 0.0045);
    const icons =
      className === 'bird'
        ? ['bird', 'duck', 'penguin', 'baby-chick']
        : className === 'car'
          ? ['automobile', 'sport-utility-vehicle', 'taxi']
          : undefined;
    const wish = { x: random.between(40, 600), base, height, maxWidth: 175 };
    if (stage.place(stage.sprite(className, icons ? { ...wish, icons } : wish), 0.12)) placed++;
  }
}

function background(random: Random, beach: boolean): string {
  const [top, bottom] = random.pick([
    ['#7fc4e0', '#3f97c4'],
    ['#8fd3d6', '#3aa3ad'],
    ['#8fb8d6', '#4d83b5'],
  ] as const);
  const coast = hills(random, 158, 14, 190, random.pick(['#8fae9b', '#9fb0bf', '#a8b98c']));
  const trees = Array.from({ length: random.count(0, 5) }, () =>
    tree(random, random.between(10, 630), 178, random.between(26, 40)),
  );
  const ripples = Array.from({ length: 46 }, () => {
    const y = random.between(horizon + 8, shore - 6);
    const width = 8 + (y - horizon) * 0.16;
    return `<path d="M${random.between(-10, 630)} ${y}q${width / 2} -3 ${width} 0" fill="none" stroke="#fff" opacity=".35" stroke-width="2"/>`;
  });
  const land = beach ? sandSvg() : quaySvg(random);
  return `${sky(random, horizon)}${coast}${trees.join('')}${gradient('sea', top, bottom)}${rect(0, horizon, 640, 210, 'url(#sea)')}${ripples.join('')}${land}`;
}

function sandSvg(): string {
  const line = (y: number) => `M0 ${y + 12}C120 ${y - 10} 220 ${y + 20} 340 ${y}S560 ${y + 8} 640 ${y - 8}V480H0Z`;
  return `<path d="${line(366)}" fill="#e6f5f5"/><path d="${line(374)}" fill="#d8c08c"/><path d="${line(382)}" fill="#f0dba8"/>`;
}

function quaySvg(random: Random): string {
  const stone = random.pick(['#c8bda9', '#b9bcbf', '#cdb79e']);
  const seams = Array.from(
    { length: 11 },
    (_, index) =>
      `<path d="M${index * 66 - 10} 480L${index * 62 + 8} 384" stroke="#000" opacity=".12" stroke-width="2"/>`,
  );
  const bollards = [70, 330, 590].map(
    (x) =>
      `<g transform="translate(${x + random.between(-40, 40)} 386)"><ellipse cy="2" rx="10" ry="3" opacity=".25"/>${rect(-6, -16, 12, 18, '#4a4f57', 'rx="2"')}${rect(-9, -19, 18, 6, '#3b4047', 'rx="3"')}</g>`,
  );
  return `${rect(0, shore - 6, 640, 14, '#8d8473')}${rect(0, shore + 6, 640, 102, stone)}${rect(0, shore + 2, 640, 5, '#e2dac9')}${seams.join('')}${bollards.join('')}`;
}
