import type { SearchedCascade, SearchedCascades } from '../../catalog/cascades.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import type { MillraceError } from '../../errors.ts';
import type { CascadeModel, CascadeSetting } from '../../programs/cascade.ts';
import { find } from '../../programs/find.ts';
import type { FindStatement, RunStatement } from '../../sql/statement.ts';
import { checkColumns } from '../check-columns.ts';
import { imageSettings } from '../image-settings.ts';
import { modelReference } from '../model-catalog.ts';
import type { RunStep } from '../plan.ts';
import { findTarget } from '../result-target.ts';
import { allowedBuckets } from '../volumes.ts';
import type { Candidate } from './candidates.ts';
import { missedGoal } from './missed-goal.ts';
import { type FindQuestion, readFind } from './read-find.ts';

type Report = (error: MillraceError) => void;

/**
 * Plans a TO FIND as a step, by the cascades that were searched for it; null after reporting its errors.
 * @param run the statement as one that runs the program over the rows of its query
 */
export function planFind(
  statement: FindStatement,
  run: RunStatement,
  place: Pick<RunStep, 'name' | 'needs'>,
  catalog: Catalog,
  report: Report,
): RunStep | null {
  const into = findTarget(run, catalog, report);
  const question = readFind(statement, run, catalog, report);
  if (question === null) return null;
  const searched = catalog.cascades?.[place.name];
  if (searched === undefined) throw new Error(`no cascade was searched for ${place.name}`);
  const { strategy, run: attributes } = question.attributes;
  const { reachesGoal, cascade } = searched.strategies[strategy];
  if (!reachesGoal || cascade === null) {
    report(missedGoal(statement, question, searched));
    return null;
  }
  const settings = { ...question.settings, cascade: cascadeOf(cascade, question) };
  checkColumns(run, attributes.partition_by, find.result(settings), catalog, report);
  if (into === null) return null;
  const image = catalog.images.find(({ name }) => name === run.image.name);
  return {
    kind: 'run',
    ...place,
    ...imageSettings(run, attributes, catalog),
    ...allowedBuckets(catalog),
    image: image?.runs ?? run.image.text,
    into,
    writeMode: attributes.write_mode,
    commitRows: attributes.commit_rows === 'auto' ? null : attributes.commit_rows,
    maxFailedRows: attributes.max_failed_rows,
    program: { name: 'find', settings },
    find: {
      goal: question.goal,
      strategy,
      presence: { kind: question.presence.presence.kind, from: question.presence.from },
      notes: notesOf(question, searched),
      ...searched,
    },
    model: null,
  };
}

function cascadeOf({ steps }: SearchedCascade, { problem }: FindQuestion): CascadeSetting {
  const candidates = new Map(problem.models.map((model) => [model.name, model]));
  const models = steps.map(({ model, classes, reach }): CascadeModel => {
    const { known, cost, isMeasured } = candidates.get(model)!;
    const { file, registered } = known.model;
    return {
      name: model,
      file,
      reference: modelReference(known.model),
      classNames: registered?.classNames ?? null,
      simulation: registered?.simulation ?? null,
      kind: known.kind,
      classes,
      reach: Math.min(1, reach),
      cost: isMeasured ? cost : null,
    };
  });
  return { predicate: problem.predicate, models };
}

/** What was taken for granted about the models of the plans, and about pictures. */
function notesOf({ problem, presence }: FindQuestion, { strategies }: SearchedCascades): readonly string[] {
  const used = new Set(
    Object.values(strategies).flatMap(({ cascade }) => cascade?.steps.map(({ model }) => model) ?? []),
  );
  const ofModels = problem.models
    .filter(({ name }: Candidate) => used.has(name))
    .flatMap(({ name, assumed }) => assumed.map((what) => `${name} ${what}`));
  const { guessed, uncounted } = presence;
  const ofPictures =
    guessed.length === 0
      ? []
      : [
          `how many images show ${guessed.join(', ')} is not known: half of them are taken to, until an evaluation tells`,
        ];
  const ofNumbers =
    uncounted.length === 0
      ? []
      : [
          `how many objects of ${uncounted.join(', ')} images show is not known: each further one is taken to be half as likely`,
        ];
  return [...ofModels, ...ofPictures, ...ofNumbers];
}
