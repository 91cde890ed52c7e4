import type { TabularFacts } from '../../tabular-model.ts';
import type { OutputColumn } from '../contract.ts';
import type { Prediction } from './prediction.ts';

/** The columns that TO PREDICT adds. Numbers that a model cannot tell are NULL. */
export function predictionColumns(
  { type, values, output, label }: TabularFacts,
  classNames: readonly string[],
  { column, probabilities }: Prediction,
): readonly OutputColumn[] {
  const name = column ?? label ?? (output === 'cluster' ? 'cluster' : 'prediction');
  const names = values === 1 ? [name] : Array.from({ length: values }, (_, at) => `${name}_${at + 1}`);
  const predicted = names.map(
    (each): OutputColumn =>
      type === 'real'
        ? { name: each, type: 'real', decimals: null, nullable: true }
        : { name: each, type, nullable: true },
  );
  return [...predicted, ...(probabilities ? probabilityColumns(classNames, names) : [])];
}

/** Names have neither NUL nor characters beyond U+FFFF, such as emoji: https://dev.mysql.com/doc/refman/8.4/en/identifiers.html */
const asName = (text: string) => text.replace(/[\0\u{10000}-\u{10ffff}\p{Surrogate}]/gu, '_');

/** Longest name of a column, in characters. */
const longestName = 64;

function probabilityColumns(classNames: readonly string[], others: readonly string[]): readonly OutputColumn[] {
  const taken = new Set(others.map((name) => name.toLowerCase()));
  return classNames.map((className, id) => {
    const start = [...asName(`probability_${className}`)].slice(0, longestName).join('').trimEnd();
    let name = start;
    for (let more = id; taken.has(name.toLowerCase()); more++)
      name = `${[...start].slice(0, longestName - 12).join('')}_${more}`;
    taken.add(name.toLowerCase());
    return { name, type: classNames.length > mostDoubles ? 'single' : 'real', decimals: null, nullable: true };
  });
}

/** So many columns of 8 bytes, and the selected ones, fit a row of InnoDB: https://dev.mysql.com/doc/refman/8.4/en/innodb-limits.html */
const mostDoubles = 500;
