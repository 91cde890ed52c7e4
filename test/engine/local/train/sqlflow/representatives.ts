import { findEstimator } from '../../../../../src/plan/train/estimators.ts';
import type { Value } from '../../../../../src/sql/statement.ts';
import type { Application, Training } from './statements.ts';

/** A statement with what it shows of the language. A training that it needs is chosen, too. */
export interface Candidate {
  readonly training: Training;
  readonly application: Application | null;
}

/** Few statements that together show all that the candidates show: again and again the one that shows most of what is not shown yet. */
export function representatives(candidates: readonly Candidate[]): ReadonlySet<Training | Application> {
  const left = new Set(candidates.flatMap(shows));
  const chosen = new Set<Training | Application>();
  while (left.size > 0) {
    const gain = (candidate: Candidate) => {
      const more = new Set(shows(candidate).filter((each) => left.has(each))).size;
      return more / (chosen.has(candidate.training) || candidate.application === null ? 1 : 2);
    };
    const best = candidates.reduce((one, other) => (gain(other) > gain(one) ? other : one));
    for (const each of shows(best)) left.delete(each);
    chosen.add(best.training);
    if (best.application !== null) chosen.add(best.application);
  }
  return chosen;
}

/** Estimators, functions of COLUMN, and verbs for each family of models. That attributes are known is tested by planning all statements. */
function shows({ training, application }: Candidate): readonly string[] {
  const { estimator, columns, using } = training.statement;
  const known = findEstimator(estimator.text)!;
  const ofTraining = [
    known.name,
    ...columns.flatMap(({ name, columns: items }) => [`FOR ${name?.text}`, ...items.map(shapeOf)]),
    ...(using === null ? [] : ['USING']),
  ];
  if (application === null) return ofTraining;
  const { statement } = application;
  const explainer = statement.kind === 'explain' ? statement.explainer?.text : undefined;
  return [...ofTraining, `${statement.kind} ${known.family} ${explainer ?? ''}`];
}

/** `EMBEDDING(CATEGORY_HASH(SPARSE(column)))` */
function shapeOf(value: Value): string {
  if (value.kind !== 'expression' || value.form !== 'call') return 'column';
  return `${value.head.toUpperCase()}(${value.operands.slice(0, 1).map(shapeOf).join()})`;
}
