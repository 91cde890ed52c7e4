import leven from 'leven';
import type { Catalog, CatalogImage } from '../catalog/catalog.ts';
import { MillraceError } from '../errors.ts';
import { nearestName } from '../nearest-name.ts';
import type { PictureCall, ProgramCall } from '../programs/programs.ts';
import type { RunStatement } from '../sql/statement.ts';
import { type RunAttributes, runAttributes, withPods } from './attributes.ts';
import { withBatchSize } from './batch-size.ts';
import { checkColumns } from './check-columns.ts';
import { checkProgramAttributes } from './check-program-attributes.ts';
import { readCommand } from './command.ts';
import { type Asked, planCost } from './cost/plan-cost.ts';
import { imageSettings } from './image-settings.ts';
import { modelReference } from './model-catalog.ts';
import type { ForeignStep, RunStep } from './plan.ts';
import { type ImageSettings, missingAccount, planForeign } from './plan-foreign.ts';
import { withProfile } from './profile.ts';
import { readSettings } from './program-settings.ts';
import { readAttributes } from './read-attributes.ts';
import { modelOf, withClassNames, withRegistered } from './registered-model.ts';
import { findTarget } from './result-target.ts';
import { allowedBuckets } from './volumes.ts';

type Report = (error: MillraceError) => void;

/** Plans one `TO RUN` as a step; null after reporting its errors. */
export function planRun(
  statement: RunStatement,
  place: Pick<RunStep, 'name' | 'needs'>,
  catalog: Catalog,
  report: Report,
): RunStep | ForeignStep | null {
  const written = withPods(readAttributes(statement.attributes, runAttributes, 'TO RUN', report));
  const attributes = withProfile(written, statement.attributes, catalog, report);
  const image = catalog.images.find(({ name }) => name === statement.image.name);
  const common = { ...place, ...imageSettings(statement, attributes, catalog) };
  if (image !== undefined) return planWorker(statement, image, common, attributes, catalog, report);
  if (isOther(statement, catalog)) {
    checkColumns(statement, attributes.partition_by, null, catalog, report);
    if (!catalog.otherImagesAccount) report(missingAccount(statement.image.name, statement.image.span));
    return planForeign(statement, common, report);
  }
  report(unknownImage(statement, catalog));
  return null;
}

function planWorker(
  statement: RunStatement,
  image: CatalogImage,
  common: ImageSettings,
  attributes: RunAttributes,
  catalog: Catalog,
  report: Report,
): RunStep | null {
  const into = findTarget(statement, catalog, report);
  const written = readCommand(statement, image, report);
  if (written === null) return null;
  const command = withBatchSize(written, statement, attributes, report);
  const mounts = catalog.mounted ?? common.volumes.map(({ mountPath }) => mountPath);
  const model = modelOf(command, catalog);
  const registered = withRegistered(command, model, report);
  // What CMD can name runs one model.
  const program = readSettings(registered, { statement, gpu: attributes.gpu, mounts, catalog, report }) as PictureCall;
  const named = withClassNames(program, model);
  const result = command.contract.result(named.settings, named.settings.class_names);
  checkColumns(statement, attributes.partition_by, result, catalog, report);
  checkProgramAttributes(statement, command.contract, attributes, report);
  if (into === null) return null;
  const costs = planCost(askedOf(statement, attributes), program, catalog);
  return {
    kind: 'run',
    ...common,
    partitions: costs.partitions,
    parallelism: attributes.parallelism === null ? Math.min(costs.parallelism, catalog.mostPods) : costs.parallelism,
    image: image.runs ?? statement.image.text,
    into,
    writeMode: attributes.write_mode,
    commitRows: attributes.commit_rows === 'auto' ? null : attributes.commit_rows,
    maxFailedRows: attributes.max_failed_rows,
    program: withBatch(named, costs.batch),
    ...(costs.cost !== null && { cost: costs.cost }),
    ...(costs.choices.length > 0 && { choices: costs.choices }),
    model: model && modelReference(model),
    ...allowedBuckets(catalog),
  };
}

function askedOf({ query }: RunStatement, { partitions, parallelism, gpu, cpu }: RunAttributes): Asked {
  return { query: query.text, isCountable: query.facts.effect === null, partitions, parallelism, gpu, cpu };
}

function withBatch(program: ProgramCall, batch: number | null): ProgramCall {
  return { ...program, settings: { ...program.settings, batch } } as ProgramCall;
}

/** A name that differs from one of the catalog's by one or two letters is a typo, not another image. */
function isOther({ image }: RunStatement, catalog: Catalog): boolean {
  return catalog.otherImages && catalog.images.every(({ name }) => leven(name, image.name) > 2);
}

function unknownImage({ image: { name, span } }: RunStatement, catalog: Catalog): MillraceError {
  const names = catalog.images.map((known) => known.name);
  const nearest = nearestName(name, names);
  const hint = nearest === undefined ? `use one of ${names.join(', ')}` : `did you mean ${nearest}?`;
  return new MillraceError('UNKNOWN_IMAGE', `the catalog has no image '${name}'`, { span, hint });
}
