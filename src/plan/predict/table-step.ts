import type { Catalog } from '../../catalog/catalog.ts';
import type { CatalogModel } from '../../catalog/catalog-model.ts';
import type { MillraceError } from '../../errors.ts';
import type { ProgramContract } from '../../programs/contract.ts';
import type { ProgramCall } from '../../programs/programs.ts';
import type { Attribute, Reference, RunStatement } from '../../sql/statement.ts';
import { runAttributes, withPods } from '../attributes.ts';
import { checkColumns } from '../check-columns.ts';
import { checkProgramAttributes } from '../check-program-attributes.ts';
import { imageSettings } from '../image-settings.ts';
import { modelReference } from '../model-catalog.ts';
import type { RunStep } from '../plan.ts';
import { withProfile } from '../profile.ts';
import { type AttributeReader, readAttributes, unknownAttribute } from '../read-attributes.ts';
import { findTarget } from '../result-target.ts';
import { allowedBuckets } from '../volumes.ts';
import { checkModelColumns } from './check-model-columns.ts';
import { tabularModel } from './tabular-model.ts';

export type Report = (error: MillraceError) => void;

/** A statement that runs a model of a table over rows. */
interface TableStatement {
  readonly verb: string;
  readonly contract: ProgramContract;
  /** The statement as TO RUN, for the checks that all of them share. */
  readonly run: RunStatement;
  readonly model: Reference;
  /** Whether it must name a table; absent: it must. */
  readonly needsTable?: boolean;
}

/** Plans the step; null after reporting its errors. @param callOf makes the program's settings, and reports what is wrong with them */
export function planTableStep(
  { verb, contract, run, model: reference, needsTable = true }: TableStatement,
  place: Pick<RunStep, 'name' | 'needs'>,
  catalog: Catalog,
  report: Report,
  callOf: (model: CatalogModel) => ProgramCall,
): RunStep | null {
  const written = withPods(readAttributes(run.attributes, runAttributes, verb, report));
  const attributes = withProfile(written, run.attributes, catalog, report);
  checkProgramAttributes(run, { ...contract, name: verb }, attributes, report);
  const model = tabularModel(reference, catalog, report);
  const into = needsTable || run.into.length > 0 ? findTarget(run, catalog, report) : null;
  if (model === null || (into === null && needsTable)) return null;
  const shape = contract.result({}, null);
  const isPublished = contract.summary === undefined;
  checkColumns(run, attributes.partition_by, isPublished ? shape : { ...shape, columns: [] }, catalog, report);
  checkModelColumns(run.query, model, catalog, report);
  const program = callOf(model);
  const settings = imageSettings(run, attributes, catalog);
  const image = catalog.images.find(({ name }) => name === run.image.name);
  return {
    kind: 'run',
    ...place,
    ...settings,
    image: image?.runs ?? run.image.text,
    command: [program.name, reference.text],
    resources: { ...settings.resources, gpu: 0 },
    into,
    writeMode: attributes.write_mode,
    commitRows: attributes.commit_rows === 'auto' ? null : attributes.commit_rows,
    maxFailedRows: attributes.max_failed_rows,
    program,
    model: modelReference(model),
    ...allowedBuckets(catalog),
  };
}

/** The attributes that the verb has besides those of TO RUN. @param elsewhere those of SQLFlow, and what to do instead */
export function ownAttributes<R extends Readonly<Record<string, AttributeReader<unknown>>>>(
  attributes: readonly Attribute[],
  readers: R,
  verb: string,
  elsewhere: Readonly<Record<string, string>>,
  report: Report,
) {
  const isOwn = (attribute: Attribute) => {
    const { name } = attribute;
    if (Object.hasOwn(runAttributes, name)) return false;
    if (Object.hasOwn(readers, name)) return true;
    const known = [...Object.keys(readers), ...Object.keys(runAttributes)];
    report(unknownAttribute(attribute, known, verb, Object.hasOwn(elsewhere, name) ? elsewhere[name] : undefined));
    return false;
  };
  return readAttributes(attributes.filter(isOwn), readers, verb, report);
}
