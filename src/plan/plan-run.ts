import type { Catalog, CatalogImage } from '../catalog/catalog.ts';
import { MillraceError } from '../errors.ts';
import type { RunStatement } from '../sql/statement.ts';
import type { TableTarget } from '../task.ts';
import { type RunAttributes, readAttributes } from './attributes.ts';
import { checkColumns } from './check-columns.ts';
import { readCommand } from './command.ts';
import { readDetectSettings } from './detect.ts';
import { nearestName } from './nearest-name.ts';
import type { RunStep } from './plan.ts';
import { mergeVolumes } from './volumes.ts';

type Report = (error: MillraceError) => void;

/** One `TO RUN` as a step, or null after reporting what is wrong with it. */
export function planRun(
  statement: RunStatement,
  place: Pick<RunStep, 'name' | 'needs'>,
  catalog: Catalog,
  report: Report,
): RunStep | null {
  const attributes = readAttributes(statement.attributes, report);
  const image = findImage(statement, catalog, report);
  const into = findTarget(statement, report);
  if (image === null || into === null) return null;
  checkColumns(statement, attributes.partition_by, catalog, report);
  const options = readCommand(statement, image, report);
  if (options === null) return null;
  const partitions = attributes.partitions === 'auto' ? catalog.parallelism : attributes.partitions;
  return {
    kind: 'run',
    ...place,
    image: statement.image.text,
    command: statement.command.map(({ value }) => value),
    select: statement.query.text,
    into,
    partitions,
    parallelism: Math.min(attributes.parallelism ?? partitions, partitions),
    ...stepSettings(attributes),
    volumes: mergeVolumes(catalog.volumes, attributes.volume),
    detect: readDetectSettings(statement, options, attributes, catalog, report),
    span: statement.span,
  };
}

function stepSettings(attributes: RunAttributes) {
  return {
    writeMode: attributes.write_mode,
    partitionBy: attributes.partition_by,
    batchSize: attributes.batch_size,
    maxFailedRows: attributes.max_failed_rows,
    retries: attributes.retries,
    timeoutSeconds: attributes.timeout,
    resources: { cpu: attributes.cpu, memory: attributes.memory, gpu: attributes.gpu },
    priority: attributes.priority,
    nodeSelector: attributes.node_selector,
  };
}

function findImage(statement: RunStatement, catalog: Catalog, report: Report): CatalogImage | null {
  const { name, span } = statement.image;
  const image = catalog.images.find((known) => known.name === name);
  if (image !== undefined) return image;
  const names = catalog.images.map((known) => known.name);
  const nearest = nearestName(name, names);
  const hint = nearest === undefined ? `known are ${names.join(', ')}` : `did you mean ${nearest}?`;
  report(new MillraceError('UNKNOWN_IMAGE', `there is no image '${name}' in the catalog`, { span, hint }));
  return null;
}

function findTarget(statement: RunStatement, report: Report): TableTarget | null {
  const [target, second] = statement.into;
  if (target === undefined) {
    const message = `${statement.image.name} writes rows, and the statement names no table for them`;
    report(
      new MillraceError('MISSING_INTO', message, {
        span: statement.image.span,
        hint: 'add INTO and a table at the end',
      }),
    );
    return null;
  }
  if (second !== undefined) {
    const message = `${statement.image.name} writes one table`;
    report(new MillraceError('TOO_MANY_TABLES', message, { span: second.span, hint: 'name one table after INTO' }));
  }
  return { database: target.database, table: target.table };
}
