/** Rows of a classifier: numbers of classes, and for each row its scores: a probability of each class, or one margin of the second. */
export interface ClassifiedRows {
  readonly classes: number;
  readonly truth: readonly number[];
  readonly predicted: readonly number[];
  /** null: the model gives none. */
  readonly scores: readonly (readonly number[])[] | null;
}

export interface ValuedRows {
  readonly truth: readonly number[];
  readonly predicted: readonly number[];
}

/** The figures of trainer/millrace_trainer/metrics.py by the same formulas; null: the rows do not tell. */
export const classMetrics: Readonly<Record<string, (rows: ClassifiedRows) => number | null>> = {
  accuracy: ({ truth, predicted }) => mean(truth.map((each, row) => Number(each === predicted[row]))),
  precision: (rows) => ofClasses(rows, ({ right, predicted }) => ratio(right, predicted)),
  recall: (rows) => ofClasses(rows, ({ right, shown }) => ratio(right, shown)),
  f1: (rows) => ofClasses(rows, ({ right, predicted, shown }) => ratio(2 * right, predicted + shown)),
  auc: areaUnderCurve,
  log_loss: ({ truth, scores, classes }) =>
    scores === null || scores.some(({ length }) => length !== classes)
      ? null
      : mean(truth.map((each, row) => -Math.log(Math.max(scores[row]![each]!, 1e-15)))),
};

export const valueMetrics: Readonly<Record<string, (rows: ValuedRows) => number | null>> = {
  mae: (rows) => mean(errors(rows).map(Math.abs)),
  mse: (rows) => mean(errors(rows).map(square)),
  rmse: (rows) => root(mean(errors(rows).map(square))),
  mape: (rows) => {
    const shares = errors(rows).map((error, row) => Math.abs(error) / Math.max(Math.abs(rows.truth[row]!), 1e-7));
    const found = mean(shares);
    return found === null ? null : found * 100;
  },
  r2: (rows) => {
    const middle = mean(rows.truth) ?? 0;
    const spread = sum(rows.truth.map((value) => square(value - middle)));
    return spread > 0 ? 1 - sum(errors(rows).map(square)) / spread : null;
  },
};

/** @param distances of each row to the nearest centre */
export const clusterMetrics: Readonly<Record<string, (distances: readonly number[]) => number | null>> = {
  mean_squared_distance: (distances) => mean(distances.map(square)),
};

interface Counts {
  readonly right: number;
  readonly predicted: number;
  readonly shown: number;
}

/** Of the second of two classes; of more, the mean over those that are shown or predicted. */
function ofClasses(rows: ClassifiedRows, each: (counts: Counts) => number): number | null {
  const counts = countClasses(rows);
  if (rows.truth.length === 0) return null;
  if (counts.length === 2) return each(counts[1]!);
  return mean(counts.filter(({ predicted, shown }) => predicted + shown > 0).map(each));
}

function countClasses({ classes, truth, predicted }: ClassifiedRows): readonly Counts[] {
  const counts = Array.from({ length: classes }, () => ({ right: 0, predicted: 0, shown: 0 }));
  for (const [row, each] of truth.entries()) {
    counts[each]!.shown++;
    counts[predicted[row]!]!.predicted++;
    if (each === predicted[row]) counts[each]!.right++;
  }
  return counts;
}

/** By ranks; for more than two classes the mean of each against the rest. */
function areaUnderCurve({ classes, truth, scores }: ClassifiedRows): number | null {
  if (scores === null) return null;
  const areaOf = (column: number, positive: number) =>
    area(
      scores.map((each) => each[column]!),
      truth.map((each) => each === positive),
    );
  if (classes === 2) return areaOf((scores[0]?.length ?? 1) - 1, 1);
  return mean(Array.from({ length: classes }, (_, each) => areaOf(each, each)).filter((each) => each !== null));
}

function area(scores: readonly number[], positive: readonly boolean[]): number | null {
  const order = [...scores.keys()].sort((one, other) => scores[one]! - scores[other]!);
  const hits = positive.filter(Boolean).length;
  const misses = positive.length - hits;
  if (hits === 0 || misses === 0) return null;
  let ranks = 0;
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && scores[order[to]!] === scores[order[from]!]) to++;
    for (let at = from; at < to; at++) if (positive[order[at]!]) ranks += (from + to + 1) / 2;
    from = to;
  }
  return (ranks - (hits * (hits + 1)) / 2) / (hits * misses);
}

const ratio = (above: number, below: number) => (below > 0 ? above / below : 0);
const square = (value: number) => value * value;
const root = (value: number | null) => (value === null ? null : Math.sqrt(value));
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]) => (values.length === 0 ? null : sum(values) / values.length);
const errors = ({ truth, predicted }: ValuedRows) => truth.map((value, row) => predicted[row]! - value);
