import { SaxesParser } from 'saxes';
import { MillraceError } from '../../errors.ts';
import { visibleLine } from '../../visible-text.ts';
import type { VocBox } from '../boxes.ts';

/** One annotation file of PASCAL VOC. */
export interface VocFile {
  readonly fileName: string;
  readonly width: number;
  readonly height: number;
  readonly objects: readonly VocObject[];
  /** Number of parts of objects, such as heads and hands. They are not read. */
  readonly parts: number;
}

export interface VocObject extends VocBox {
  readonly name: string;
  readonly pose: string | null;
  readonly truncated: number | null;
  readonly difficult: number | null;
  readonly occluded: number | null;
}

/** Nothing in these files is nested deeper than 5. */
const deepest = 50;

/**
 * Reads an annotation file. The parser is strict, knows no entities but XML's own five, and opens no other file.
 *
 * @param where name of the file, for messages
 * @throws {MillraceError} DATASET_TRUNCATED, DATASET_INVALID
 */
export function readVoc(text: string, where: string): VocFile {
  const { texts, objects, parts } = readElements(text, where);
  const fileName = texts.get('filename');
  if (fileName === undefined || fileName === '') throw invalid(where, 'has no <filename>');
  return {
    fileName,
    width: sizeOf(texts, 'width', where),
    height: sizeOf(texts, 'height', where),
    objects: objects.map((object, index) => objectOf(object, `${where}: object ${index + 1}`)),
    parts,
  };
}

type Texts = ReadonlyMap<string, string>;

interface Elements {
  /** Texts of the elements of the file itself, by their paths below <annotation>. */
  readonly texts: Texts;
  /** The same of each object, by their paths below <object>. */
  readonly objects: readonly Texts[];
  readonly parts: number;
}

function readElements(xml: string, where: string): Elements {
  const texts = new Map<string, string>();
  const objects: Map<string, string>[] = [];
  const path: string[] = [];
  let parts = 0;
  let hasEnded = false;
  let text = '';
  const parser = new SaxesParser();
  parser.on('opentag', ({ name }) => {
    if (path.length === 0 && name !== 'annotation')
      throw invalid(where, `begins with <${visibleLine(name)}>; expected <annotation>`);
    path.push(name);
    text = '';
    if (path.length > deepest) throw invalid(where, `is nested deeper than ${deepest}`);
    if (path.length === 2 && name === 'object') objects.push(new Map());
    if (path.length === 3 && path[1] === 'object' && name === 'part') parts += 1;
  });
  parser.on('text', (more) => {
    text += more;
  });
  parser.on('cdata', (more) => {
    text += more;
  });
  parser.on('closetag', () => {
    const [, first, ...rest] = path;
    if (first === 'object') objects.at(-1)?.set(rest.join('/'), text.trim());
    else if (first !== undefined) texts.set([first, ...rest].join('/'), text.trim());
    path.pop();
    text = '';
    hasEnded = path.length === 0;
  });
  parser.on('error', (cause) => {
    if (parser.position >= xml.length && !hasEnded && xml.trimStart().startsWith('<')) throw truncated(where, cause);
    throw invalid(where, `is not valid XML at line ${parser.line}, column ${parser.column}: ${reasonOf(cause)}`);
  });
  if (xml.trim() === '') throw truncated(where);
  parser.write(xml).close();
  return { texts, objects, parts };
}

function truncated(where: string, cause?: unknown): MillraceError {
  return new MillraceError('DATASET_TRUNCATED', `${where} is empty or ends before </annotation>`, { cause });
}

/** The parser writes `line:column: reason`. */
function reasonOf({ message }: Error): string {
  return visibleLine(message.replace(/^\d+:\d+: /, '').slice(0, 120));
}

function sizeOf(texts: Texts, name: string, where: string): number {
  const written = texts.get(`size/${name}`);
  const size = Number(written);
  if (written !== undefined && Number.isSafeInteger(size) && size > 0) return size;
  throw invalid(where, `has ${shown(written)} as <${name}> of <size>; expected a whole number, 1 or more`);
}

function objectOf(texts: Texts, where: string): VocObject {
  const name = texts.get('name');
  if (name === undefined || name === '') throw invalid(where, 'has no <name>');
  const corner = (side: string) => {
    const written = texts.get(`bndbox/${side}`);
    const value = written === undefined || written === '' ? Number.NaN : Number(written);
    if (!Number.isFinite(value))
      throw invalid(where, `has ${shown(written)} as <${side}> of <bndbox>; expected a number`);
    return value;
  };
  return {
    name,
    pose: texts.get('pose') || null,
    truncated: flagOf(texts, 'truncated', where),
    difficult: flagOf(texts, 'difficult', where),
    occluded: flagOf(texts, 'occluded', where),
    xmin: corner('xmin'),
    ymin: corner('ymin'),
    xmax: corner('xmax'),
    ymax: corner('ymax'),
  };
}

function flagOf(texts: Texts, name: string, where: string): number | null {
  const written = texts.get(name);
  if (written === undefined || written === '' || written === 'Unspecified') return null;
  if (written === '0' || written === '1') return Number(written);
  throw invalid(where, `has ${shown(written)} as <${name}>; expected 0 or 1`);
}

function shown(written: string | undefined): string {
  return written === undefined ? 'nothing' : `'${visibleLine(written.slice(0, 60))}'`;
}

function invalid(where: string, what: string): MillraceError {
  return new MillraceError('DATASET_INVALID', `${where} ${what}`);
}
