import { closestMatch } from 'leven';

/** The name that was most likely meant; undefined if none is similar. */
export function nearestName(written: string, names: readonly string[]): string | undefined {
  return closestMatch(written.toLowerCase(), names, { maxDistance: Math.max(1, Math.ceil(written.length / 3)) });
}
