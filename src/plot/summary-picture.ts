import { linearScale, type Scale } from './scale.ts';
import { colours, document, round, shortened, text, textWidth } from './svg.ts';

/** What the features of a model add to its predictions, as shap's summary plot shows it. */
export interface SummaryPicture {
  readonly title: string;
  /** A line under the title. */
  readonly note: string;
  /** From top to bottom. */
  readonly features: readonly SummaryFeature[];
}

export interface SummaryFeature {
  readonly name: string;
  /** Mean of the absolute SHAP values, over all rows and classes. */
  readonly mean: number;
  /** The same for each class; empty: the model has one output. */
  readonly byClass: Readonly<Record<string, number>>;
  /** SHAP values of some rows, and how high the row's own value is, from 0 to 1 (null: it is not a number); empty: bars are drawn. */
  readonly points: readonly (readonly [shap: number, height: number | null])[];
}

const size = { width: 960, left: 216, right: 96, top: 112, row: 34, bottom: 72 };
const mostFeatures = 20;
/** Between the points of a swarm, and half of its most height. */
const [apart, halfHeight] = [4, 14];

/** Draws a swarm for each feature, or a bar if it has no points, as SVG. The same summary gives the same bytes. */
export function drawSummary({ title, note, features }: SummaryPicture): string {
  const shown = features.slice(0, mostFeatures);
  const left = features.length - shown.length;
  const height = size.top + shown.length * size.row + size.bottom;
  const hasPoints = shown.some(({ points }) => points.length > 0);
  const x = linearScale(
    hasPoints ? valuesOf(shown) : [0, ...shown.map(({ mean }) => mean)],
    size.left,
    size.width - size.right,
    8,
  );
  const parts = [
    text(40, 40, title, 'ink', 'font-size="20" font-weight="600"'),
    text(
      40,
      62,
      left === 0 ? note : `${note}; ${left} less important features are not shown`,
      'faded',
      'font-size="13"',
    ),
    drawAxis(
      x,
      height,
      hasPoints ? 'SHAP value: what the feature adds to the score of a row' : 'mean of the absolute SHAP value',
    ),
    ...shown.map(({ name }, at) =>
      text(
        size.left - 12,
        middleOf(at) + 4,
        shortened(name, size.left - 52, 13),
        'ink',
        'font-size="13" text-anchor="end"',
      ),
    ),
    ...(hasPoints
      ? [drawScaleOfColours(height), ...shown.flatMap(({ points }, at) => drawSwarm(points, middleOf(at), x))]
      : drawBars(shown, x)),
  ];
  return document({ width: size.width, height }, title, parts);
}

const middleOf = (at: number) => size.top + (at + 0.5) * size.row;

const valuesOf = (features: readonly SummaryFeature[]) => [
  0,
  ...features.flatMap(({ points }) => points.map(([shap]) => shap)),
];

function drawAxis(x: Scale, height: number, label: string): string {
  const bottom = height - size.bottom;
  const ticks = x.ticks.map((tick, at) => {
    const place = round(x.at(tick));
    const line = Math.abs(tick) < 1e-12 ? 'axis' : 'grid';
    return `<path class="${line}" d="M${place} ${size.top}V${bottom}"/>${text(place, bottom + 20, x.texts[at]!, 'faded', 'font-size="12" text-anchor="middle"')}`;
  });
  const centre = (size.left + size.width - size.right) / 2;
  return [...ticks, text(centre, bottom + 48, label, 'ink', 'font-size="14" text-anchor="middle"')].join('\n');
}

/** Points whose places meet lie above and below the middle in turn. */
function drawSwarm(points: SummaryFeature['points'], middle: number, x: Scale): readonly string[] {
  const columns = Map.groupBy(points, ([shap]) => Math.round(x.at(shap) / apart));
  const highest = Math.max(1, ...[...columns.values()].map((column) => Math.floor(column.length / 2)));
  const step = Math.min(apart, halfHeight / highest);
  return [...columns.values()].flatMap((column) =>
    column.map(([shap, height], at) => {
      const offset = Math.ceil(at / 2) * step * (at % 2 === 0 ? 1 : -1);
      return `<circle cx="${round(x.at(shap))}" cy="${round(middle + offset)}" r="2.5" fill="${colourOf(height)}"/>`;
    }),
  );
}

/** From shap's blue to its red; grey without a number. */
const [low, high, none] = [[0, 139, 251], [255, 0, 81], '#9aa3af'] as const;

function colourOf(height: number | null): string {
  if (height === null) return none;
  const mixed = low.map((part, at) => Math.round(part + (high[at]! - part) * height));
  return `#${mixed.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}

function drawScaleOfColours(height: number): string {
  const [left, top, bottom] = [size.width - 56, size.top, height - size.bottom];
  const middle = (top + bottom) / 2;
  const stops = [0, 1].map((share) => `<stop offset="${share}" stop-color="${colourOf(1 - share)}"/>`);
  return [
    `<defs><linearGradient id="height" x1="0" y1="0" x2="0" y2="1">${stops.join('')}</linearGradient></defs>`,
    `<rect x="${left}" y="${top}" width="8" height="${bottom - top}" fill="url(#height)"/>`,
    text(left + 4, top - 8, 'high', 'faded', 'font-size="12" text-anchor="middle"'),
    text(left + 4, bottom + 18, 'low', 'faded', 'font-size="12" text-anchor="middle"'),
    text(
      left + 28,
      middle,
      "row's value",
      'faded',
      `font-size="12" text-anchor="middle" transform="rotate(-90 ${left + 28} ${middle})"`,
    ),
  ].join('\n');
}

/** More colours than people tell apart are one. */
const classesNamed = 7;

/** Of several classes, a bar has a part for each, as much as it contributes to the mean. */
function drawBars(features: readonly SummaryFeature[], x: Scale): readonly string[] {
  const names = [...new Set(features.flatMap(({ byClass }) => Object.keys(byClass)))];
  if (names.length < 2) return features.map(({ mean }, at) => drawBar(x, at, 0, mean, colours[0]!));
  const kinds = names.slice(0, classesNamed);
  const bars = features.flatMap(({ byClass }, at) => {
    let from = 0;
    return names.map((name, place) => {
      const share = (byClass[name] ?? 0) / names.length;
      from += share;
      return drawBar(x, at, from - share, from, colours[Math.min(place, classesNamed)]!);
    });
  });
  return [drawClasses(names.length > kinds.length ? [...kinds, 'other classes'] : kinds), ...bars];
}

function drawBar(x: Scale, at: number, from: number, to: number, colour: string): string {
  const [start, end] = [x.at(from), x.at(to)];
  return `<rect x="${round(start)}" y="${round(middleOf(at) - 10)}" width="${round(end - start)}" height="20" fill="${colour}"/>`;
}

function drawClasses(names: readonly string[]): string {
  let left = 40;
  const entries = names.map((name, at) => {
    const place = left;
    const written = shortened(name, 160, 13);
    left += textWidth(written, 13) + 40;
    return `<rect x="${place}" y="77" width="12" height="12" fill="${colours[at]!}"/>${text(place + 18, 88, written, 'ink', 'font-size="13"')}`;
  });
  return entries.join('\n');
}
