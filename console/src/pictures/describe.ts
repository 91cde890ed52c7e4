import type { Picture } from '../api/pictures.ts';

/** `scene-1.jpg: 3 dog, 1 person`, for those who do not see the boxes. */
export function describePicture(picture: Picture, minScore: number): string {
  const counts = countFound(picture, minScore);
  const told = [...counts].map(([name, count]) => (count === null ? name : `${count} ${name}`));
  return `${nameOf(picture)}: ${told.length === 0 ? 'nothing found' : told.slice(0, 12).join(', ')}`;
}

export function nameOf({ name, row }: Picture): string {
  return name ?? `row ${row}`;
}

/** The last part of its path. */
export function shortName(picture: Picture): string {
  const name = nameOf(picture);
  return name.slice(name.lastIndexOf('/', name.length - 2) + 1);
}

/** Number of objects by class; null: the class of a picture, which has no number. */
export function countFound({ found }: Picture, minScore: number): ReadonlyMap<string, number | null> {
  const counts = new Map<string, number | null>();
  for (const { name, score, count, box } of found) {
    if ((score ?? 1) < minScore || count === 0) continue;
    if (count !== null) counts.set(name, count);
    else counts.set(name, box === null ? null : (counts.get(name) ?? 0) + 1);
  }
  return counts;
}
