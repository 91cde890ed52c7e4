import { type CocoBox, type PictureSize, toYolo } from '../boxes.ts';

export interface WrittenLabel extends CocoBox {
  readonly classNo: number;
}

/** A file of labels: a line `class x y width height` per object. */
export function writeYolo(labels: readonly WrittenLabel[], size: PictureSize): string {
  return labels.map(({ classNo, ...box }) => `${classNo} ${numbersOf(box, size)}\n`).join('');
}

function numbersOf(box: CocoBox, size: PictureSize): string {
  const { x, y, width, height } = toYolo(box, size);
  return [x, y, width, height].map(decimal).join(' ');
}

/** Never in exponent form. */
function decimal(value: number): string {
  const [whole, fraction = ''] = value.toFixed(10).split('.');
  let end = fraction.length;
  while (end > 0 && fraction[end - 1] === '0') end -= 1;
  return end === 0 ? `${Number(whole)}` : `${whole}.${fraction.slice(0, end)}`;
}

/** The names as Ultralytics reads them. JSON strings are YAML. */
export function writeNames(names: readonly string[]): string {
  return `names:\n${names.map((name, index) => `  ${index}: ${JSON.stringify(name)}\n`).join('')}`;
}
