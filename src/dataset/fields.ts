import { MillraceError } from '../errors.ts';
import { visibleLine } from '../visible-text.ts';

/** An object of a dataset's file whose fields are not checked yet. */
export interface Entry {
  /** Its place in the file, for messages: `images[12]`. */
  readonly where: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** @throws {MillraceError} DATASET_INVALID if it is not an object */
export function entryOf(value: unknown, where: string): Entry {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return { where, fields: value as Entry['fields'] };
  throw invalid(where, value, 'an object');
}

/** An id or a size: a whole number, 0 or more, that JavaScript holds exactly. */
export function wholeField({ where, fields }: Entry, name: string, least = 0): number {
  const value = fields[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
  throw invalid(`${where}.${name}`, value, `a whole number, ${least} or more`);
}

export function optionalWhole(entry: Entry, name: string): number | null {
  return entry.fields[name] === undefined || entry.fields[name] === null ? null : wholeField(entry, name);
}

export function numberField({ where, fields }: Entry, name: string): number {
  const value = fields[name];
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw invalid(`${where}.${name}`, value, 'a number');
}

/** @param longest number of characters */
export function textField({ where, fields }: Entry, name: string, longest: number): string {
  const value = fields[name];
  if (typeof value !== 'string') throw invalid(`${where}.${name}`, value, 'a text');
  if (value.length > longest && [...value].length > longest)
    throw invalid(`${where}.${name}`, value, `at most ${longest} characters long`);
  return value.isWellFormed() ? value : value.toWellFormed();
}

export function optionalText(entry: Entry, name: string, longest: number): string | null {
  return entry.fields[name] === undefined || entry.fields[name] === null ? null : textField(entry, name, longest);
}

/** A text that files also write as a number or a boolean. */
export function scalarText({ where, fields }: Entry, name: string, longest: number): string | null {
  const value = fields[name];
  const isScalar = typeof value === 'number' || typeof value === 'boolean';
  return optionalText({ where, fields: isScalar ? { [name]: String(value) } : fields }, name, longest);
}

export function invalid(where: string, value: unknown, expected: string): MillraceError {
  const found = value === undefined ? 'is missing' : `is ${shown(value)}`;
  return new MillraceError('DATASET_INVALID', `${where} ${found}; it must be ${expected}`);
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = typeof value === 'string' ? `'${visibleLine(value.slice(0, 60))}'` : String(value);
  return typeof value === 'string' && value.length > 60 ? `${text.slice(0, -1)}…'` : text;
}
