import { repaint } from './paint.ts';
import { type Scenery, type Sprite, sceneSize } from './stage.ts';

/** The picture as SVG: the background, then sprites and scenery by their depth, the nearest last. */
export function renderSvg(
  background: string,
  sprites: readonly Sprite[],
  scenery: readonly Scenery[],
  width: number,
): string {
  const parts = [
    ...scenery.map((part) => ({ depth: part.depth, svg: part.svg })),
    ...sprites.map((sprite, index) => ({ depth: sprite.depth, svg: spriteSvg(sprite, index) })),
  ].sort((a, b) => a.depth - b.depth);
  return `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${width}" height="${(width * 3) / 4}" viewBox="0 0 ${sceneSize.width} ${sceneSize.height}">${background}${parts.map((part) => part.svg).join('')}</svg>`;
}

function spriteSvg(sprite: Sprite, index: number): string {
  const { icon, x, base, width, height } = sprite;
  const { viewBox } = icon;
  const body = uniqueIds(sprite.paint ? repaint(icon.body, icon.hue, sprite.paint) : icon.body, `s${index}-`);
  const turned = sprite.tilt === 0 ? '' : ` rotate(${round(sprite.tilt)} 0 ${round(-height / 2)})`;
  const mirrored = sprite.flip ? ' scale(-1 1)' : '';
  const shadow = `<ellipse cx="${round(x)}" cy="${round(base - height * 0.015)}" rx="${round(width * 0.5)}" ry="${round(Math.min(width * 0.09, height * 0.12))}" opacity=".2"/>`;
  return (
    (sprite.shadow && Math.abs(sprite.tilt) < 5 ? shadow : '') +
    `<g transform="translate(${round(x)} ${round(base)})${turned}${mirrored}">` +
    `<svg x="${round(-width / 2)}" y="${round(-height)}" width="${round(width)}" height="${round(height)}" preserveAspectRatio="none"` +
    ` viewBox="${round(viewBox.x)} ${round(viewBox.y)} ${round(viewBox.width)} ${round(viewBox.height)}">${body}</svg></g>`
  );
}

/** Makes ids unique: icons use the same ids for their gradients, and in one document an id refers to its first element. */
function uniqueIds(body: string, prefix: string): string {
  return body
    .replace(/\bid="/g, `$&${prefix}`)
    .replace(/url\(#/g, `$&${prefix}`)
    .replace(/href="#/g, `$&${prefix}`);
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
