import { topClasses } from '../../programs/class-columns.ts';
import type { OutputRow } from '../row-program.ts';

/** The row of `--output=scores`: a score by class. */
export function scoresRow(scores: ArrayLike<number>): OutputRow {
  return Array.from(scores);
}

/** The row of `--output=top5`: the best classes with a score above 0, best first; equal ones in the order of the classes. */
export function bestClassRow(scores: ArrayLike<number>, classNames: readonly string[]): OutputRow {
  const best = Array.from(scores, (score, classId) => ({ score, classId }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
  return Array.from({ length: topClasses }, (_, rank) => best[rank]).flatMap((found) =>
    found === undefined ? [null, null] : [classNames[found.classId] ?? `class ${found.classId}`, found.score],
  );
}
