import { readFile } from 'node:fs/promises';
import { MillraceError } from '../../errors.ts';
import { namesOf, readClassNames } from '../model/class-names.ts';
import { optionPath, pathInside, type Volumes } from '../volume-path.ts';

/** Options that name the classes of a model whose file does not, or does it wrongly. */
export interface NamingOptions {
  readonly classes_file: string | null;
  readonly class_names: readonly string[] | null;
}

/**
 * Class names that the options give, by class id; null: none.
 * @throws {MillraceError} WRONG_OPTION, OUTSIDE_VOLUMES
 */
export async function givenNames(
  { classes_file, class_names }: NamingOptions,
  volumes: Volumes,
): Promise<readonly string[] | null> {
  if (class_names !== null) return namesOf([...class_names.entries()], '--class_names');
  if (classes_file === null) return null;
  const names = readNamesFile(await readText(classes_file, volumes), `--classes_file=${classes_file}`);
  if (names.length > 0) return names;
  throw wrongFile(classes_file, 'has no class names', 'write one name a line');
}

async function readText(named: string, volumes: Volumes): Promise<string> {
  const { path, root } = optionPath('--classes_file', named, volumes);
  const found = await pathInside(path, root).catch((cause: NodeJS.ErrnoException) => {
    throw wrongFile(named, `cannot be read (${cause.code})`, 'check the path and the volume', cause);
  });
  if (found === null) throw wrongFile(named, 'is a link that leads out of its volume', 'copy the file into the volume');
  return readFile(found, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw wrongFile(named, `cannot be read (${cause.code})`, 'check the path and the volume', cause);
  });
}

function wrongFile(named: string, what: string, hint: string, cause?: unknown): MillraceError {
  return new MillraceError('WRONG_OPTION', `--classes_file=${named} ${what}`, { hint, cause });
}

/** One name a line; a dict or list as in the metadata; or the `names` of a YOLO data.yaml. */
function readNamesFile(text: string, source: string): readonly string[] {
  const written = text.replace(/^\ufeff/, '').trim();
  if (written.startsWith('{') || written.startsWith('[')) return readClassNames(written, source);
  const lines = written.split(/\r?\n/);
  const start = lines.findIndex((line) => line.startsWith('names:'));
  if (start < 0) return namesOf(numbered(lines), source);
  const inline = lines[start]!.slice('names:'.length).trim();
  return inline === '' ? namesOf(numbered(indented(lines.slice(start + 1))), source) : readClassNames(inline, source);
}

/** Lines up to the next key of the file. */
function indented(lines: readonly string[]): readonly string[] {
  const end = lines.findIndex((line) => line !== '' && !' -#\t'.includes(line[0]!));
  return end < 0 ? lines : lines.slice(0, end);
}

/** `person`, `- person` or `0: person`; numbers count where every line has one. */
function numbered(lines: readonly string[]): readonly (readonly [id: number, name: string])[] {
  const names = lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
  const keyed = names.map((name) => /^(\d{1,15})\s*:(.*)$/.exec(name));
  if (keyed.every((parts) => parts !== null))
    return keyed.map(([, id, name]) => [Number(id), unquoted(name!.trim())] as const);
  return names.map((name, id) => [id, unquoted(name.startsWith('- ') ? name.slice(2).trim() : name)] as const);
}

function unquoted(name: string): string {
  const quote = name[0];
  const isQuoted = name.length > 1 && (quote === '"' || quote === "'") && name.endsWith(quote);
  return isQuoted ? name.slice(1, -1) : name;
}
