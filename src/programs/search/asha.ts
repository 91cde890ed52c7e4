/**
 * Epochs after which trials are compared: 1, η, η², …, and the most. Liam Li et al.: A System for Massively Parallel Hyperparameter Tuning
 * (https://arxiv.org/abs/1810.05934).
 */
export function rungsOf(mostEpochs: number, eta: number): readonly number[] {
  const rungs: number[] = [];
  for (let epochs = 1; epochs < mostEpochs; epochs *= eta) rungs.push(epochs);
  return [...rungs, mostEpochs];
}

/** What ASHA looks at of a trial. */
export interface RungTrial {
  readonly trial: number;
  readonly state: 'open' | 'paused' | 'done' | 'stopped' | 'failed';
  /** Complete epochs. */
  readonly epochs: number;
  /** Epochs after which it pauses. */
  readonly due: number;
  /** After its best epoch; less is better. */
  readonly loss: number | null;
}

/**
 * Trials that go on to their next rung: those of the best 1/η of a rung that are still paused there. It is asked when nothing else can be
 * done, so that few trials go on that later ones would have beaten. If nothing runs any more, the best of the highest rung goes on,
 * however few trials there are.
 * @param mostEpochs of each trial
 */
export function promotions(
  trials: readonly RungTrial[],
  mostEpochs: (trial: number) => number,
  eta: number,
): readonly { readonly trial: number; readonly due: number }[] {
  const next = ({ trial, due }: RungTrial) => rungsOf(mostEpochs(trial), eta).find((epochs) => epochs > due);
  const promoted: { trial: number; due: number }[] = [];
  const go = (trial: RungTrial) => {
    const due = next(trial);
    if (due !== undefined) promoted.push({ trial: trial.trial, due });
  };
  const paused = (level: number) =>
    trials.filter(({ due, state }) => due === level && state === 'paused').toSorted(byLoss);
  const levels = [...new Set(trials.filter(({ state }) => state === 'paused').map(({ due }) => due))];
  for (const level of levels) {
    const completed = trials.filter(({ epochs, loss }) => epochs >= level && loss !== null);
    const gone = completed.filter(({ due }) => due > level).length;
    for (const trial of paused(level).slice(0, Math.max(0, Math.floor(completed.length / eta) - gone))) go(trial);
  }
  if (promoted.length > 0 || levels.length === 0 || trials.some(({ state }) => state === 'open')) return promoted;
  const highest = Math.max(...levels);
  if (!trials.some(({ due, state }) => due > highest && state !== 'failed')) go(paused(highest)[0]!);
  return promoted;
}

/** A trial without a loss is the worst. */
function byLoss(a: RungTrial, b: RungTrial): number {
  if (a.loss === b.loss) return a.trial - b.trial;
  return (a.loss ?? Number.POSITIVE_INFINITY) < (b.loss ?? Number.POSITIVE_INFINITY) ? -1 : 1;
}
