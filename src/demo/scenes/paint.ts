import type { Random } from './random.ts';

/** A colour that replaces an icon's main hue; saturation and lightness are factors. */
export interface Paint {
  readonly hue: number;
  readonly saturation: number;
  readonly lightness: number;
}

const red: Paint = { hue: 4, saturation: 0.95, lightness: 0.95 };
const blue: Paint = { hue: 212, saturation: 0.85, lightness: 0.95 };
const navy: Paint = { hue: 218, saturation: 0.65, lightness: 0.65 };
const teal: Paint = { hue: 178, saturation: 0.65, lightness: 0.8 };
const green: Paint = { hue: 145, saturation: 0.6, lightness: 0.8 };
const silver: Paint = { hue: 210, saturation: 0.12, lightness: 1.25 };
const graphite: Paint = { hue: 215, saturation: 0.15, lightness: 0.6 };
const yellow: Paint = { hue: 45, saturation: 0.95, lightness: 1 };
const cream: Paint = { hue: 38, saturation: 0.45, lightness: 1.3 };
const plum: Paint = { hue: 315, saturation: 0.45, lightness: 0.8 };

const vehicle = [red, blue, navy, teal, silver, graphite, yellow];
const fabric = [red, blue, teal, green, yellow, plum, cream];

/** The icons that also appear in other colours; all others keep their own. */
const palettes: Readonly<Record<string, readonly Paint[]>> = {
  automobile: vehicle,
  'oncoming-automobile': vehicle,
  'sport-utility-vehicle': vehicle,
  'delivery-truck': [red, blue, teal, silver],
  'articulated-lorry': [red, blue, green, graphite],
  bus: [red, blue, green, yellow],
  'oncoming-bus': [red, blue, green],
  bicycle: [red, blue, teal, graphite],
  motorcycle: [red, blue, graphite, yellow],
  'motor-scooter': [red, blue, teal, cream],
  sailboat: [red, blue, teal, yellow],
  speedboat: [red, blue, yellow],
  umbrella: fabric,
  'couch-and-lamp': [teal, green, navy, plum, red],
  'cup-with-straw': fabric,
  kite: [red, blue, yellow],
};

/** Half of the objects keep their own colours. */
export function pickPaint(random: Random, iconName: string): Paint | undefined {
  const palette = palettes[iconName];
  return palette && random.chance(0.5) ? random.pick(palette) : undefined;
}

/** Hue in degrees, saturation and lightness in 0..1, of red, green and blue in 0..255. */
export function toHsl(red: number, green: number, blue: number): [hue: number, saturation: number, lightness: number] {
  const [r, g, b] = [red / 255, green / 255, blue / 255];
  const high = Math.max(r, g, b);
  const range = high - Math.min(r, g, b);
  const lightness = high - range / 2;
  if (range === 0) return [0, 0, lightness];
  const sector = high === r ? (g - b) / range : high === g ? 2 + (b - r) / range : 4 + (r - g) / range;
  return [(sector * 60 + 360) % 360, range / (1 - Math.abs(2 * lightness - 1)), lightness];
}

/** Replaces an SVG's colours near `hue` by the paint. */
export function repaint(svg: string, hue: number, paint: Paint): string {
  return svg.replace(/#([0-9a-f]{6}|[0-9a-f]{3})\b/gi, (colour, digits: string) => {
    const wide = digits.length === 3 ? digits.replace(/./g, '$&$&') : digits;
    const [red, green, blue] = [0, 2, 4].map((at) => Number.parseInt(wide.slice(at, at + 2), 16)) as [
      number,
      number,
      number,
    ];
    const [ownHue, saturation, lightness] = toHsl(red, green, blue);
    const distance = Math.abs(((ownHue - hue + 540) % 360) - 180);
    if (distance > 30 || saturation < 0.3) return colour;
    const percent = (value: number) => `${Math.round(Math.min(value, 0.94) * 100)}%`;
    return `hsl(${paint.hue},${percent(saturation * paint.saturation)},${percent(lightness * paint.lightness)})`;
  });
}
