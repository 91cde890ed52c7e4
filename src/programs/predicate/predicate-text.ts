import type { CountPredicate, Predicate } from './predicate.ts';

/** A predicate as the dialect writes it: `person AND (dog OR "dining table") AND NOT car`. */
export function predicateText(predicate: Predicate): string {
  switch (predicate.kind) {
    case 'count':
      return countText(predicate);
    case 'not':
      return `NOT ${within(predicate.of)}`;
    default:
      return predicate.of.map(within).join(predicate.kind === 'all' ? ' AND ' : ' OR ');
  }
}

function within(part: Predicate): string {
  return part.kind === 'all' || part.kind === 'any' ? `(${predicateText(part)})` : predicateText(part);
}

function countText({ class: name, least, most }: CountPredicate): string {
  const written = nameText(name);
  if (most === null) return least === 1 ? written : `${written} >= ${least}`;
  if (least === most) return `${written} = ${least}`;
  return least === 0 ? `${written} <= ${most}` : `(${written} >= ${least} AND ${written} <= ${most})`;
}

/** A class whose name is a word needs no quotes, unless it is one of the expression's own. */
function nameText(name: string): string {
  const isWord = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !['AND', 'OR', 'NOT'].includes(name.toUpperCase());
  return isWord ? name : `"${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
