import { rect } from '../landscape.ts';
import type { Random } from '../random.ts';

/** A window with a view of the sky. */
export function wallWindow(random: Random, x: number, y: number, width: number, height: number): string {
  const glass = random.pick(['#a9d8f3', '#c6e6f2', '#f6cfa4', '#8fb4d3']);
  const frame = random.pick(['#fff', '#f4efe6', '#8a6a50']);
  const hill = `<path d="M${x} ${y + height}V${y + height * 0.72}Q${x + width * 0.3} ${y + height * 0.5} ${x + width * 0.6} ${y + height * 0.74}T${x + width} ${y + height * 0.66}V${y + height}Z" fill="#86b58a"/>`;
  const bars = rect(x + width / 2 - 3, y, 6, height, frame) + rect(x, y + height * 0.48, width, 5, frame);
  const border = `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="none" stroke="${frame}" stroke-width="9"/>`;
  return `${rect(x, y, width, height, glass)}${hill}${bars}${border}${rect(x - 9, y + height + 3, width + 18, 7, frame)}`;
}

/** An abstract painting. */
export function painting(random: Random, x: number, y: number, width: number, height: number): string {
  const [ground, shape, other] = random.shuffle(['#e9c46a', '#e76f51', '#2a9d8f', '#f4e9d8', '#577590', '#c08497']);
  const frame = random.pick(['#5b4636', '#2f3640', '#c8a063']);
  return (
    `${rect(x - 6, y - 6, width + 12, height + 12, frame)}${rect(x, y, width, height, ground as string)}` +
    `<circle cx="${x + width * 0.38}" cy="${y + height * 0.45}" r="${Math.min(width, height) * 0.24}" fill="${shape}"/>` +
    rect(x + width * 0.45, y + height * 0.55, width * 0.4, height * 0.28, other as string)
  );
}

interface Grain {
  readonly lines: number;
  /** Upper edge of the wooden surface. */
  readonly top: number;
  readonly lengths: readonly [shortest: number, longest: number];
  readonly rounded?: boolean;
}

/** The grain of a wooden surface that fills the scene below `top`. */
export function woodGrain(random: Random, { lines, top, lengths, rounded = false }: Grain): string {
  const style = `opacity=".07"${rounded ? ' rx="1"' : ''}`;
  const line = () =>
    rect(random.between(-40, 620), random.between(top, 474), random.between(...lengths), 1.6, '#000', style);
  return Array.from({ length: lines }, line).join('');
}
