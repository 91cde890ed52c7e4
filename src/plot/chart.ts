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
  readonly name: string;
  /** `steps`: a line that goes right before it goes up or down. */
  readonly kind: 'points' | 'line' | 'steps';
  readonly points: readonly ChartPoint[];
}

export interface Chart {
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
  readonly series: readonly Series[];
}

export const chartSize = { width: 960, height: 600 };
const frame: Area = { x: 76, y: 104, width: 856, height: 420 };
const radius = 4;
const labelSize = 12;

/** Draws a chart as SVG: axes with their names, grid, legend, and labels that cover nothing. The same chart gives the same bytes. */
export function drawChart(chart: Chart): string {
  return document(chartSize, chart.title, drawParts(chart));
}

/** What a chart has on its paper. */
export function drawParts(chart: Chart): readonly string[] {
  const points = chart.series.flatMap((series) => series.points);
  const [xs, ys] = [points.map((point) => point.x), points.map((point) => point.y)];
  const x =
    chart.names === undefined
      ? linearScale(xs, frame.x, frame.x + frame.width, 8)
      : namedScale(chart.names, frame.x, frame.x + frame.width);
  const y = (chart.isLogarithmic ? logarithmicScale : linearScale)(ys, frame.y + frame.height, frame.y);
  return [
    text(frame.x, 40, chart.title, 'ink', 'font-size="20" font-weight="600"'),
    chart.note === undefined ? '' : text(frame.x, 62, chart.note, 'faded', 'font-size="13"'),
    drawLegend(chart.series),
    drawAxes(chart, x, y),
    ...chart.series.map((series, at) => drawLine(series, inkOf(chart.series, at), x, y)),
    ...labelsOf(chart, x, y).map(drawLabel),
    ...drawPoints(chart.series, x, y),
  ];
}

function colourOf(at: number): string {
  return colours[at % colours.length]!;
}

/** The only line has the colour of the text; several have colours of their own. */
function inkOf(series: readonly Series[], at: number): string {
  const isOnly = series.filter(({ kind }) => kind !== 'points').length === 1;
  return isOnly ? 'class="front"' : `stroke="${colourOf(at)}"`;
}

function drawAxes(chart: Chart, x: Scale, y: Scale): string {
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

function drawLegend(series: readonly Series[]): string {
  let left = frame.x;
  const entries = series.map(({ name, kind }, at) => {
    const place = left;
    left += textWidth(name, 13) + 44;
    const mark =
      kind === 'points'
        ? `<circle cx="${place + 8}" cy="84" r="${radius}" fill="${colourOf(at)}"/>`
        : `<path ${inkOf(series, at)} fill="none" stroke-width="2" d="M${place} 84h18"/>`;
    return `${mark}${text(place + 24, 88, name, 'ink', 'font-size="13"')}`;
  });
  return entries.join('\n');
}

function drawLine({ kind, points }: Series, ink: string, x: Scale, y: Scale): string {
  const [first, ...others] = points.map((point) => [round(x.at(point.x)), round(y.at(point.y))] as const);
  if (kind === 'points' || first === undefined) return '';
  const path = others.map(([px, py]) => (kind === 'steps' ? `H${px}V${py}` : `L${px} ${py}`)).join('');
  return `<path ${ink} fill="none" stroke-width="2" stroke-linejoin="round" d="M${first.join(' ')}${path}"/>`;
}

interface Spot {
  readonly x: number;
  readonly y: number;
  readonly colour: string;
}

/** The points of all series; those at the same place lie around it. */
function spotsOf(series: readonly Series[], x: Scale, y: Scale): readonly Spot[] {
  const spots = series.flatMap(({ kind, points }, at) =>
    kind === 'points' ? points.map((point) => ({ x: x.at(point.x), y: y.at(point.y), colour: colourOf(at) })) : [],
  );
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

function labelsOf({ series }: Chart, x: Scale, y: Scale): readonly PlacedLabel[] {
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
