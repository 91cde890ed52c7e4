import { MillraceError } from '../../errors.ts';
import { type Literal, LiteralError, readLiteral } from './literal.ts';

/** More than any detector has. */
const maxClasses = 65_536;

/** Characters of the column `class_name`. */
const maxLength = 255;

/** What class names come from, for messages. */
const metadataEntry = "the model's metadata entry 'names'";

/**
 * Class names by class id from the metadata `names`, as YOLO tools write them: `{0: 'person', 1: 'bicycle'}`, or a list, in Python or JSON.
 * An id that is left out is called `class N`.
 *
 * @param source of the text, for messages
 * @returns none where `written` is absent or empty
 * @throws MillraceError MODEL_UNSUPPORTED
 */
export function readClassNames(written: string | undefined, source = metadataEntry): readonly string[] {
  if (written === undefined || written.trim() === '') return [];
  return namesOf(entriesOf(parse(written, source), source), source);
}

/** @throws MillraceError MODEL_UNSUPPORTED where an id is too high, or a name too long */
export function namesOf(entries: readonly (readonly [id: number, name: string])[], source: string): readonly string[] {
  const names: string[] = [];
  for (const [id, name] of entries) {
    if (id >= maxClasses) throw refusal(source, `has the class id ${id}, above the limit of ${maxClasses - 1}`);
    if ([...name].length > maxLength)
      throw refusal(source, `has a name of more than ${maxLength} characters for class ${id}`);
    names[id] = name;
  }
  return Array.from(names, (name, id) => name ?? `class ${id}`);
}

function parse(written: string, source: string): Literal {
  try {
    return readLiteral(written);
  } catch (error) {
    if (!(error instanceof LiteralError)) throw error;
    throw refusal(source, `cannot be read: ${error.message}`);
  }
}

function entriesOf(literal: Literal, source: string): readonly (readonly [id: number, name: string])[] {
  if ('items' in literal) return literal.items.map(({ text }, id) => [id, text]);
  if ('entries' in literal) return literal.entries.map(([key, { text }]) => [classId(key.text, source), text]);
  throw refusal(source, 'is neither a list nor a dict');
}

function classId(key: string, source: string): number {
  if (/^\d{1,15}$/.test(key)) return Number(key);
  throw refusal(source, `has the key '${key.slice(0, 40)}', which is not a class id`);
}

function refusal(source: string, what: string): MillraceError {
  return new MillraceError('MODEL_UNSUPPORTED', `${source} ${what}`, {
    hint: "set it to a dict of class ids and names, e.g. {0: 'person', 1: 'bicycle'}",
  });
}
