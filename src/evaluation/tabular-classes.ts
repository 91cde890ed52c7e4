/** Rows of a classifier: numbers of classes, and for each row its scores: a probability of each class, or one margin of the second. */
export interface ClassifiedRows {
  readonly classes: number;
  readonly truth: readonly number[];
  readonly predicted: readonly number[];
  /** null: the model gives none. */
  readonly scores: readonly (readonly number[])[] | null;
}

/** The figures of trainer/millrace_trainer/metrics.py by the same formulas; null: the rows do not tell. */
export const classMetrics: Readonly<Record<string, (rows: ClassifiedRows) => number | null>> = {
  accuracy,
  precision: (rows) => ofClasses(rows, ({ right, predicted }) => ratio(right, predicted)),
  recall: (rows) => ofClasses(rows, ({ right, shown }) => ratio(right, shown)),
  f1: (rows) => ofClasses(rows, ({ right, predicted, shown }) => ratio(2 * right, predicted + shown)),
  auc: (rows) => againstRest(rows, area),
  log_loss: (rows) =>
    ofProbabilities(rows, (probabilities, truth) => -Math.log(Math.max(probabilities[truth]!, leastProbability))),
  average_precision: (rows) => againstRest(rows, stepArea),
  balanced_accuracy: (rows) =>
    mean(
      countClasses(rows)
        .filter(({ shown }) => shown > 0)
        .map(({ right, shown }) => right / shown),
    ),
  brier_score: (rows) =>
    ofProbabilities(rows, (probabilities, truth) => {
      const errors = probabilities.map((each, place) => square(each - Number(place === truth)));
      // As scikit-learn's: of two classes, the error of one.
      return sum(errors) / (rows.classes === 2 ? 2 : 1);
    }),
  cohen_kappa: cohenKappa,
  hamming_loss: zeroOneLoss,
  hinge_loss: hingeLoss,
  zero_one_loss: zeroOneLoss,
  top_k_categorical_accuracy: (rows) =>
    ofProbabilities(rows, (probabilities, truth) =>
      Number(probabilities.filter((each) => each > probabilities[truth]!).length < mostClasses),
    ),
  true_positives: (rows) => cell(rows, 1, 1),
  true_negatives: (rows) => cell(rows, 0, 0),
  false_positives: (rows) => cell(rows, 0, 1),
  false_negatives: (rows) => cell(rows, 1, 0),
};

/** Its logarithm stands for that of 0, as in scikit-learn. */
const leastProbability = Number.EPSILON;

/** Of top_k_categorical_accuracy, as Keras has it. */
const mostClasses = 5;

interface Counts {
  readonly right: number;
  readonly predicted: number;
  readonly shown: number;
}

function accuracy({ truth, predicted }: ClassifiedRows): number | null {
  return mean(truth.map((each, row) => Number(each === predicted[row])));
}

function zeroOneLoss(rows: ClassifiedRows): number | null {
  const right = accuracy(rows);
  return right === null ? null : 1 - right;
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

/** The mean over rows with a probability for each class. */
function ofProbabilities(
  { truth, scores, classes }: ClassifiedRows,
  each: (probabilities: readonly number[], truth: number) => number,
): number | null {
  if (scores === null || scores.some(({ length }) => length !== classes)) return null;
  return mean(truth.map((place, row) => each(scores[row]!, place)));
}

function cohenKappa(rows: ClassifiedRows): number | null {
  const total = rows.truth.length;
  const byChance = sum(countClasses(rows).map(({ predicted, shown }) => predicted * shown)) / square(total);
  return byChance < 1 ? ((accuracy(rows) ?? Number.NaN) - byChance) / (1 - byChance) : null;
}

/** How far the margin of the true class over the best other one is below 1; of probabilities, the margin is that of their logarithms. */
function hingeLoss({ truth, scores, classes }: ClassifiedRows): number | null {
  if (scores === null) return null;
  const margins = truth.map((place, row) => {
    const own = scores[row]!;
    if (own.length < classes) return place === 1 ? own[0]! : -own[0]!;
    const logs = own.map((each) => Math.log(Math.max(each, leastProbability)));
    const best = logs.reduce((most, each, other) => (other === place ? most : Math.max(most, each)), -Infinity);
    return logs[place]! - best;
  });
  return mean(margins.map((margin) => Math.max(0, 1 - margin)));
}

/** Only two classes are a positive and a negative one. */
function cell({ classes, truth, predicted }: ClassifiedRows, shown: number, said: number): number | null {
  return classes === 2 ? truth.filter((each, row) => each === shown && predicted[row] === said).length : null;
}

/** Of the second of two classes; of more, the mean of each against the rest. */
function againstRest(
  { classes, truth, scores }: ClassifiedRows,
  measure: (scores: readonly number[], positive: readonly boolean[]) => number | null,
): number | null {
  if (scores === null) return null;
  const ofClass = (column: number, positive: number) =>
    measure(
      scores.map((each) => each[column]!),
      truth.map((each) => each === positive),
    );
  if (classes === 2) return ofClass((scores[0]?.length ?? 1) - 1, 1);
  return mean(Array.from({ length: classes }, (_, each) => ofClass(each, each)).filter((each) => each !== null));
}

/** Area under the ROC curve, by ranks. */
function area(scores: readonly number[], positive: readonly boolean[]): number | null {
  const hits = positive.filter(Boolean).length;
  const misses = positive.length - hits;
  if (hits === 0 || misses === 0) return null;
  let ranks = 0;
  for (const { from, to, found } of equalScores(scores, positive, (one, other) => one - other))
    ranks += (found * (from + to + 1)) / 2;
  return (ranks - (hits * (hits + 1)) / 2) / (hits * misses);
}

/** Mean precision over the thresholds at which the recall rises. */
function stepArea(scores: readonly number[], positive: readonly boolean[]): number | null {
  const hits = positive.filter(Boolean).length;
  if (hits === 0) return null;
  let [before, total] = [0, 0];
  for (const { to, found } of equalScores(scores, positive, (one, other) => other - one)) {
    before += found;
    total += (found / hits) * (before / to);
  }
  return total;
}

/** Groups of rows with the same score, in order: their places, and the number of positive ones. */
function* equalScores(
  scores: readonly number[],
  positive: readonly boolean[],
  compare: (one: number, other: number) => number,
): Generator<{ readonly from: number; readonly to: number; readonly found: number }> {
  const order = [...scores.keys()].sort((one, other) => compare(scores[one]!, scores[other]!));
  for (let from = 0; from < order.length; ) {
    let [to, found] = [from, 0];
    // One at least: NaN equals nothing.
    do if (positive[order[to++]!]) found++;
    while (to < order.length && scores[order[to]!] === scores[order[from]!]);
    yield { from, to, found };
    from = to;
  }
}

const ratio = (above: number, below: number) => (below > 0 ? above / below : 0);
const square = (value: number) => value * value;
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]) => (values.length === 0 ? null : sum(values) / values.length);
