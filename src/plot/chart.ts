import { type Area, type PlacedLabel, placeLabels } from './place-labels.ts';
import { linearScale, logarithmicScale, namedScale, type Scale } from './scale.ts';
import { colours, document, round, text, textWidth } from './svg.ts';

export interface ChartPoint {
  readonly x: number;
  readonly y: number;
  /** Shown beside the point, if there is room. */
  readonly label?: string;
}

export interface Series {
  /** Series of one name have one colour and one entry in the legend. */
  readonly name: string;
  /** Default: a colour of its own. */
  readonly tone?: 'pale' | 'strong';
  /** `steps`: a line that goes right before it goes up or down. */
  readonly kind: 'points' | 'line' | 'steps';
  readonly points: readonly ChartPoint[];
}

export interface Chart {
  /** Empty: neither title nor legend are drawn. */
  readonly title: string;
  /** A line under the title. */
  readonly note?: string;
  /** What the axes show, with the unit: `accuracy`, `ms per image`. */
  readonly x: string;
  readonly y: string;
  /** Names along the x axis, which stand at 1, 2, …; default: numbers. */
  readonly names?: readonly string[];
  /** Whether each power of ten of y has the same height. */
  readonly isLogarithmic?: boolean;
  /** Whether x is counted: its ticks are whole numbers. */
  readonly isCountedX?: boolean;
  /** Whether each power of ten of x has the same width. */
  readonly isLogarithmicX?: boolean;
  readonly series: readonly Series[];
}

export const chartSize = { width: 960, height: 600 };
/** Room around the axes for what is written there. */
const margins = { left: 76, right: 28, top: 104, topWithoutTitle: 20, bottom: 76 };
const radius = 4;
const labelSize = 12;

/** Draws a chart as SVG: axes with their names, grid, legend, and labels that cover nothing. The same chart gives the same bytes. */
export function drawChart(chart: Chart): string {
  return document(chartSize, chart.title, drawParts(chart));
}

/** What a chart has on its paper. @param size of the paper, or of a part of it */
export function drawParts(chart: Chart, size = chartSize): readonly string[] {
  const frame = frameOf(chart, size);
  const points = chart.series.flatMap((series) => series.points);
  const x = xScale(
    chart,
    points.map((point) => point.x),
    frame,
  );
  const ys = points.map((point) => point.y);
  const [bottom, top] = [frame.y + frame.height, frame.y];
  const y = chart.isLogarithmic
    ? logarithmicScale(ys, bottom, top)
    : linearScale(ys, bottom, top, ticksIn(frame.height, 70));
  return [
    ...(chart.title === '' ? [] : drawHead(chart, frame)),
    drawAxes(chart, x, y, frame),
    ...chart.series.map((series) => drawLine(series, inkOf(chart.series, series), x, y)),
    ...labelsOf(chart, x, y, frame).map(drawLabel),
    ...drawPoints(chart.series, x, y),
  ];
}

function frameOf({ title }: Chart, { width, height }: typeof chartSize): Area {
  const top = title === '' ? margins.topWithoutTitle : margins.top;
  return {
    ...{ x: margins.left, y: top },
    ...{ width: width - margins.left - margins.right, height: height - top - margins.bottom },
  };
}

const ticksIn = (length: number, apart: number) => Math.max(3, Math.round(length / apart));

function xScale({ names, isLogarithmicX, isCountedX }: Chart, xs: readonly number[], { x, width }: Area): Scale {
  if (names !== undefined) return namedScale(names, x, x + width);
  if (isLogarithmicX) return logarithmicScale(xs, x, x + width);
  return linearScale(xs, x, x + width, ticksIn(width, 107), isCountedX);
}

function drawHead({ title, note, series }: Chart, { x }: Area): readonly string[] {
  return [
    text(x, 40, title, 'ink', 'font-size="20" font-weight="600"'),
    note === undefined ? '' : text(x, 62, note, 'faded', 'font-size="13"'),
    drawLegend(series, x),
  ];
}

/** The colour of the series of a name. */
function colourOf(series: readonly Series[], { name, tone }: Series): string {
  if (tone !== undefined) return tones[tone];
  const names = [...new Set(series.filter((each) => each.tone === undefined).map((each) => each.name))];
  return colours[names.indexOf(name) % colours.length]!;
}

const tones = { pale: '#a9b1bc', strong: '#d55e00' };

/** The only line has the colour of the text; several have colours of their own. */
function inkOf(series: readonly Series[], one: Series): string {
  const isOnly = series.filter(({ kind }) => kind !== 'points').length === 1;
  return isOnly && one.tone === undefined ? 'class="front"' : `stroke="${colourOf(series, one)}"`;
}

const widths = { pale: 1.5, usual: 2, strong: 3 };

function drawAxes(chart: Chart, x: Scale, y: Scale, frame: Area): string {
  const [right, bottom] = [frame.x + frame.width, frame.y + frame.height];
  const columns = x.ticks.map((tick, at) => {
    const place = round(x.at(tick));
    return `<path class="grid" d="M${place} ${frame.y}V${bottom}"/>${text(place, bottom + 20, x.texts[at]!, 'faded', 'font-size="12" text-anchor="middle"')}`;
  });
  const rows = y.ticks.map((tick, at) => {
    const place = round(y.at(tick));
    return `<path class="grid" d="M${frame.x} ${place}H${right}"/>${text(frame.x - 10, place + 4, y.texts[at]!, 'faded', 'font-size="12" text-anchor="end"')}`;
  });
  const [middle, centre] = [frame.x + frame.width / 2, frame.y + frame.height / 2];
  return [
    ...columns,
    ...rows,
    `<path class="axis" fill="none" d="M${frame.x} ${frame.y}V${bottom}H${right}"/>`,
    text(middle, bottom + 48, chart.x, 'ink', 'font-size="14" text-anchor="middle"'),
    text(24, centre, chart.y, 'ink', `font-size="14" text-anchor="middle" transform="rotate(-90 24 ${centre})"`),
  ].join('\n');
}

function drawLegend(series: readonly Series[], from: number): string {
  let left = from;
  const named = series.filter(({ name }, at) => series.findIndex((each) => each.name === name) === at);
  const entries = named.map((one) => {
    const place = left;
    left += textWidth(one.name, 13) + 44;
    const mark =
      one.kind === 'points'
        ? `<circle cx="${place + 8}" cy="84" r="${radius}" fill="${colourOf(series, one)}"/>`
        : `<path ${inkOf(series, one)} fill="none" stroke-width="${widths[one.tone ?? 'usual']}" d="M${place} 84h18"/>`;
    return `${mark}${text(place + 24, 88, one.name, 'ink', 'font-size="13"')}`;
  });
  return entries.join('\n');
}

function drawLine({ kind, points, tone }: Series, ink: string, x: Scale, y: Scale): string {
  const [first, ...others] = points.map((point) => [round(x.at(point.x)), round(y.at(point.y))] as const);
  if (kind === 'points' || first === undefined) return '';
  const path = others.map(([px, py]) => (kind === 'steps' ? `H${px}V${py}` : `L${px} ${py}`)).join('');
  return `<path ${ink} fill="none" stroke-width="${widths[tone ?? 'usual']}" stroke-linejoin="round" d="M${first.join(' ')}${path}"/>`;
}

interface Spot {
  readonly x: number;
  readonly y: number;
  readonly colour: string;
}

/** The points of all series; those at the same place lie around it. */
function spotsOf(series: readonly Series[], x: Scale, y: Scale): readonly Spot[] {
  const spots = series.flatMap((one) => {
    if (one.kind !== 'points') return [];
    const colour = colourOf(series, one);
    return one.points.map((point) => ({ x: x.at(point.x), y: y.at(point.y), colour }));
  });
  const places = Map.groupBy(spots, (spot) => `${round(spot.x)} ${round(spot.y)}`);
  return [...places.values()].flatMap((same) => same.map((spot, at) => aside(spot, at, same.length)));
}

function aside(spot: Spot, at: number, of: number): Spot {
  if (of === 1) return spot;
  const angle = (2 * Math.PI * at) / of - Math.PI / 2;
  const distance = Math.max(radius * 0.9, (of * radius * 1.5) / (2 * Math.PI));
  return { ...spot, x: spot.x + distance * Math.cos(angle), y: spot.y + distance * Math.sin(angle) };
}

function drawPoints(series: readonly Series[], x: Scale, y: Scale): readonly string[] {
  return spotsOf(series, x, y).map(
    (spot) => `<circle class="halo" cx="${round(spot.x)}" cy="${round(spot.y)}" r="${radius}" fill="${spot.colour}"/>`,
  );
}

function labelsOf({ series }: Chart, x: Scale, y: Scale, frame: Area): readonly PlacedLabel[] {
  const all = series.flatMap(({ points }) => points.map((point) => ({ ...point, x: x.at(point.x), y: y.at(point.y) })));
  const labels = all.flatMap(({ label, ...point }) => (label === undefined ? [] : [{ ...point, text: label }]));
  labels.sort((one, other) => one.x - other.x);
  const obstacles = [...spotsOf(series, x, y), ...series.flatMap((each) => alongLine(each, x, y))];
  return placeLabels(labels, obstacles, frame, {
    height: labelSize + 2,
    radius,
    textWidth: (written) => textWidth(written, labelSize),
  });
}

/** Places on a line, close enough that no label fits between them. */
function alongLine(
  { kind, points }: Series,
  x: Scale,
  y: Scale,
): readonly { readonly x: number; readonly y: number }[] {
  if (kind === 'points') return [];
  const places = points.map((point) => ({ x: x.at(point.x), y: y.at(point.y) }));
  const corners = places.flatMap((place, at) => {
    const next = places[at + 1];
    return next !== undefined && kind === 'steps' ? [place, { x: next.x, y: place.y }] : [place];
  });
  return corners.slice(1).flatMap((end, at) => between(corners[at]!, end));
}

function between(start: Pick<Spot, 'x' | 'y'>, end: Pick<Spot, 'x' | 'y'>) {
  const steps = Math.max(1, Math.ceil(Math.hypot(end.x - start.x, end.y - start.y) / radius));
  return Array.from({ length: steps + 1 }, (_, at) => ({
    x: start.x + ((end.x - start.x) * at) / steps,
    y: start.y + ((end.y - start.y) * at) / steps,
  }));
}

/** A label that is not next to its point has a line to it. */
function drawLabel({ point, area }: PlacedLabel): string {
  const baseline = area.y + labelSize - 1;
  const nearX = Math.min(Math.max(point.x, area.x), area.x + area.width);
  const nearY = Math.min(Math.max(point.y, area.y), area.y + area.height);
  const isFar = Math.hypot(nearX - point.x, nearY - point.y) > 3 * radius;
  const leader = `<path class="axis" stroke-width="0.75" d="M${round(nearX)} ${round(nearY)}L${round(point.x)} ${round(point.y)}"/>`;
  return `${isFar ? leader : ''}${text(area.x, baseline, point.text, 'ink', `font-size="${labelSize}"`)}`;
}
