import { type Chart, chartSize, drawParts } from './chart.ts';
import { document, round, shortened, text } from './svg.ts';

/** Models that are asked one after the other, as a tree, above a chart. */
export interface CascadePicture {
  readonly title: string;
  /** A line under the title. */
  readonly note: string;
  readonly steps: readonly PictureStep[];
  readonly chart: Chart;
}

export interface PictureStep {
  readonly title: string;
  readonly line: string;
  /** What is told on the way to it: `50 % of the images`. */
  readonly reached: string;
  /** What has left the tree once it has answered, on either side; null: it is not known. */
  readonly found: string | null;
  readonly rejected: string | null;
}

const box = { width: 340, height: 56, gap: 46, top: 116 };
const leaf = { width: 186, height: 34, gap: 52 };
const middle = chartSize.width / 2;

/** Draws a cascade as SVG. The same cascade gives the same bytes. */
export function drawCascade({ title, note, steps, chart }: CascadePicture): string {
  const height = box.top + steps.length * (box.height + box.gap);
  const parts = [
    text(76, 40, shortened(title, 856, 20), 'ink', 'font-size="20" font-weight="600"'),
    text(76, 62, shortened(note, 856, 13), 'faded', 'font-size="13"'),
    ...steps.flatMap((step, at) => drawStep(step, box.top + at * (box.height + box.gap), at === 0)),
    `<g transform="translate(0 ${height - 8})">${drawParts(chart).join('\n')}</g>`,
  ];
  return document({ width: chartSize.width, height: height - 8 + chartSize.height }, title, parts);
}

function drawStep(
  { title, line, reached, found, rejected }: PictureStep,
  top: number,
  isFirst: boolean,
): readonly string[] {
  const way = top - (isFirst ? 26 : box.gap);
  return [
    `<path class="axis" fill="none" stroke-width="1.5" d="M${middle} ${way}V${top}"/>`,
    text(middle + 10, top - 12, reached, 'faded', 'font-size="12"'),
    `<rect class="grid" fill="none" stroke-width="1.5" rx="8" x="${middle - box.width / 2}" y="${top}" width="${box.width}" height="${box.height}"/>`,
    centred(middle, top + 24, title, box.width - 16, 'ink', 15, 'font-weight="600"'),
    centred(middle, top + 44, line, box.width - 16, 'faded', 12, ''),
    ...drawLeaf(rejected, top, 'left'),
    ...drawLeaf(found, top, 'right'),
  ];
}

/** What is decided leaves the tree to the side. */
function drawLeaf(told: string | null, top: number, side: 'left' | 'right'): readonly string[] {
  if (told === null) return [];
  const sign = side === 'left' ? -1 : 1;
  const [from, to] = [middle + (sign * box.width) / 2, middle + sign * (box.width / 2 + leaf.gap)];
  const centre = top + box.height / 2;
  const left = side === 'left' ? to - leaf.width : to;
  const colour = side === 'left' ? '#d55e00' : '#009e73';
  return [
    `<path class="axis" fill="none" stroke-width="1.5" d="M${from} ${centre}H${to}"/>`,
    `<rect fill="${colour}" fill-opacity="0.14" stroke="${colour}" rx="${leaf.height / 2}" x="${left}" y="${centre - leaf.height / 2}" width="${leaf.width}" height="${leaf.height}"/>`,
    centred(left + leaf.width / 2, centre + 4, told, leaf.width - 12, 'ink', 12, ''),
  ];
}

function centred(
  x: number,
  y: number,
  written: string,
  width: number,
  colour: string,
  size: number,
  more: string,
): string {
  const attributes = `font-size="${size}" text-anchor="middle"${more === '' ? '' : ` ${more}`}`;
  return text(round(x), y, shortened(written, width, size), colour, attributes);
}
