import { CORE_SCHEMA, load } from 'js-yaml';
import { MillraceError } from '../../errors.ts';
import { invalid } from '../fields.ts';
import { lengths } from '../tables.ts';

/**
 * Reads the names of the classes, in the order of their numbers: `names` of a data.yaml, a list or a map by number, or a text file
 * with a name a line (classes.txt, obj.names).
 *
 * @throws {MillraceError} DATASET_INVALID
 */
export function readNames(text: string, file: string): readonly string[] {
  const names = /\.ya?ml$/i.test(file) ? namesOfYaml(text, file) : namesOfLines(text);
  if (names.length === 0) throw invalid(`the list of names in ${file}`, [], 'a list of at least one name');
  for (const [index, name] of names.entries()) {
    if (name === '' || name.length > lengths.name)
      throw invalid(`name ${index} in ${file}`, name, `1 to ${lengths.name} characters long`);
  }
  return names;
}

function namesOfLines(text: string): readonly string[] {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
}

function namesOfYaml(text: string, file: string): readonly string[] {
  const document = asYaml(text, file);
  const names: unknown = Object(document).names;
  if (Array.isArray(names)) return names.map((name, index) => nameOf(name, `names[${index}] in ${file}`));
  if (typeof names !== 'object' || names === null)
    throw invalid(`names in ${file}`, names, 'a list, or a map by number');
  const numbers = Object.keys(names).map(Number);
  return Array.from({ length: numbers.length }, (_, index) => {
    const name: unknown = (names as Record<string, unknown>)[index];
    return nameOf(name, `names.${index} in ${file}`);
  });
}

function asYaml(text: string, file: string): unknown {
  try {
    return load(text, { schema: CORE_SCHEMA });
  } catch (cause) {
    throw new MillraceError('DATASET_INVALID', `${file} is not valid YAML`, { cause });
  }
}

function nameOf(name: unknown, where: string): string {
  if (typeof name === 'string') return name;
  if (typeof name === 'number' || typeof name === 'boolean') return String(name);
  throw invalid(where, name, 'a text');
}
