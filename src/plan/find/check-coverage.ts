import type { KnownModel } from '../../catalog/repository.ts';
import { MillraceError, type Span } from '../../errors.ts';
import { type AskedClass, countsObjects } from '../../programs/predicate/predicate.ts';
import { accuracyFor } from '../optimize/repository.ts';
import { type Candidate, type CandidatePlace, costOf, isSimulated, knows } from './candidates.ts';

interface Coverage {
  readonly classes: readonly AskedClass[];
  readonly candidates: readonly Candidate[];
  readonly models: readonly KnownModel[];
  /** Models named after USING; empty: there is no USING. */
  readonly named: readonly string[];
  readonly place: CandidatePlace;
  spanOf(name: string): Span;
}

/** Models named in a message. */
const mostNamed = 3;

/** Reports each class that no model can answer, with the models that come nearest. @returns whether all can be answered */
export function checkCoverage(coverage: Coverage, report: (error: MillraceError) => void): boolean {
  let isCovered = true;
  for (const asked of coverage.classes) {
    const wanted = { name: asked.name, counted: countsObjects(asked) };
    if (coverage.candidates.some((candidate) => (accuracyFor(candidate, wanted) ?? 0) > 0)) continue;
    isCovered = false;
    const knowing = coverage.candidates.filter((candidate) => (candidate.accuracies.get(asked.name) ?? 0) > 0);
    report(knowing.length > 0 ? uncounted(asked, knowing, coverage) : uncovered(asked, coverage));
  }
  return isCovered;
}

function uncounted({ name }: AskedClass, knowing: readonly Candidate[], { spanOf }: Coverage): MillraceError {
  const names = listed(knowing.map((candidate) => candidate.name));
  const message = `a number of objects of '${name}' is asked for, but only classifiers that may be asked know it: ${names}`;
  return new MillraceError('COUNT_UNSUPPORTED', message, {
    span: spanOf(name),
    hint: `ask only whether there is one, or name a detector that knows it`,
  });
}

function uncovered({ name }: AskedClass, coverage: Coverage): MillraceError {
  const { models, spanOf } = coverage;
  const knowing = models.filter((model) => knows(model, name));
  const message = `no model that may be asked knows '${name}'`;
  if (knowing.length > 0) {
    const reasons = knowing.slice(0, mostNamed).map((model) => `${model.name} ${reasonFor(model, coverage)}`);
    return new MillraceError('CLASS_NOT_COVERED', message, { span: spanOf(name), hint: reasons.join('; ') });
  }
  return new MillraceError('CLASS_NOT_COVERED', message, { span: spanOf(name), hint: nearest(coverage) });
}

/** Why a model that knows a class may not be asked, and what to do. */
function reasonFor(model: KnownModel, { named, place }: Coverage): string {
  if (named.length > 0 && !named.includes(model.name)) return 'knows it: add it to USING';
  if (isSimulated(model)) return 'knows it, but is simulated: name it after USING';
  if (costOf(model, place) === null)
    return `knows it, but was not measured on ${place.device}: run TO EVALUATE, or name it after USING`;
  return 'knows it, but was not evaluated for it: run TO EVALUATE, or name it after USING';
}

/** The models that know most of the other classes. */
function nearest({ classes, candidates }: Coverage): string {
  const known = candidates
    .map(({ name, accuracies }) => ({ name, classes: classes.filter((asked) => accuracies.has(asked.name)) }))
    .filter((each) => each.classes.length > 0)
    .toSorted((a, b) => b.classes.length - a.classes.length || (a.name < b.name ? -1 : 1));
  if (known.length === 0) return 'register a model that knows it, and measure it with TO EVALUATE';
  const told = known
    .slice(0, mostNamed)
    .map(({ name, classes: own }) => `${name} knows ${own.map((asked) => asked.name).join(', ')}`);
  return `register a model that knows it; ${told.join('; ')}`;
}

function listed(names: readonly string[]): string {
  return names.length > mostNamed ? `${names.slice(0, mostNamed).join(', ')}, …` : names.join(', ');
}
