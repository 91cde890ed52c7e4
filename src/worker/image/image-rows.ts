import { MillraceError } from '../../errors.ts';
import type { FailedRow, InputRow, Outcome } from '../row-program.ts';
import { imagePath, optionPath, pathInside, type Volumes } from '../volume-path.ts';
import { imageName, nameProblem } from './image-name.ts';

/** The folder of `--image_dir`. */
export interface ImageFolder {
  /** As the task has it. */
  readonly named: string;
  readonly path: string;
  /** The folder that no link of an image may lead out of. */
  readonly root: string;
}

/**
 * A folder that is not there fails each row by name.
 * @throws {MillraceError} OUTSIDE_VOLUMES
 */
export async function openImageFolder(named: string, volumes: Volumes): Promise<ImageFolder> {
  const { path, root } = optionPath('--image_dir', named, volumes);
  const real = await pathInside(path, root).catch(() => path);
  if (real !== null) return { named, path, root };
  throw new MillraceError('OUTSIDE_VOLUMES', `--image_dir=${named} is a link that leads out of its volume`, {
    hint: 'mount the folder that it leads to',
  });
}

/** Rows whose first value names an image: those that name none in the folder fail, the files of the others are processed. */
export async function processImages(
  rows: readonly InputRow[],
  folder: ImageFolder,
  volumes: Volumes,
  processFiles: (files: readonly string[]) => Promise<readonly Outcome[]>,
): Promise<readonly Outcome[]> {
  const named = rows.map(([value = null]) => fileOf(value, folder, volumes));
  const files = named.filter((file) => typeof file === 'string');
  const outcomes = (await processFiles(files)).values();
  return named.map((file) => (typeof file === 'string' ? outcomes.next().value! : file));
}

function fileOf(value: Buffer | null, folder: ImageFolder, volumes: Volumes): string | FailedRow {
  const name = imageName(value);
  const problem = nameProblem(name);
  if (problem !== null) return failedRow(problem);
  const path = imagePath(folder.path, name as string, volumes);
  return path ?? failedRow(new MillraceError('IMAGE_OUTSIDE', `outside ${folder.named}: ${name}`));
}

export function failedRow({ code, message }: MillraceError): FailedRow {
  return { error: { code, message } };
}
