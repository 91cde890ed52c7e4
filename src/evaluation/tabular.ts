export interface ValuedRows {
  readonly truth: readonly number[];
  readonly predicted: readonly number[];
}

/** The figures of trainer/millrace_trainer/metrics.py by the same formulas; null: the rows do not tell. */
export const valueMetrics: Readonly<Record<string, (rows: ValuedRows) => number | null>> = {
  mae: (rows) => mean(errors(rows).map(Math.abs)),
  mse: (rows) => mean(errors(rows).map(square)),
  rmse: (rows) => root(mean(errors(rows).map(square))),
  mape: (rows) => {
    const shares = errors(rows).map((error, row) => Math.abs(error) / Math.max(Math.abs(rows.truth[row]!), 1e-7));
    const found = mean(shares);
    return found === null ? null : found * 100;
  },
  r2: (rows) => explained(sum(errors(rows).map(square)), variance(rows.truth) * rows.truth.length),
  explained_variance: (rows) => explained(variance(errors(rows)), variance(rows.truth)),
  mean_squared_log_error: (rows) => {
    // As scikit-learn, which rejects numbers below zero.
    if (rows.truth.some((value) => value < 0) || rows.predicted.some((value) => value < 0)) return null;
    return mean(rows.truth.map((value, row) => square(Math.log1p(rows.predicted[row]!) - Math.log1p(value))));
  },
  median_absolute_error: (rows) => median(errors(rows).map(Math.abs)),
};

/** @param distances of each row to the nearest centre */
export const clusterMetrics: Readonly<Record<string, (distances: readonly number[]) => number | null>> = {
  mean_squared_distance: (distances) => mean(distances.map(square)),
};

const explained = (error: number, spread: number) => (spread > 0 ? 1 - error / spread : null);

function variance(values: readonly number[]): number {
  const middle = mean(values) ?? 0;
  return mean(values.map((value) => square(value - middle))) ?? 0;
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  return mean(sorted.slice(sorted.length % 2 === 0 ? middle - 1 : middle, middle + 1));
}

const square = (value: number) => value * value;
const root = (value: number | null) => (value === null ? null : Math.sqrt(value));
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]) => (values.length === 0 ? null : sum(values) / values.length);
const errors = ({ truth, predicted }: ValuedRows) => truth.map((value, row) => predicted[row]! - value);
