import { closestMatch } from 'leven';

/** The name that was most likely meant, in any case; undefined if none is similar. */
export function nearestName(written: string, names: readonly string[]): string | undefined {
  const folded = names.map((name) => name.toLowerCase());
  const found = closestMatch(written.toLowerCase(), folded, {
    maxDistance: Math.max(1, Math.ceil(written.length / 3)),
  });
  return found === undefined ? undefined : names[folded.indexOf(found)];
}
