import { MillraceError } from '../errors.ts';
import { nearestName } from '../nearest-name.ts';
import type { Reference } from '../sql/statement.ts';

/** The selected column of that name, as the query spells it. */
export function columnNamed(name: string, columns: readonly string[]): string | undefined {
  return columns.find((column) => column.toLowerCase() === name.toLowerCase());
}

/** @param known the names that are meant in its place */
export function unknownColumn({ text, span }: Reference, known: readonly string[]): MillraceError {
  const nearest = nearestName(text, known);
  const hint = nearest === undefined ? `use one of ${known.join(', ')}` : `did you mean ${nearest}?`;
  return new MillraceError('UNKNOWN_COLUMN', `the query does not select '${text}'`, { span, hint });
}
