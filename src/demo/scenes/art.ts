import { createRequire } from 'node:module';
import sharp from 'sharp';
import { iconNames, leftOut, packs, type SceneClass, type Style, skinTones, sunk, upright } from './icon-names.ts';
import { toHsl } from './paint.ts';

/** An icon cropped to its visible part. */
export interface Icon {
  /** The icon's name in its pack, without a skin tone. */
  readonly name: string;
  /** SVG markup in the coordinates of `viewBox`; its ids are not unique within a scene. */
  readonly body: string;
  readonly viewBox: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  /** One byte per pixel of the view box: 1 if the icon covers what lies behind it. */
  readonly mask: { readonly width: number; readonly height: number; readonly covers: Uint8Array };
  /** The most frequent strong hue, in degrees. */
  readonly hue: number;
}

export type Art = ReadonlyMap<SceneClass, readonly Icon[]>;

interface IconPack {
  readonly icons: Readonly<
    Record<string, { body: string; left?: number; top?: number; width?: number; height?: number }>
  >;
  readonly width?: number;
  readonly height?: number;
}

const maskSide = 240;
/** Space around an icon for the parts that move outside when it is rotated upright, as a share of its side. */
const margin = 0.25;
const loaded = new Map<Style, Promise<Art>>();

/** The icons of a style, read and measured once. */
export function loadArt(style: Style): Promise<Art> {
  let art = loaded.get(style);
  if (!art) {
    art = readArt(style);
    loaded.set(style, art);
  }
  return art;
}

async function readArt(style: Style): Promise<Art> {
  const pack = createRequire(import.meta.url)(`${packs[style]}/icons.json`) as IconPack;
  const classes = Object.keys(iconNames) as SceneClass[];
  const entries = await Promise.all(
    classes.map(async (className) => {
      const names = iconNames[className].filter((name) => pack.icons[name] && !leftOut.has(`${style}/${name}`));
      const icons = names.flatMap((name) =>
        tonesOf(className, style).map((tone) => measureIcon(pack, style, name, tone)),
      );
      return [className, await Promise.all(icons)] as const;
    }),
  );
  return new Map(entries.filter(([, icons]) => icons.length > 0));
}

function tonesOf(className: SceneClass, style: Style): readonly string[] {
  return className === 'person' ? ['', ...skinTones[style]] : [''];
}

async function measureIcon(pack: IconPack, style: Style, name: string, tone: string): Promise<Icon> {
  const icon = pack.icons[name + tone] as IconPack['icons'][string];
  const width = icon.width ?? pack.width ?? 16;
  const height = icon.height ?? pack.height ?? 16;
  const turn = upright[`${style}/${name}`] ?? 0;
  const original = `<svg width="${width}" height="${height}" viewBox="${icon.left ?? 0} ${icon.top ?? 0} ${width} ${height}">${icon.body}</svg>`;
  const body = turn === 0 ? original : `<g transform="rotate(${turn} ${width / 2} ${height / 2})">${original}</g>`;
  return { name, body, ...(await measure(body, width, height, sunk[`${style}/${name}`] ?? 0)) };
}

async function measure(
  body: string,
  width: number,
  height: number,
  sunkShare: number,
): Promise<Omit<Icon, 'name' | 'body'>> {
  const frame = {
    x: -margin * width,
    y: -margin * height,
    width: width * (1 + 2 * margin),
    height: height * (1 + 2 * margin),
  };
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${maskSide}" height="${maskSide}" viewBox="${frame.x} ${frame.y} ${frame.width} ${frame.height}" preserveAspectRatio="none">${body}</svg>`;
  const pixels = await sharp(Buffer.from(svg)).ensureAlpha().raw().toBuffer();
  const bounds = visibleBounds(pixels);
  const visibleHeight = Math.round((bounds.bottom - bounds.top) * (1 - sunkShare));
  const visibleWidth = bounds.right - bounds.left;
  const covers = new Uint8Array(visibleWidth * visibleHeight);
  for (let y = 0; y < visibleHeight; y++) {
    for (let x = 0; x < visibleWidth; x++) {
      covers[y * visibleWidth + x] = Number(isVisible(pixels, bounds.left + x, bounds.top + y));
    }
  }
  const [unitX, unitY] = [frame.width / maskSide, frame.height / maskSide];
  return {
    viewBox: {
      x: frame.x + bounds.left * unitX,
      y: frame.y + bounds.top * unitY,
      width: visibleWidth * unitX,
      height: visibleHeight * unitY,
    },
    mask: { width: visibleWidth, height: visibleHeight, covers },
    hue: mainHue(pixels),
  };
}

function isVisible(pixels: Buffer, x: number, y: number): boolean {
  return (pixels[(y * maskSide + x) * 4 + 3] as number) > 127;
}

function visibleBounds(pixels: Buffer): { left: number; top: number; right: number; bottom: number } {
  const bounds = { left: maskSide, top: maskSide, right: 0, bottom: 0 };
  for (let y = 0; y < maskSide; y++) {
    for (let x = 0; x < maskSide; x++) {
      if (!isVisible(pixels, x, y)) continue;
      bounds.left = Math.min(bounds.left, x);
      bounds.top = Math.min(bounds.top, y);
      bounds.right = Math.max(bounds.right, x + 1);
      bounds.bottom = Math.max(bounds.bottom, y + 1);
    }
  }
  return bounds;
}

function mainHue(pixels: Buffer): number {
  const bins = new Float64Array(36);
  for (let at = 0; at < pixels.length; at += 4) {
    if ((pixels[at + 3] as number) < 128) continue;
    const [hue, saturation] = toHsl(pixels[at] as number, pixels[at + 1] as number, pixels[at + 2] as number);
    if (saturation > 0.35) bins[Math.floor(hue / 10) % 36]! += saturation;
  }
  return bins.indexOf(Math.max(...bins)) * 10 + 5;
}
