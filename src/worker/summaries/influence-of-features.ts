import type { RowDataPacket } from 'mysql2/promise';
import { quoteName, quoteTable } from '../../datasource/identifiers.ts';
import type { Explanation } from '../../programs/predict/explanation.ts';
import { hiddenColumns } from '../../task.ts';
import type { Answer, SummaryPlace } from '../row-program.ts';

/** Characters of the longest bar. */
const longestBar = 40;

/** Points of a feature, and features that have points: as many as a picture shows. */
const mostPoints = 500;
const mostDotted = 20;

interface Influence {
  readonly feature: string;
  /** Mean of the absolute values, over all rows and classes. */
  readonly mean: number;
  /** The same for each class. */
  readonly byClass: Readonly<Record<string, number>>;
}

/**
 * How much each feature matters: the mean distance of its SHAP values from 0, as shap's bar plot shows it; of several classes, also for
 * each of them. Of a single output it has points for shap's dot plot: the values of some rows.
 */
export async function influenceOfFeatures(
  { plot, unsorted = false, features: most }: Pick<Explanation, 'plot' | 'unsorted' | 'features'>,
  place: SummaryPlace,
): Promise<Answer> {
  const found = (await influences(place, unsorted)).slice(0, most);
  const longest = Math.max(...found.map(({ mean }) => mean), Number.MIN_VALUE);
  const hasClasses = found.some(({ byClass }) => Object.keys(byClass).length > 1);
  const points =
    plot === 'bar' || hasClasses
      ? null
      : await pointsOf(
          found.slice(0, mostDotted).map(({ feature }) => feature),
          place,
        );
  return {
    columns: [
      { name: 'feature', type: 'string' },
      { name: 'mean_abs_shap', type: 'double' },
      { name: 'bar', type: 'string' },
      ...(hasClasses ? [{ name: 'by_class', type: 'json' } as const] : []),
      ...(points === null ? [] : [{ name: 'points', type: 'json' } as const]),
    ],
    rows: found.map(({ feature, mean, byClass }) => [
      feature,
      short(mean, 6),
      '█'.repeat(Math.round((longestBar * mean) / longest)),
      ...(hasClasses ? [JSON.stringify(byClass)] : []),
      ...(points === null ? [] : [JSON.stringify(points.get(feature) ?? [])]),
    ]),
  };
}

async function influences(
  { pool, outputs, selection }: SummaryPlace,
  unsorted: boolean,
): Promise<readonly Influence[]> {
  const [found] = await pool.query<RowDataPacket[]>(
    `SELECT feature, class_name, SUM(ABS(shap_value)) AS total, COUNT(shap_value) AS n, MIN(value_no) AS place FROM ${quoteTable(outputs)}
     WHERE ${hiddenColumns.selection} = ${selection} GROUP BY feature, class_name ORDER BY place`,
  );
  const byFeature = [...Map.groupBy(found, ({ feature }) => String(feature))];
  const influences = byFeature.map(([feature, of]): Influence => {
    const sum = (part: 'total' | 'n') => of.reduce((all, row) => all + Number(row[part] ?? 0), 0);
    const classes = of.map(({ class_name, total, n }) => [
      String(class_name),
      short(Number(total) / Math.max(1, n), 6),
    ]);
    return { feature, mean: sum('total') / Math.max(1, sum('n')), byClass: Object.fromEntries(classes) };
  });
  return unsorted ? influences : influences.toSorted((one, other) => other.mean - one.mean);
}

/** A value of a feature, and how high the row's own value is among the others: from 0 to 1; null: it is not a number. */
type Point = readonly [shap: number, height: number | null];

async function pointsOf(
  features: readonly string[],
  { pool, outputs, selection, selected }: SummaryPlace,
): Promise<ReadonlyMap<string, readonly Point[]>> {
  if (features.length === 0) return new Map();
  const row = quoteName(hiddenColumns.row);
  const where = `${hiddenColumns.selection} = ${selection}`;
  const [[last]] = await pool.query<RowDataPacket[]>(
    `SELECT MAX(${row}) AS row_id FROM ${quoteTable(outputs)} WHERE ${where}`,
  );
  const step = Math.max(1, Math.ceil(Number(last?.row_id ?? 0) / mostPoints));
  const sample = `FROM ${quoteTable(outputs)} WHERE ${where} AND MOD(${row}, ${step}) = ${1 % step}`;
  const [values] = await pool.query<RowDataPacket[]>(
    `SELECT ${row} AS row_id, feature, shap_value ${sample} AND feature IN (?) AND shap_value IS NOT NULL ORDER BY ${row}`,
    [features],
  );
  const own = selected.filter((name) => features.some((feature) => isSame(feature, name)));
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT ${[row, ...own.map((name, at) => `${quoteName(name)} AS value_${at}`)].join(', ')} ${sample} AND value_no = 1`,
  );
  const heights = new Map(own.map((name, at) => [name.toLowerCase(), heightsOf(rows, `value_${at}`)]));
  const points = values.map(({ row_id, feature, shap_value }) => {
    const height = heights.get(String(feature).toLowerCase())?.get(String(row_id)) ?? null;
    return [String(feature), [short(Number(shap_value), 4), height] as const] as const;
  });
  const byFeature = Map.groupBy(points, ([feature]) => feature);
  return new Map([...byFeature].map(([feature, of]) => [feature, of.map(([, point]) => point)]));
}

const isSame = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();

/** By the number of the row. As in shap's plot, outliers do not count: values between the 5th and the 95th percentile spread from 0 to 1. */
function heightsOf(rows: readonly RowDataPacket[], column: string): ReadonlyMap<string, number> {
  const numbers = rows.flatMap((row): (readonly [string, number])[] => {
    const value = row[column];
    const number = value === null || value === '' ? Number.NaN : Number(value);
    return Number.isFinite(number) ? [[String(row[hiddenColumns.row]), number]] : [];
  });
  const sorted = numbers.map(([, number]) => number).toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  let [low, high] = [at(0.05), at(0.95)];
  if (low === high) [low, high] = [at(0), at(1)];
  const height = (number: number) => Math.min(1, Math.max(0, (number - low) / (high - low || 1)));
  return new Map(numbers.map(([row, number]) => [row, Number(height(number).toFixed(2))]));
}

const short = (value: number, digits: number) => Number(value.toPrecision(digits));
