import { type CocoBox, toVoc } from '../boxes.ts';

export interface WrittenVocFile {
  readonly fileName: string;
  readonly width: number;
  readonly height: number;
  readonly objects: readonly WrittenVocObject[];
}

interface WrittenVocObject extends CocoBox {
  readonly name: string;
  readonly pose: string | null;
  readonly truncated: number | null;
  readonly difficult: number | null;
  readonly occluded: number | null;
}

/** An annotation file as the VOC development kit writes it. The number of channels is not stored; it is written as 3. */
export function writeVoc({ fileName, width, height, objects }: WrittenVocFile): string {
  return [
    '<annotation>',
    `\t<filename>${escaped(fileName)}</filename>`,
    '\t<size>',
    `\t\t<width>${width}</width>`,
    `\t\t<height>${height}</height>`,
    '\t\t<depth>3</depth>',
    '\t</size>',
    '\t<segmented>0</segmented>',
    ...objects.flatMap(objectLines),
    '</annotation>',
    '',
  ].join('\n');
}

function objectLines({ name, pose, truncated, difficult, occluded, ...box }: WrittenVocObject): readonly string[] {
  const { xmin, ymin, xmax, ymax } = toVoc(box);
  return [
    '\t<object>',
    `\t\t<name>${escaped(name)}</name>`,
    ...optional('pose', pose),
    ...optional('truncated', truncated),
    ...optional('difficult', difficult),
    ...optional('occluded', occluded),
    '\t\t<bndbox>',
    ...Object.entries({ xmin, ymin, xmax, ymax }).map(([side, at]) => `\t\t\t<${side}>${rounded(at)}</${side}>`),
    '\t\t</bndbox>',
    '\t</object>',
  ];
}

function optional(tag: string, value: string | number | null): readonly string[] {
  return value === null ? [] : [`\t\t<${tag}>${escaped(String(value))}</${tag}>`];
}

/** Ten decimals: sums of doubles have noise after them, and reading would add more. */
function rounded(value: number): number {
  return Number(value.toFixed(10));
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** XML 1.0 has no control characters at all. https://www.w3.org/TR/xml/#charsets */
function escaped(text: string): string {
  return text.replace(/[&<>]/g, (character) => entities[character]!).replace(/[\0-\x08\x0b\x0c\x0e-\x1f]/g, '\ufffd');
}
