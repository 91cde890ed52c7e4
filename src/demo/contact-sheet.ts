import sharp, { type OverlayOptions } from 'sharp';
import type { Box } from '../box.ts';
import { decodeImage } from '../worker/image/decode.ts';
import { readOwnImage } from '../worker/image/read-image.ts';
import { placeLabels } from './contact-sheet-labels.ts';
import { layOut, type Rectangle } from './contact-sheet-layout.ts';
import { loadInter, type Typeface } from './contact-sheet-text.ts';

/** A detected box in pixels of its upright picture. */
export interface SheetDetection extends Box {
  readonly className: string;
  /** null: it is not a detection. */
  readonly score: number | null;
}

export interface SheetPicture {
  readonly file: string;
  readonly detections: readonly SheetDetection[];
}

export interface ContactSheet {
  readonly pictures: readonly SheetPicture[];
  /** Pictures per row. */
  readonly columns: number;
  readonly title?: string;
  /** Text at the right end of the title's line. */
  readonly note?: string;
}

const columnWidth = 420;
const gap = 14;
const margin = 28;
const headerHeight = 58;
const cornerRadius = 9;
const font = { title: 26, note: 17, label: 13 };
const paper = '#f4f5f7';
const ink = '#1c2330';
const faded = '#667085';

/** Colours that stand out on photos and drawings alike; white text is readable on each. */
// biome-ignore format: a table
const colours = [
  '#d92d20', '#1570ef', '#16803c', '#9333ea', '#c2410c', '#0e7490', '#be185d', '#4d7c0f', '#4338ca', '#a16207',
  '#0f766e', '#a21caf', '#b91c1c', '#1d4ed8', '#15803d', '#7e22ce', '#9f1239', '#0369a1', '#854d0e', '#374151',
];

/** Draws the pictures in rows, with their boxes, as a PNG. Needs no system font. */
export async function drawContactSheet(sheet: ContactSheet): Promise<Buffer> {
  const tiles = await placeTiles(sheet);
  const width = sheetWidth(sheet.columns);
  const height = Math.max(...tiles.map(({ area }) => area.y + area.height), topOf(sheet)) + margin;
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    ${drawHeader(sheet)}${drawTiles(tiles)}</svg>`;
  const pictures: OverlayOptions[] = [];
  // One after the other, because a decoded photo is large.
  for (const tile of tiles) pictures.push(await renderPicture(tile));
  return sharp({ create: { width, height, channels: 3, background: paper } })
    .composite([...pictures, { input: Buffer.from(drawing), left: 0, top: 0 }])
    .png({ palette: true, quality: 95, compressionLevel: 9, effort: 4 })
    .toBuffer();
}

interface Tile {
  readonly picture: SheetPicture;
  /** The place of the picture on the sheet. */
  readonly area: Rectangle;
  /** Pixels of the sheet per pixel of the picture. */
  readonly scale: number;
}

function sheetWidth(columns: number): number {
  return 2 * margin + columns * (columnWidth + gap) - gap;
}

function topOf({ title, note }: ContactSheet): number {
  return title || note ? margin + headerHeight : margin;
}

async function placeTiles(sheet: ContactSheet): Promise<Tile[]> {
  const { pictures, columns } = sheet;
  const sizes: { readonly width: number; readonly height: number }[] = [];
  for (const { file } of pictures) {
    const { width, height } = await decodeImage(await readOwnImage(file));
    sizes.push({ width, height });
  }
  const grid = { x: margin, y: topOf(sheet), width: sheetWidth(columns) - 2 * margin, columns, gap };
  return layOut(sizes, grid).map((area, at) => ({
    picture: pictures[at]!,
    area,
    scale: area.width / sizes[at]!.width,
  }));
}

async function renderPicture({ picture, area }: Tile): Promise<OverlayOptions> {
  // The detector's own decoding: sharp alone reads fewer formats, and the boxes refer to the upright picture.
  const { data, width, height } = await decodeImage(await readOwnImage(picture.file));
  const input = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize(area.width, area.height, { fit: 'fill' })
    .png()
    .toBuffer();
  return { input, left: area.x, top: area.y };
}

function drawHeader({ title = '', note = '', columns }: ContactSheet): string {
  const [bold, medium] = [loadInter(600), loadInter(500)];
  const baseline = margin + font.title;
  const noteX = sheetWidth(columns) - margin - medium.width(note, font.note);
  return `<path fill="${ink}" d="${bold.outline(title, margin, baseline, font.title)}"/>
    <path fill="${faded}" d="${medium.outline(note, noteX, baseline, font.note)}"/>`;
}

function drawTiles(tiles: readonly Tile[]): string {
  const typeface = loadInter(600);
  const classes = tiles.flatMap(({ picture }) => picture.detections.map(({ className }) => className));
  const colourOf = new Map([...new Set(classes)].sort().map((name, at) => [name, colours[at % colours.length]!]));
  return tiles.map((tile) => drawTile(tile, colourOf, typeface)).join('');
}

interface PlacedBox {
  readonly box: Rectangle;
  readonly colour: string;
  readonly text: string;
}

function drawTile({ picture, area, scale }: Tile, colourOf: Map<string, string>, typeface: Typeface): string {
  const boxes = picture.detections
    .map(({ className, score, ...corners }) => ({
      box: placeBox(corners, area, scale),
      colour: colourOf.get(className)!,
      text: score === null ? className : `${className} ${score.toFixed(2)}`,
    }))
    .sort((a, b) => b.box.width * b.box.height - a.box.width * a.box.height);
  return [...boxes.map(drawBox), ...drawLabels(boxes, area, typeface), roundCorners(area)].join('');
}

function placeBox(corners: Omit<SheetDetection, 'className' | 'score'>, area: Rectangle, scale: number): Rectangle {
  const { x1, y1, x2, y2 } = corners;
  return { x: area.x + x1 * scale, y: area.y + y1 * scale, width: (x2 - x1) * scale, height: (y2 - y1) * scale };
}

const lineWidth = 3;

function drawBox({ box: { x, y, width, height }, colour }: PlacedBox): string {
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="3" fill="${colour}" fill-opacity="0.08"
    stroke="${colour}" stroke-width="${lineWidth}"/>`;
}

function drawLabels(boxes: readonly PlacedBox[], area: Rectangle, typeface: Typeface): string[] {
  const sizes = boxes.map(({ text }) => ({ width: typeface.width(text, font.label) + 10, height: font.label + 6 }));
  const outer = boxes.map(({ box }) => grown(box, lineWidth / 2));
  return placeLabels(outer, sizes, area).map(({ x, y, width, height }, at) => {
    const { colour, text } = boxes[at]!;
    return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="3" fill="${colour}"/>
      <path fill="#fff" d="${typeface.outline(text, x + 5, y + height - 5, font.label)}"/>`;
  });
}

function grown({ x, y, width, height }: Rectangle, by: number): Rectangle {
  return { x: x - by, y: y - by, width: width + 2 * by, height: height + 2 * by };
}

/** Covers the picture's corners, and everything that extends beyond its edges, with the paper's colour. */
function roundCorners({ x, y, width, height }: Rectangle): string {
  const r = cornerRadius;
  return `<path fill="${paper}" fill-rule="evenodd" d="M${x - 4} ${y - 4}h${width + 8}v${height + 8}h${-width - 8}z
    M${x + r} ${y}h${width - 2 * r}a${r} ${r} 0 0 1 ${r} ${r}v${height - 2 * r}a${r} ${r} 0 0 1 ${-r} ${r}
    h${2 * r - width}a${r} ${r} 0 0 1 ${-r} ${-r}v${2 * r - height}a${r} ${r} 0 0 1 ${r} ${-r}z"/>`;
}
