import type { Random } from './random.ts';
import { type Stage, sceneSize } from './stage.ts';

interface Light {
  readonly top: string;
  readonly bottom: string;
  readonly cloud: string;
  readonly sun: string | undefined;
}

const lights: readonly Light[] = [
  { top: '#6fb7ec', bottom: '#d9effb', cloud: '#fff', sun: '#fff3b8' },
  { top: '#6fb7ec', bottom: '#d9effb', cloud: '#fff', sun: undefined },
  { top: '#8ecdf2', bottom: '#eef7f3', cloud: '#fff', sun: undefined },
  { top: '#f3a683', bottom: '#fde3b4', cloud: '#fff0dc', sun: '#fff1c1' },
  { top: '#b9a6dd', bottom: '#fbd5c5', cloud: '#fff', sun: undefined },
  { top: '#a9b9c6', bottom: '#dfe6ea', cloud: '#eef2f4', sun: undefined },
];

/** A sky with a few clouds from the upper edge down to `horizon`. */
export function sky(random: Random, horizon: number): string {
  const light = random.pick(lights);
  const sun = light.sun
    ? `<circle cx="${random.between(60, 580)}" cy="${random.between(40, horizon * 0.5)}" r="${random.between(22, 34)}" fill="${light.sun}"/>`
    : '';
  const clouds = Array.from({ length: random.count(1, 4) }, () => cloud(random, horizon * 0.55, light.cloud));
  return `${gradient('sky', light.top, light.bottom)}${rect(0, 0, sceneSize.width, horizon + 2, 'url(#sky)')}${sun}${clouds.join('')}`;
}

function cloud(random: Random, lowest: number, fill: string): string {
  const [x, y, size] = [random.between(0, 640), random.between(18, lowest), random.between(0.5, 1.2)];
  return (
    `<g transform="translate(${x} ${y}) scale(${size})" fill="${fill}" opacity=".85">` +
    '<ellipse rx="52" ry="13"/><circle cx="-18" cy="-8" r="17"/><circle cx="12" cy="-14" r="22"/><circle cx="36" cy="-4" r="12"/></g>'
  );
}

/** A broadleaf tree or a fir whose trunk stands at (x, base). */
export function tree(random: Random, x: number, base: number, height: number): string {
  const green = random.pick(['#4f9d5b', '#5fae5f', '#3f8a58', '#7ab65a', '#6a9e45']);
  const trunk = rect(-4, -34, 8, 34, '#7d5a43');
  const crown = random.chance(0.35)
    ? `<path d="M0-100L24-58H12L30-22H-30L-12-58H-24Z" fill="${green}"/>`
    : `<ellipse cy="-62" rx="29" ry="36" fill="${green}"/><ellipse cx="-9" cy="-70" rx="14" ry="18" fill="#fff" opacity=".13"/>`;
  return `<g transform="translate(${x} ${base}) scale(${height / 100})"><ellipse rx="22" ry="4" opacity=".15"/>${trunk}${crown}</g>`;
}

/** A wavy ridge that fills everything below it down to `bottom`. */
export function hills(random: Random, crest: number, swell: number, bottom: number, fill: string): string {
  const heights = Array.from({ length: 5 }, () => crest + random.between(-swell, swell));
  const curves = heights.slice(1).map((y, index) => {
    const x = index * 160;
    return `C${x + 80} ${heights[index]} ${x + 80} ${y} ${x + 160} ${y}`;
  });
  return `<path d="M0 ${bottom}V${heights[0]}${curves.join('')}V${bottom}Z" fill="${fill}"/>`;
}

/** Adds what may appear in any sky: flying birds, an airplane, a kite. */
export function fillSky(stage: Stage, horizon: number, kites: boolean): void {
  const { random } = stage;
  const at = (low: number, high: number) => ({ x: random.between(60, 580), base: random.between(low, high) });
  if (random.chance(0.45)) {
    stage.place(
      stage.sprite('airplane', { ...at(75, horizon * 0.6), height: random.between(48, 80), shadow: false }),
      0,
    );
  }
  if (kites && random.chance(0.55)) {
    stage.place(stage.sprite('kite', { ...at(90, horizon * 0.75), height: random.between(55, 90), shadow: false }), 0);
  }
  for (let birds = random.pick([0, 0, 1, 2]); birds > 0; birds--) {
    const wish = { ...at(60, horizon * 0.75), height: random.between(34, 58), shadow: false, icons: ['eagle', 'dove'] };
    stage.place(stage.sprite('bird', wish), 0);
  }
}

export function rect(x: number, y: number, width: number, height: number, fill: string, rest = ''): string {
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}" ${rest}/>`;
}

/** A gradient from top to bottom, to be used as `url(#id)`. */
export function gradient(id: string, top: string, bottom: string): string {
  return `<linearGradient id="${id}" x2="0" y2="1"><stop stop-color="${top}"/><stop offset="1" stop-color="${bottom}"/></linearGradient>`;
}
