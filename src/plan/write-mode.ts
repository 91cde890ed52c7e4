import type { Attribute } from '../sql/statement.ts';
import type { WriteMode } from '../task.ts';
import { Wrong } from './attribute-values.ts';
import { runAttributes } from './attributes.ts';

/** The write_mode that a statement gets; undefined: it gives one that does not exist. An attribute in WITH comes after one from CMD. */
export function writeModeOf(attributes: readonly Attribute[]): WriteMode | undefined {
  const { read, otherwise } = runAttributes.write_mode;
  const given = attributes.findLast(({ name }) => name === 'write_mode');
  const mode = given === undefined ? otherwise : read(given.value);
  return mode instanceof Wrong ? undefined : mode;
}
