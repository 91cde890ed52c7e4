import type { Pool } from 'mysql2/promise';
import type { Config } from '../../config.ts';
import { exportCoco, exportVoc, exportYolo } from '../../dataset/export/export-dataset.ts';
import { type BoxesFrom, checkBoxTable } from '../../dataset/export/exported.ts';
import { requireDataset } from '../../dataset/import/existing.ts';
import { MillraceError } from '../../errors.ts';
import type { Output } from '../output.ts';
import { withTables } from './dataset-pool.ts';
import type { DatasetFormat } from './formats.ts';

interface ExportArguments {
  readonly from: string;
  readonly to: string;
  readonly dataset?: string | undefined;
}

interface Surroundings {
  readonly config: Config;
  readonly environment: NodeJS.ProcessEnv;
}

const writers: Readonly<Record<DatasetFormat, (pool: Pool, from: BoxesFrom, to: string) => Promise<void>>> = {
  coco: exportCoco,
  voc: exportVoc,
  yolo: exportYolo,
};

/** `millrace dataset export FORMAT`: writes a dataset, or a table of boxes over the images of one. */
export function exportBoxes(
  format: DatasetFormat,
  options: ExportArguments,
  { config, environment }: Surroundings,
  output: Output,
): Promise<number> {
  const from = readFrom(options);
  return withTables(config, environment, output.note, async (pool) => {
    await requireDataset(pool, from.dataset);
    if (from.boxes !== null) await checkBoxTable(pool, from.boxes);
    await writers[format](pool, from, options.to);
    written(options.from, options.to, output);
    return 0;
  });
}

/** `millrace dataset dump NAME`: writes a script of SQL. */
export function dumpTables(
  name: string,
  { to }: { readonly to: string },
  { config, environment }: Surroundings,
  output: Output,
): Promise<number> {
  return withTables(config, environment, output.note, async (pool) => {
    await requireDataset(pool, name);
    await (await import('../../dataset/export/dump-dataset.ts')).dumpDataset(pool, name, to);
    written(name, to, output);
    return 0;
  });
}

function written(from: string, to: string, output: Output): void {
  if (output.json) output.write({ from, to });
  else output.line(`${from}: written to ${to}`);
}

/** `database.table` is a table of boxes; a name without a dot is a dataset. */
function readFrom({ from, dataset }: ExportArguments): BoxesFrom {
  const dot = from.indexOf('.');
  if (dot < 0) {
    if (dataset === undefined || dataset === from) return { dataset: from, boxes: null };
    throw usage(`--from ${from} names a dataset, and --dataset another`, 'name a table of boxes as database.table');
  }
  if (dataset === undefined)
    throw usage(`the table ${from} has boxes but no sizes of images`, 'name the dataset of its images with --dataset');
  return { dataset, boxes: { database: from.slice(0, dot), table: from.slice(dot + 1) } };
}

function usage(message: string, hint: string): MillraceError {
  return new MillraceError('USAGE', message, { hint });
}
