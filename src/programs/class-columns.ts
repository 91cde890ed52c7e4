import type { OutputColumn, ResultShape } from './contract.ts';

/** So many columns of 8 bytes, and the selected ones, fit a row of InnoDB: https://dev.mysql.com/doc/refman/8.4/en/innodb-limits.html */
const mostDoubles = 500;

/** `--output=scores`: a row for each image, with a column for each class. */
export function scoresShape(classNames: readonly string[] | null): ResultShape {
  const names = columnNames(classNames ?? []);
  const type = names.length > mostDoubles ? 'single' : 'real';
  return { outputs: 'rows', numbering: null, columns: names.map((name) => ({ name, type, decimals: 6 })) };
}

/** Names that occur twice (ImageNet has two cranes) get their class ids. */
export function columnNames(classNames: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  return classNames.map((className, id) => {
    const name = seen.has(className.toLowerCase()) ? `${className} ${id}` : className;
    seen.add(className.toLowerCase());
    return name;
  });
}

/** Number of classes in a row of `--output=top5`. */
export const topClasses = 5;

/** `--output=top5`: a row for each image, with its best five classes. */
export const top5Shape: ResultShape = {
  outputs: 'rows',
  numbering: null,
  columns: Array.from({ length: topClasses }, (_, index): OutputColumn[] => [
    { name: `top${index + 1}_class`, type: 'text', nullable: true },
    { name: `top${index + 1}_score`, type: 'real', decimals: 6, nullable: true },
  ]).flat(),
};
