import { MillraceError, type Span } from '../errors.ts';
import { nearestName } from '../nearest-name.ts';
import type { Query, Reference } from '../sql/statement.ts';

/** The selected column of that name, as the query spells it. */
export function columnNamed(name: string, columns: readonly string[]): string | undefined {
  return columns.find((column) => column.toLowerCase() === name.toLowerCase());
}

/** @param known the names that are meant in its place */
export function unknownColumn({ text, span }: Reference, known: readonly string[]): MillraceError {
  const nearest = nearestName(text, known);
  const hint = nearest === undefined ? `use one of ${listed(known)}` : `did you mean ${nearest}?`;
  return new MillraceError('UNKNOWN_COLUMN', `the query does not select '${text}'`, { span, hint });
}

const mostListed = 20;

function listed(names: readonly string[]): string {
  const more = names.length - mostListed;
  return names.slice(0, mostListed).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** The first place of a column's name in the query; the query if it has none, as after `SELECT *`. */
export function placeOf(column: string, { text, span }: Query): Span {
  const [wanted, whole] = [column.toLowerCase(), text.toLowerCase()];
  for (let at = whole.indexOf(wanted); at >= 0; at = whole.indexOf(wanted, at + 1)) {
    const isWord = [whole[at - 1], whole[at + wanted.length]].every((each) => each === undefined || !/\w/.test(each));
    if (isWord) return { start: span.start + at, end: span.start + at + wanted.length };
  }
  return span;
}
